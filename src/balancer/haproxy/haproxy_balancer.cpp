#include "balancer/haproxy/haproxy_balancer.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "balancer/haproxy/supervisor.h"
#include "base/log.h"

namespace balancer {
namespace {

constexpr int kTroubledPauseMs = 500;

/// The thread may see only the last of several calls; that a member was gone in between must not be lost.
void note_left(Wanted& wanted, const std::string& group_id, const std::vector<Member>& now) {
  for (const Member& before : wanted.members[group_id])
    if (std::none_of(now.begin(), now.end(), [&](const Member& one) { return one.id == before.id; }))
      wanted.left.insert({group_id, before.id});
}

}  // namespace

/// The thread, and the one box through which the owner's wishes reach it.
class HaproxyBalancer::Worker {
 public:
  Worker(HaproxyOptions options, const Clock& clock, Sink& sink)
      : supervisor_(std::move(options), clock, sink), wake_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    thread_ = std::thread([this] { loop(); });
  }

  ~Worker() {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    wake();
    thread_.join();
    ::close(wake_);
  }

  template <class Change>
  void change(bool structure, Change change) {
    {
      const std::lock_guard lock(mutex_);
      change(wanted_);
      changed_ = true;
      structure_changed_ = structure_changed_ || structure;
    }
    wake();
  }

  void shut_down() {
    std::unique_lock lock(mutex_);
    shut_down_ = true;
    wake();
    ended_.wait(lock, [this] { return done_; });
    // The thread may have ended before: HAProxy goes all the same.
    supervisor_.shut_down();
  }

 private:
  void wake() {
    const std::uint64_t one = 1;
    if (::write(wake_, &one, sizeof one) < 0) return;  // full: awake already
  }

  void loop() {
    try {
      while (step()) wait();
    } catch (const SimulatedCrash& crash) {
      log_error("balancer: stopped: {}", crash.what());
    }
    const std::lock_guard lock(mutex_);
    done_ = true;
    ended_.notify_all();
  }

  bool step() {
    bool shut = false;
    {
      const std::lock_guard lock(mutex_);
      if (stop_) return false;
      shut = shut_down_;
      if (changed_) supervisor_.want(wanted_, structure_changed_);
      wanted_.left.clear();
      changed_ = structure_changed_ = false;
    }
    try {
      if (shut) {
        supervisor_.shut_down();
        return false;
      }
      supervisor_.turn();
      troubled_ = false;
    } catch (const SimulatedCrash&) {
      throw;
    } catch (const std::exception& broken) {
      // Whatever it was (a directory gone, memory): what is wanted has not changed, so look at it all again.
      log_error("balancer: {}; trying again", broken.what());
      supervisor_.look_again();
      troubled_ = true;
    }
    return true;
  }

  void wait() {
    std::vector<pollfd> waits{{wake_, POLLIN, 0}};
    int pause = kTroubledPauseMs;  // and no descriptors: one that stays readable must not make us spin
    if (!troubled_) {
      for (const int fd : supervisor_.descriptors()) waits.push_back({fd, POLLIN, 0});
      pause = static_cast<int>(supervisor_.pause().count());
    }
    ::poll(waits.data(), waits.size(), pause);
    std::uint64_t count = 0;
    while (::read(wake_, &count, sizeof count) > 0) {
    }
  }

  Supervisor supervisor_;
  int wake_;
  std::mutex mutex_;
  std::condition_variable ended_;
  Wanted wanted_;
  bool changed_ = false, structure_changed_ = false, stop_ = false, shut_down_ = false, done_ = false;
  bool troubled_ = false;  ///< the last turn threw
  std::thread thread_;
};

HaproxyBalancer::HaproxyBalancer(HaproxyOptions options, const Clock& clock, Sink& sink)
    : worker_(std::make_unique<Worker>(std::move(options), clock, sink)) {}

HaproxyBalancer::~HaproxyBalancer() = default;

void HaproxyBalancer::ready() {
  worker_->change(false, [](Wanted& wanted) { wanted.ready = true; });
}
void HaproxyBalancer::set_listener(const ListenerSpec& listener) {
  worker_->change(true, [&](Wanted& wanted) { wanted.listeners[listener.id] = listener; });
}
void HaproxyBalancer::remove_listener(const std::string& listener_id) {
  worker_->change(true, [&](Wanted& wanted) { wanted.listeners.erase(listener_id); });
}
void HaproxyBalancer::set_group(const GroupSpec& group) {
  worker_->change(true, [&](Wanted& wanted) { wanted.groups[group.id] = group; });
}
void HaproxyBalancer::remove_group(const std::string& group_id) {
  worker_->change(true, [&](Wanted& wanted) {
    wanted.groups.erase(group_id);
    note_left(wanted, group_id, {});
    wanted.members.erase(group_id);
  });
}
void HaproxyBalancer::set_members(const std::string& group_id, const std::vector<Member>& members) {
  worker_->change(false, [&](Wanted& wanted) {
    note_left(wanted, group_id, members);
    wanted.members[group_id] = members;
  });
}
void HaproxyBalancer::shut_down() { worker_->shut_down(); }

}  // namespace balancer
