// A small table, an owner thread's queue, and test cases run in a process of their own. For the tests of this room.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "state/store.h"
#include "state/table.h"

struct Item {
  std::string id, value;
  const std::string& key() const { return id; }
  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("id", self.id);
    field("value", self.value);
  }
};
using Items = state::Table<Item>;
using Contents = std::map<std::string, std::string>;

inline Contents contents(const Items& items) {
  Contents all;
  for (const auto& [key, item] : items.all()) all.emplace(key, item.value);
  return all;
}

/// Stands for the engine's loop.
class OwnerQueue {
 public:
  void post(std::function<void()> work) {
    {
      const std::lock_guard lock(mutex_);
      queue_.push_back(std::move(work));
    }
    there_.notify_one();
  }
  /// Runs posted work until `done`; false after ten seconds.
  bool run_until(const std::function<bool()>& done) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!done()) {
      std::unique_lock lock(mutex_);
      if (!there_.wait_until(lock, deadline, [this] { return !queue_.empty(); })) return false;
      auto work = std::move(queue_.front());
      queue_.pop_front();
      lock.unlock();
      work();
    }
    return true;
  }
  state::StoreOptions options() {
    return {.post = [this](std::function<void()> work) { post(std::move(work)); }};
  }

 private:
  std::mutex mutex_;
  std::condition_variable there_;
  std::deque<std::function<void()>> queue_;
};

/// Runs one skipped test case of this program in a new process, its standard output a pipe.
class ChildTest {
 public:
  ChildTest(const std::string& test_case, const std::vector<std::pair<std::string, std::string>>& environment) {
    int ends[2];
    if (pipe(ends) != 0) std::abort();
    pid_ = fork();
    if (pid_ == 0) {
      dup2(ends[1], 3);
      close(ends[0]);
      if (ends[1] != 3) close(ends[1]);
      for (const auto& [name, value] : environment) setenv(name.c_str(), value.c_str(), 1);
      const std::string filter = "--test-case=" + test_case;
      execl("/proc/self/exe", "state_test", filter.c_str(), "--no-skip", "--minimal", static_cast<char*>(nullptr));
      _exit(127);
    }
    close(ends[1]);
    output_ = ends[0];
  }
  ~ChildTest() {
    close(output_);
    if (pid_ > 0) wait();
  }
  /// What the child wrote to descriptor 3 so far, at most `size` bytes; empty at its end.
  std::string read_some(std::size_t size) {
    std::string bytes(size, '\0');
    const ssize_t length = ::read(output_, bytes.data(), size);
    bytes.resize(length > 0 ? static_cast<std::size_t>(length) : 0);
    return bytes;
  }
  void kill_now() { kill(pid_, SIGKILL); }
  /// The wait status.
  int wait() {
    int status = -1;
    waitpid(std::exchange(pid_, -1), &status, 0);
    return status;
  }

 private:
  pid_t pid_;
  int output_;
};
