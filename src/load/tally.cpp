#include "load/tally.h"

#include <fmt/format.h>

#include <algorithm>

namespace load {

namespace {

/// A machine that also does other work makes every program wait its turn, some milliseconds at a time.
constexpr std::int64_t kOrdinaryLag = 10'000'000;
/// The last requests of a schedule are sent in time when they leave within this of its end.
constexpr Nanoseconds kGrace = std::chrono::milliseconds(100);

std::uint64_t second_of(Nanoseconds at) { return static_cast<std::uint64_t>(at.count()) / 1'000'000'000; }

std::string ms(std::int64_t nanoseconds) { return fmt::format("{:.3g} ms", static_cast<double>(nanoseconds) / 1e6); }

}  // namespace

Latencies latencies_of(const Histogram& histogram) {
  return {histogram.count(),        histogram.mean(),           histogram.percentile(50), histogram.percentile(90),
          histogram.percentile(99), histogram.percentile(99.9), histogram.max()};
}

Tally::Tally(const Plan& plan, const Schedule& schedule) : schedule_(schedule), stage_latency_(plan.stages.size()) {
  outcome_.plan = plan;
  for (const Stage& stage : plan.stages) outcome_.stages.push_back({stage, {}, {}});
}

Second& Tally::row(Nanoseconds at) {
  const std::uint64_t second = second_of(at);
  while (outcome_.seconds.size() <= second) {
    const std::uint64_t next = outcome_.seconds.size();
    outcome_.seconds.push_back({next, 0, {}, {}});
  }
  return outcome_.seconds[second];
}

void Tally::due(const Request& request, Nanoseconds lag) {
  ++outcome_.counts.due;
  ++recent_.due;
  ++row(request.due).counts.due;
  ++outcome_.stages[request.stage].counts.due;
  lag_.record(lag.count());
  while (first_open_ + open_.size() <= second_of(request.due)) {
    if (spare_.empty()) spare_.push_back(std::make_unique<Histogram>());
    open_.push_back({std::move(spare_.back()), 0});
    spare_.pop_back();
  }
  close_seconds(second_of(request.due), false);
}

void Tally::sent(const Request& request, Nanoseconds at, std::size_t bytes) {
  outcome_.bytes_sent += bytes;
  if (request.again) return;  // counted when it was sent first
  ++outcome_.counts.sent;
  ++recent_.sent;
  ++outcome_.stages[request.stage].counts.sent;
  if (at >= Nanoseconds(0)) ++row(at).counts.sent;
  last_sent_ = std::max(last_sent_, at);
  if (at <= schedule_.length() + kGrace) ++sent_in_time_;
}

void Tally::not_taken(const Request& request, Nanoseconds at) {
  if (!request.again && at <= schedule_.length() + kGrace) ++not_taken_in_time_;
}

void Tally::short_of(const std::string& what) {
  if (shortage_.empty()) shortage_ = what;
}

void Tally::record(const Request& request, Nanoseconds sent_at, Nanoseconds now) {
  const std::int64_t latency = (now - request.due).count();
  latency_.record(latency);
  stage_latency_[request.stage].record(latency);
  recent_latency_.record(latency);
  const std::uint64_t second = second_of(request.due);
  open_[second - first_open_].latency->record(latency);
  if (sent_at >= Nanoseconds(0)) service_.record((now - sent_at).count());
}

void Tally::end_one(const Request& request) { ++open_[second_of(request.due) - first_open_].ended; }

void Tally::answered(const Request& request, Nanoseconds sent_at, Nanoseconds now, int status) {
  ++outcome_.statuses[status];
  if (status >= 400) {
    failed(request, status < 500 ? ErrorKind::http_4xx : ErrorKind::http_5xx, fmt::format("status {}", status), sent_at, now);
    return;
  }
  ++outcome_.counts.ok;
  ++recent_.ok;
  ++outcome_.seconds[second_of(request.due)].counts.ok;
  ++outcome_.stages[request.stage].counts.ok;
  record(request, sent_at, now);
  end_one(request);
}

void Tally::failed(const Request& request, ErrorKind kind, const std::string& example, Nanoseconds sent_at, Nanoseconds now) {
  if (outcome_.errors[static_cast<std::size_t>(kind)]++ == 0) outcome_.error_examples[error_name(kind)] = example;
  ++outcome_.counts.failed;
  ++recent_.failed;
  ++outcome_.seconds[second_of(request.due)].counts.failed;
  ++outcome_.stages[request.stage].counts.failed;
  if (kind == ErrorKind::timeout || kind == ErrorKind::not_sent || kind == ErrorKind::connect_timeout) record(request, sent_at, now);
  end_one(request);
}

void Tally::cancelled(const Request& request) {
  ++outcome_.cancelled;
  end_one(request);
}

void Tally::connections(std::size_t opened, std::size_t most) {
  outcome_.connections_opened = opened;
  outcome_.connections_most = most;
}

/// A second whose requests have all ended needs its histogram no more.
void Tally::close_seconds(std::uint64_t before, bool all) {
  while (!open_.empty() && first_open_ < before &&
         (all || open_.front().ended == outcome_.seconds[first_open_].counts.due)) {
    outcome_.seconds[first_open_].latency = latencies_of(*open_.front().latency);
    open_.front().latency->clear();
    spare_.push_back(std::move(open_.front().latency));
    open_.pop_front();
    ++first_open_;
  }
}

Tally::Recent Tally::take_recent() {
  const Recent recent{recent_, recent_latency_.percentile(50), recent_latency_.percentile(99)};
  recent_ = {};
  recent_latency_.clear();
  return recent;
}

Outcome Tally::finish(Nanoseconds planned, Nanoseconds elapsed, bool interrupted) {
  if (planned > Nanoseconds(0)) row(planned - Nanoseconds(1));  // seconds without a request are rows too
  close_seconds(UINT64_MAX, true);
  set_rates(planned);
  outcome_.elapsed = elapsed;
  outcome_.latency = latencies_of(latency_);
  outcome_.service = latencies_of(service_);
  outcome_.lag = latencies_of(lag_);
  for (std::size_t i = 0; i < stage_latency_.size(); ++i) outcome_.stages[i].latency = latencies_of(stage_latency_[i]);
  judge(planned, interrupted);
  return std::move(outcome_);
}

void Tally::set_rates(Nanoseconds planned) {
  for (Second& row : outcome_.seconds) {
    const Nanoseconds begin = std::chrono::seconds(row.second), end = std::min(planned, begin + row.length);
    if (end <= begin) continue;  // after the schedule
    const double seconds = static_cast<double>((end - begin).count()) / 1e9;
    const double due = schedule_.expected_before(end) - schedule_.expected_before(begin);
    if (!outcome_.plan.closed_loop) row.target_rate = due / seconds;
    row.length = std::min(row.length, std::max(end, last_sent_) - begin);  // what was late is no higher rate
  }
}

void Tally::judge(Nanoseconds planned, bool interrupted) {
  const double seconds = static_cast<double>(planned.count()) / 1e9;
  if (seconds > 0) {
    outcome_.target_rate = static_cast<double>(outcome_.counts.due) / seconds;
    outcome_.achieved_rate = static_cast<double>(sent_in_time_) / seconds;
  }
  if (outcome_.counts.due > 0) {
    const std::uint64_t offered = sent_in_time_ + not_taken_in_time_;
    outcome_.offered_share = static_cast<double>(offered) / static_cast<double>(outcome_.counts.due);
  }
  if (interrupted) {
    outcome_.verdict = Verdict::interrupted;
    outcome_.verdict_reason = "stopped after " + duration_text(std::chrono::duration_cast<std::chrono::milliseconds>(planned)) + " of " +
                              duration_text(schedule_.length());
    return;
  }
  if (outcome_.plan.closed_loop || outcome_.unreachable()) return;  // no schedule to miss; nothing to measure
  const Latencies &lag = outcome_.lag, &latency = outcome_.latency;
  if (lag.p99 > kOrdinaryLag && lag.p99 > latency.p99 / 2) {
    outcome_.verdict = Verdict::saturated;
    outcome_.verdict_reason = fmt::format(
        "1 in 100 requests left the schedule {} late or later, more than half of the p99 latency: this machine has too little CPU "
        "left for the generator; lower the rate or free a core", ms(lag.p99));
  } else if (!outcome_.offered()) {
    outcome_.verdict = Verdict::saturated;
    outcome_.verdict_reason = fmt::format(
        "only {:.1f} % of the requests went out in the time of the schedule; at most {} connections were open and {} are allowed: "
        "{}", outcome_.offered_share * 100, outcome_.connections_most, outcome_.plan.connections,
        !shortage_.empty() ? "this machine had no more (" + shortage_ + ")"
        : outcome_.connections_most >= outcome_.plan.connections ? std::string("all were busy; raise --connections")
                                                                 : std::string("the target did not take them"));
  }
}

}  // namespace load
