// Runs a plan: one thread, one epoll, HTTP/1.1 over kept connections. Called by `scaleout load` and by `demo` (on a thread of
// its own). Open loop: requests are due by a global schedule whatever the server does; one for which no connection is idle
// waits, and its latency counts from when it was due.
//
// Callbacks on one thread and not coroutines: the loop sends, reads and stamps in one place, and nothing is allocated for a request.
#pragma once

#include <atomic>

#include "load/outcome.h"
#include "load/tally.h"

namespace load {

/// Ends a run early from another thread or a signal handler. The outcome holds what was measured until then.
class Stop {
 public:
  Stop();
  ~Stop();
  Stop(const Stop&) = delete;
  Stop& operator=(const Stop&) = delete;
  /// Async-signal-safe.
  void request();
  bool requested() const { return requested_.load(std::memory_order_relaxed); }
  int fd() const { return fd_; }

 private:
  std::atomic<bool> requested_ = false;
  int fd_;
};

struct Progress {
  Nanoseconds elapsed{0}, length{0};
  std::size_t stage = 0;
  double target_rate = 0;
  Counts total;
  Tally::Recent recent;  ///< since the progress before
};

/// Told on the thread of run(); must not block, since nothing is sent meanwhile.
class Observer {
 public:
  virtual ~Observer() = default;
  /// Once a second.
  virtual void progress(const Progress&) {}
  /// The schedule has gone on from `stage`; the requests of it may still be under way.
  virtual void stage_ended(std::size_t /*stage*/, const Progress&) {}
};

/// Blocks until the last request has ended. Fails only where nothing could be sent at all (a name that does not resolve).
Result<Outcome> run(const Plan& plan, Observer& observer, Stop& stop);

}  // namespace load
