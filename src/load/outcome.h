// What a run measured. Plain data: made by run(), read by the text and JSON renderings, by `demo` and by the report.
//
// Two latencies of every request: from the moment it was due (`latency`), and from when it was really sent (`service`).
// Both hold the requests that were answered with 2xx or 3xx, and those that timed out at the time they were given up:
// quick errors would flatter, and leaving stalls out would hide them.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/time.h"
#include "load/plan.h"

namespace load {

enum class ErrorKind {
  connect_refused,  ///< nobody listens there
  connect_failed,   ///< another failure to connect: no route, no local port left
  connect_timeout,  ///< no connection came about until the request's timeout
  reset,            ///< the connection was reset before the whole answer
  closed,           ///< the connection was closed before the whole answer
  timeout,          ///< sent, and not wholly answered in time
  not_sent,         ///< every connection was busy until the request's timeout
  malformed,        ///< the answer is no HTTP
  http_4xx,
  http_5xx,
};
inline constexpr std::size_t kErrorKinds = 10;
const char* error_name(ErrorKind kind);  ///< "connect_refused"
const char* error_text(ErrorKind kind);  ///< "connection refused"

/// In nanoseconds; of no requests when count is 0.
struct Latencies {
  std::uint64_t count = 0;
  double mean = 0;
  std::int64_t p50 = 0, p90 = 0, p99 = 0, p99_9 = 0, max = 0;
};

struct Counts {
  std::uint64_t due = 0;     ///< that the schedule asked for
  std::uint64_t sent = 0;
  std::uint64_t ok = 0;      ///< answered with 2xx or 3xx
  std::uint64_t failed = 0;  ///< every other end
};

/// One second of the run. `due`, `ok`, `failed` and the latencies are of the requests that were due in it, whenever they
/// ended; `sent` is what was really sent in it.
struct Second {
  std::uint64_t second = 0;
  double target_rate = 0;  ///< of the schedule, on average over `length`
  Counts counts;
  Latencies latency;
  Nanoseconds length = std::chrono::seconds(1);  ///< shorter where the schedule ends, or was stopped, within it
};

struct StageOutcome {
  Stage stage;
  Counts counts;
  Latencies latency;
};

enum class Verdict {
  valid,
  saturated,    ///< the generator or its connections did not keep the schedule: what was measured is not the plan
  interrupted,  ///< stopped before its end: what there is, is true, but it is not the plan
};

struct Outcome {
  Plan plan;
  Instant started_at{};
  Nanoseconds elapsed{0};  ///< from the first moment of the schedule to the last answer

  Counts counts;
  std::uint64_t retried = 0;    ///< sent again after a kept connection was closed unanswered; each counts once above
  std::uint64_t cancelled = 0;  ///< due, but neither answered nor failed when the run was stopped
  std::array<std::uint64_t, kErrorKinds> errors{};
  std::map<std::string, std::string> error_examples;  ///< error_name -> what the system said the first time
  std::map<int, std::uint64_t> statuses;
  std::uint64_t bytes_sent = 0, bytes_received = 0;
  std::size_t connections_opened = 0, connections_most = 0;

  double target_rate = 0;    ///< requests due a second, over the stages' length (what was run of it)
  double achieved_rate = 0;  ///< sent a second, in the same time
  /// Of the requests due, those that were sent, or to which the target gave no connection, in the schedule's time.
  double offered_share = 1;
  Latencies latency, service;
  Latencies lag;  ///< how late the generator itself took each request off the schedule
  std::vector<StageOutcome> stages;
  std::vector<Second> seconds;

  Verdict verdict = Verdict::valid;
  std::string verdict_reason;  ///< empty when valid

  std::uint64_t errors_of(ErrorKind kind) const { return errors[static_cast<std::size_t>(kind)]; }
  double achieved_ratio() const { return target_rate > 0 ? achieved_rate / target_rate : 1; }
  /// Whether the target had the load that the plan asks for, however it took it.
  bool offered() const { return offered_share >= 0.99; }
  /// Of the requests that ended.
  double error_share() const {
    const std::uint64_t ended = counts.ok + counts.failed;
    return ended == 0 ? 0 : static_cast<double>(counts.failed) / static_cast<double>(ended);
  }
  /// More than half of the p99 latency may be the generator's own waiting: valid, but not to be read to the millisecond.
  bool lag_shows() const { return lag.p99 > 1'000'000 && latency.count > 0 && lag.p99 > latency.p99 / 2; }
  /// Not one request reached a server: a wrong address rather than a measurement.
  bool unreachable() const;
};

}  // namespace load
