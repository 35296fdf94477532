#include "registry/executor.h"

namespace registry {

Executor::Executor(int threads) {
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
}

Executor::~Executor() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void Executor::run(net::Task task) {
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(task));
  }
  wake_.notify_one();
}

void Executor::work() {
  for (;;) {
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (stopping_) return;
    const net::Task task = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    task();
  }
}

void Strand::run(net::Task task) {
  {
    const std::lock_guard lock(state_->mutex);
    state_->queue.push_back(std::move(task));
    if (std::exchange(state_->running, true)) return;
  }
  executor_.run([&executor = executor_, state = state_] { work(executor, state); });
}

/// One task, then to the back of the executor's queue: a long upload does not hold a thread.
void Strand::work(Executor& executor, const std::shared_ptr<State>& state) {
  net::Task task;
  {
    const std::lock_guard lock(state->mutex);
    task = std::move(state->queue.front());
    state->queue.pop_front();
  }
  task();
  const std::lock_guard lock(state->mutex);
  state->running = !state->queue.empty();
  if (state->running) executor.run([&executor, state] { work(executor, state); });
}

}  // namespace registry
