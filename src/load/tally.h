// Counts a run while it goes on: totals, stages, seconds. Owned by the generator; knows no clock and no socket, moments are
// offsets from the start of the run. Each due request must be ended exactly once (answered, failed or cancelled).
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "load/histogram.h"
#include "load/outcome.h"
#include "load/schedule.h"

namespace load {

/// A request as it goes through the generator.
struct Request {
  Nanoseconds due{0};
  std::size_t stage = 0;
  bool again = false;  ///< sent before, on a connection that had been closed
};

class Tally {
 public:
  Tally(const Plan& plan, const Schedule& schedule);

  void due(const Request& request, Nanoseconds lag);
  void sent(const Request& request, Nanoseconds at, std::size_t bytes);
  /// The target was asked and took no connection: its failure, and the request went out as much as it could.
  void not_taken(const Request& request, Nanoseconds at);
  /// This machine has no socket or port left; `what` the system said.
  void short_of(const std::string& what);
  void answered(const Request& request, Nanoseconds sent_at, Nanoseconds now, int status);
  /// `sent_at` is negative for a request that never was.
  void failed(const Request& request, ErrorKind kind, const std::string& example, Nanoseconds sent_at, Nanoseconds now);
  void cancelled(const Request& request);
  void retried() { ++outcome_.retried; }
  void received(std::size_t bytes) { outcome_.bytes_received += bytes; }
  void connections(std::size_t opened, std::size_t most);

  /// Since the last call: for the live line.
  struct Recent {
    Counts counts;
    std::int64_t p50 = 0, p99 = 0;  ///< of what was answered, in nanoseconds
  };
  Recent take_recent();
  const Counts& counts() const { return outcome_.counts; }

  /// Everything, once the run is over. `planned`: how much of the schedule was run.
  Outcome finish(Nanoseconds planned, Nanoseconds elapsed, bool interrupted);

 private:
  struct OpenSecond {
    std::unique_ptr<Histogram> latency;
    std::uint64_t ended = 0;
  };
  Second& row(Nanoseconds at);
  void end_one(const Request& request);
  void record(const Request& request, Nanoseconds sent_at, Nanoseconds now);
  void close_seconds(std::uint64_t before, bool all);
  void set_rates(Nanoseconds planned);
  void judge(Nanoseconds planned, bool interrupted);

  Outcome outcome_;
  const Schedule& schedule_;
  Histogram latency_, service_, lag_, recent_latency_;
  Counts recent_;
  std::vector<Histogram> stage_latency_;
  std::deque<OpenSecond> open_;     ///< the seconds from first_open_ on: some of their requests have not ended
  std::uint64_t first_open_ = 0;
  std::vector<std::unique_ptr<Histogram>> spare_;
  std::uint64_t sent_in_time_ = 0;       ///< before the schedule's end
  std::uint64_t not_taken_in_time_ = 0;  ///< likewise
  Nanoseconds last_sent_{0};
  std::string shortage_;                 ///< the first one; empty: none
};

Latencies latencies_of(const Histogram& histogram);

}  // namespace load
