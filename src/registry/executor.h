// A few threads for what waits for the disk or hashes long, so that the thread that owns the state does neither. Used
// by the distribution API; results go back to the owner through EventLoop::post.
//
// Holds always: a strand's tasks run one after another, in their order; the destructor ends what runs and drops the rest.
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "net/callback.h"

namespace registry {

class Executor {
 public:
  explicit Executor(int threads);
  ~Executor();
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;
  /// On any thread, from any thread.
  void run(net::Task task);

 private:
  void work();
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<net::Task> queue_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

/// Must not outlive its executor's use: tasks given after the executor's end are dropped.
class Strand {
 public:
  explicit Strand(Executor& executor) : executor_(executor), state_(std::make_shared<State>()) {}
  void run(net::Task task);

 private:
  struct State {
    std::mutex mutex;
    std::deque<net::Task> queue;
    bool running = false;
  };
  static void work(Executor& executor, const std::shared_ptr<State>& state);
  Executor& executor_;
  std::shared_ptr<State> state_;
};

}  // namespace registry
