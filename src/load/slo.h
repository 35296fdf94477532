// Limits that a run must keep: `--slo 'p99<200ms,errors<0.1%'`. Judged on whole and valid runs only. Pure.
#pragma once

#include <string>
#include <vector>

#include "load/outcome.h"

namespace load {

struct Limit {
  enum class Of { p50, p90, p99, p99_9, max, mean, errors_percent, errors_count, rate };
  std::string text;  ///< as it was written
  Of of = Of::p99;
  double bound = 0;  ///< nanoseconds, percent, a count, requests a second
  bool below = true;     ///< false: the value must be above the bound
  bool or_equal = false;
};

/// Commas between limits. p50 p90 p99 p99.9 max mean (a duration), errors (a percentage or a count), rate (with > or >=).
Result<std::vector<Limit>> parse_limits(const std::string& text);

struct Judged {
  Limit limit;
  double value = 0;
  bool met = false;
};
/// A latency of no requests meets no limit: nothing was shown.
std::vector<Judged> judge(const std::vector<Limit>& limits, const Outcome& outcome);
/// "p99<200ms: 31.5 ms, met".
std::string judged_text(const Judged& judged);

}  // namespace load
