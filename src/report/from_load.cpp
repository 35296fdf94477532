#include "report/from_load.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "load/rendering.h"

namespace report {

namespace {

/// Nothing where a part of a second had too few requests to tell: the first one, due at its start, would be a peak.
std::optional<double> rate_of(const load::Second& row, std::uint64_t count) {
  constexpr std::uint64_t kTelling = 10;
  if (row.length < seconds(1) && std::max(row.counts.due, row.counts.sent) < kTelling) return std::nullopt;
  return static_cast<double>(count) / std::chrono::duration<double>(row.length).count();
}

}  // namespace

void add_load(Run& run, const load::Outcome& outcome) {
  for (Series* series : {&run.rate, &run.failed, &run.latency_p50, &run.latency_p99}) series->period = seconds(1);
  for (const load::Second& row : outcome.seconds) {
    const Instant at = outcome.started_at + seconds(static_cast<std::int64_t>(row.second)) + milliseconds(500);
    run.rate.points.push_back({at, rate_of(row, row.counts.sent)});
    run.failed.points.push_back({at, rate_of(row, row.counts.failed)});
    const bool any = row.latency.count > 0;
    run.latency_p50.points.push_back({at, any ? std::optional(static_cast<double>(row.latency.p50) / 1e6) : std::nullopt});
    run.latency_p99.points.push_back({at, any ? std::optional(static_cast<double>(row.latency.p99) / 1e6) : std::nullopt});
  }
  run.facts.push_back(fmt::format("{} requests, {}", outcome.counts.due,
                                  outcome.counts.failed == 0 ? std::string("none failed") : fmt::format("{} failed", outcome.counts.failed)));
  if (outcome.retried > 0) run.facts.push_back(fmt::format("{} requests were sent again on a new connection", outcome.retried));
  if (outcome.latency.count > 0) {
    run.facts.push_back(fmt::format("latency from the due time: p50 {}, p99 {}, max {}", load::latency_text(outcome.latency.p50),
                                    load::latency_text(outcome.latency.p99), load::latency_text(outcome.latency.max)));
  }
  if (outcome.verdict == load::Verdict::saturated) run.facts.push_back("GENERATOR SATURATED: result not valid: " + outcome.verdict_reason);
  if (outcome.verdict == load::Verdict::interrupted) run.facts.push_back("partial: " + outcome.verdict_reason);
}

Run run_of(const load::Outcome& outcome) {
  Run run;
  run.title = "Load run";
  run.subtitle = fmt::format("{} http://{}{}: {}", outcome.plan.method, outcome.plan.target.authority, outcome.plan.target.path,
                             outcome.plan.closed_loop ? "closed loop" : load::stages_text(outcome.plan.stages));
  run.start = outcome.started_at;
  run.end = outcome.started_at + std::max<Duration>(seconds(1), std::chrono::ceil<Duration>(outcome.elapsed));
  add_load(run, outcome);
  return run;
}

}  // namespace report
