#include "net/event_loop.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "net/event_loop_impl.h"

namespace net {

namespace asio = boost::asio;

struct Timer::State {
  asio::steady_timer timer;
  Task task;
  bool pending = true;
};

struct Watch::State {
  asio::posix::stream_descriptor descriptor;
  Task task;
  bool active = true;
};

Timer& Timer::operator=(Timer&& other) noexcept {
  if (this != &other) {
    cancel();
    state_ = std::move(other.state_);
  }
  return *this;
}

void Timer::cancel() {
  if (auto state = std::move(state_); state && state->pending) {
    state->pending = false;
    state->timer.cancel();
  }
}

bool Timer::pending() const { return state_ && state_->pending; }

Watch& Watch::operator=(Watch&& other) noexcept {
  if (this != &other) {
    cancel();
    state_ = std::move(other.state_);
  }
  return *this;
}

void Watch::cancel() {
  if (auto state = std::move(state_); state && state->active) {
    state->active = false;
    state->descriptor.release();  // not ours to close
  }
}

namespace {

void wait_readable(std::shared_ptr<Watch::State> state) {
  auto& descriptor = state->descriptor;
  descriptor.async_wait(asio::posix::descriptor_base::wait_read,
                        [state = std::move(state)](const boost::system::error_code& error) mutable {
                          if (error || !state->active) return;
                          state->task();
                          if (state->active) wait_readable(std::move(state));
                        });
}

void wait_signal(asio::signal_set& signals, std::shared_ptr<Callback<void(int)>> handler) {
  signals.async_wait([&signals, handler = std::move(handler)](const boost::system::error_code& error, int signal) {
    if (error) return;
    (*handler)(signal);
    wait_signal(signals, handler);
  });
}

}  // namespace

EventLoop::EventLoop() : impl_(std::make_unique<Impl>()) {}
EventLoop::~EventLoop() = default;

void EventLoop::run() {
  impl_->thread = std::this_thread::get_id();
  auto work = asio::make_work_guard(impl_->context);
  impl_->context.run();
  impl_->context.restart();  // afterwards, so that a stop() from another thread just before run() is not lost
}

bool EventLoop::run_until(const Callback<bool()>& done, std::chrono::milliseconds most) {
  impl_->thread = std::this_thread::get_id();
  auto work = asio::make_work_guard(impl_->context);
  const auto end = std::chrono::steady_clock::now() + most;
  while (!done()) {
    if (impl_->context.run_one_until(end) == 0) {
      impl_->context.restart();
      return done();
    }
  }
  return true;
}

void EventLoop::stop() { impl_->context.stop(); }

void EventLoop::post(Task task) {
  // Asio copies nothing here: the lambda is moved into the queue.
  asio::post(impl_->context, [task = std::move(task)] { task(); });
}

bool EventLoop::in_loop_thread() const { return impl_->thread.load() == std::this_thread::get_id(); }

Timer EventLoop::call_at(SteadyTime at, Task task) {
  auto state = std::make_shared<Timer::State>(Timer::State{asio::steady_timer(impl_->context, at), std::move(task)});
  state->timer.async_wait([state](const boost::system::error_code& error) {
    if (error || !state->pending) return;
    state->pending = false;
    state->task();
  });
  return Timer(std::move(state));
}

Timer EventLoop::call_after(std::chrono::nanoseconds delay, Task task) {
  return call_at(std::chrono::steady_clock::now() + delay, std::move(task));
}

Watch EventLoop::watch_readable(int descriptor, Task on_readable) {
  auto state = std::make_shared<Watch::State>(
      Watch::State{asio::posix::stream_descriptor(impl_->context, descriptor), std::move(on_readable)});
  wait_readable(state);
  return Watch(std::move(state));
}

void EventLoop::on_signal(std::initializer_list<int> signals, Callback<void(int)> handler) {
  auto& set = impl_->signals.emplace_back(impl_->context);
  for (const int signal : signals) set.add(signal);
  wait_signal(set, std::make_shared<Callback<void(int)>>(std::move(handler)));
}

}  // namespace net
