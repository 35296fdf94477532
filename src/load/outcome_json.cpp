#include "load/rendering.h"

#include <boost/json.hpp>
#include <cmath>

namespace load {

namespace {

namespace json = boost::json;

double milliseconds_of(double nanoseconds) { return std::round(nanoseconds / 1e3) / 1e3; }
double seconds_of(Nanoseconds length) { return static_cast<double>(length.count()) / 1e9; }
double rounded(double value) { return std::round(value * 1e4) / 1e4; }

/// What no request has shown is null, never 0.
json::value milliseconds_or_null(const Latencies& of, double nanoseconds) {
  if (of.count == 0) return nullptr;
  return milliseconds_of(nanoseconds);
}

json::object latencies_json(const Latencies& of) {
  json::object made;
  made["count"] = of.count;
  made["mean"] = milliseconds_or_null(of, of.mean);
  for (const auto& [name, value] : {std::pair("p50", of.p50), std::pair("p90", of.p90), std::pair("p99", of.p99),
                                    std::pair("p99_9", of.p99_9), std::pair("max", of.max)}) {
    made[name] = milliseconds_or_null(of, static_cast<double>(value));
  }
  return made;
}

void add_counts(json::object& to, const Counts& counts) {
  to["due"] = counts.due;
  to["sent"] = counts.sent;
  to["ok"] = counts.ok;
  to["failed"] = counts.failed;
}

json::object plan_json(const Plan& plan) {
  json::object made;
  made["method"] = plan.method;
  made["url"] = "http://" + plan.target.authority + plan.target.path;
  made["loop"] = plan.closed_loop ? "closed" : "open";
  made["arrival"] = plan.arrival == Arrival::uniform ? "uniform" : "poisson";
  made["seed"] = plan.seed;
  made["connections"] = plan.connections;
  made["timeout_ms"] = milliseconds_of(static_cast<double>(plan.timeout.count()));
  json::array stages;
  for (const Stage& stage : plan.stages) {
    stages.push_back(json::object{{"from", stage.from}, {"to", stage.to}, {"seconds", seconds_of(stage.length)}});
  }
  made["stages"] = std::move(stages);
  return made;
}

json::object second_json(const Second& row) {
  json::object made;
  made["second"] = row.second;
  made["seconds"] = milliseconds_of(static_cast<double>(row.length.count()) / 1e3);
  made["target_rate"] = rounded(row.target_rate);
  add_counts(made, row.counts);
  made["p50_ms"] = milliseconds_or_null(row.latency, static_cast<double>(row.latency.p50));
  made["p99_ms"] = milliseconds_or_null(row.latency, static_cast<double>(row.latency.p99));
  made["max_ms"] = milliseconds_or_null(row.latency, static_cast<double>(row.latency.max));
  return made;
}

json::object stage_json(const StageOutcome& of) {
  json::object made{{"from", of.stage.from}, {"to", of.stage.to}, {"seconds", seconds_of(of.stage.length)}};
  add_counts(made, of.counts);
  made["latency_ms"] = latencies_json(of.latency);
  return made;
}

json::object errors_json(const Outcome& outcome) {
  json::object made;
  for (std::size_t i = 0; i < kErrorKinds; ++i) {
    if (outcome.errors[i] == 0) continue;
    const char* name = error_name(static_cast<ErrorKind>(i));
    made[name] = json::object{{"count", outcome.errors[i]}, {"first", outcome.error_examples.at(name)}};
  }
  return made;
}

const char* verdict_name(Verdict verdict) {
  return verdict == Verdict::valid ? "valid" : verdict == Verdict::saturated ? "saturated" : "interrupted";
}

}  // namespace

json::object outcome_json(const Outcome& outcome, const std::vector<Judged>& judged) {
  json::object made;
  made["verdict"] = verdict_name(outcome.verdict);
  made["verdict_reason"] = outcome.verdict_reason;
  made["plan"] = plan_json(outcome.plan);
  made["started_at"] = to_iso8601(outcome.started_at);
  made["seconds"] = milliseconds_of(static_cast<double>(outcome.elapsed.count()) / 1e3);
  json::object requests;
  add_counts(requests, outcome.counts);
  requests["retried"] = outcome.retried;
  requests["cancelled"] = outcome.cancelled;
  made["requests"] = std::move(requests);
  made["rate"] = json::object{{"target", rounded(outcome.target_rate)},
                              {"achieved", rounded(outcome.achieved_rate)},
                              {"ratio", rounded(outcome.achieved_ratio())}};
  made["latency_ms"] = latencies_json(outcome.latency);
  made["service_time_ms"] = latencies_json(outcome.service);
  made["schedule_lag_ms"] = latencies_json(outcome.lag);
  made["errors"] = errors_json(outcome);
  json::object statuses;
  for (const auto& [status, count] : outcome.statuses) statuses[std::to_string(status)] = count;
  made["statuses"] = std::move(statuses);
  made["bytes"] = json::object{{"sent", outcome.bytes_sent}, {"received", outcome.bytes_received}};
  made["connections"] = json::object{{"opened", outcome.connections_opened}, {"most", outcome.connections_most}};
  json::array stages, timeline, limits;
  for (const StageOutcome& stage : outcome.stages) stages.push_back(stage_json(stage));
  for (const Second& row : outcome.seconds) timeline.push_back(second_json(row));
  for (const Judged& one : judged) {
    limits.push_back(json::object{{"limit", one.limit.text}, {"value", rounded(one.value)}, {"met", one.met}});
  }
  made["stages"] = std::move(stages);
  made["timeline"] = std::move(timeline);
  made["slo"] = std::move(limits);
  return made;
}

}  // namespace load
