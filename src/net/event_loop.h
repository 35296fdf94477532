// One thread's events: posted tasks, timers, readable descriptors, signals. The engine's owner thread runs one (HTTP
// sessions and ticks); drivers and the balancer run their own.
//
// Holds always: everything given to a loop is called on the thread that runs it. Only post() and stop() may be called
// from other threads. The loop outlives its timers, watches, servers and clients.
#pragma once

#include <chrono>
#include <initializer_list>
#include <memory>

#include "net/callback.h"

namespace net {

using SteadyTime = std::chrono::steady_clock::time_point;

/// Cancels on destruction; a default-made one does nothing.
class [[nodiscard]] Timer {
 public:
  struct State;
  Timer() = default;
  explicit Timer(std::shared_ptr<State> state) : state_(std::move(state)) {}
  Timer(Timer&&) noexcept = default;
  Timer& operator=(Timer&& other) noexcept;
  ~Timer() { cancel(); }
  void cancel();
  /// True until it fired or was cancelled.
  bool pending() const;

 private:
  std::shared_ptr<State> state_;
};

/// Stops watching on destruction, and must be gone before the descriptor is closed.
class [[nodiscard]] Watch {
 public:
  struct State;
  Watch() = default;
  explicit Watch(std::shared_ptr<State> state) : state_(std::move(state)) {}
  Watch(Watch&&) noexcept = default;
  Watch& operator=(Watch&& other) noexcept;
  ~Watch() { cancel(); }
  void cancel();

 private:
  std::shared_ptr<State> state_;
};

class EventLoop {
 public:
  struct Impl;
  EventLoop();
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  /// Until stop(). May be run again afterwards.
  void run();
  /// Until `done` holds (asked after every event) or the time is over; says whether it holds.
  bool run_until(const Callback<bool()>& done, std::chrono::milliseconds most);
  void stop();
  void post(Task task);
  bool in_loop_thread() const;

  Timer call_at(SteadyTime at, Task task);
  Timer call_after(std::chrono::nanoseconds delay, Task task);

  /// Calls while the descriptor is readable: `on_readable` reads it, or drops the Watch. The descriptor stays the
  /// caller's (a pidfd, a signalfd, a unix datagram socket, an inotify descriptor).
  Watch watch_readable(int descriptor, Task on_readable);

  /// Replaces the process's disposition of these signals for as long as the loop lives.
  void on_signal(std::initializer_list<int> signals, Callback<void(int)> handler);

  Impl& impl() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace net
