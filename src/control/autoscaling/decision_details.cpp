#include "control/autoscaling/decision_details.h"

#include <boost/json.hpp>

namespace control {

namespace {

namespace json = boost::json;

json::object metric_of(const model::Alarm& alarm) {
  json::object dimensions;
  for (const auto& [name, value] : alarm.metric.dimensions) dimensions[name] = value;
  json::object metric{{"namespace", alarm.metric.space},
                      {"name", alarm.metric.name},
                      {"dimensions", std::move(dimensions)},
                      {"statistic", alarm.statistic.empty() ? alarm.extended_statistic : alarm.statistic},
                      {"period", alarm.period}};
  if (!alarm.metrics.empty()) metric["queries"] = alarm.metrics;
  return metric;
}

json::value number(const std::optional<double>& value) { return value ? json::value(*value) : json::value(nullptr); }

json::object show(const Wish& wish) {
  const Evaluation& evaluation = *wish.seen.evaluation;
  json::array points;
  for (const AlarmPoint& point : evaluation.points) {
    points.push_back(json::object{{"at", to_iso8601(point.start)}, {"value", number(point.value)}});
  }
  json::object shown{{"policy", wish.policy->name},
                     {"type", wish.policy->type},
                     {"alarm", wish.seen.alarm->name},
                     {"state", evaluation.state},
                     {"metric", metric_of(*wish.seen.alarm)},
                     {"comparison", wish.seen.alarm->comparison},
                     {"threshold", wish.seen.alarm->threshold},
                     {"evaluated_at", to_iso8601(evaluation.at)},
                     {"datapoints", std::move(points)},
                     {"breaching", evaluation.breaching},
                     {"needed", evaluation.needed},
                     {"value", number(evaluation.value)},
                     {"direction", wish.direction == Wish::Direction::out ? "out" : "in"},
                     {"formula", wish.formula},
                     {"wants", wish.capacity},
                     {"due", wish.due}};
  if (wish.policy->tracking) shown["target_value"] = wish.policy->tracking->target_value;
  return shown;
}

json::object show(const std::optional<model::LastScaling>& last, Instant now) {
  if (!last) return {{"left_ms", 0}};
  const auto left = last->cooldown_until > now ? (last->cooldown_until - now).count() : 0;
  return {{"last_at", to_iso8601(last->at)}, {"last_change", last->change}, {"left_ms", left}};
}

json::object capacity_of(const model::ScalableTarget& target) {
  return {{"min", target.min_capacity}, {"max", target.max_capacity}};
}

}  // namespace

std::string details_of(const DecisionTrail& trail, Instant now) {
  json::object capacity = capacity_of(trail.target);
  capacity["running"] = trail.capacity.running;
  capacity["desired"] = trail.capacity.desired;
  json::array policies;
  for (const Wish& wish : trail.wishes) policies.push_back(show(wish));
  json::object details{{"decision", trail.decision},
                       {"at", to_iso8601(now)},
                       {"capacity", std::move(capacity)},
                       {"policies", std::move(policies)},
                       {"scale_out_cooldown", show(trail.target.last_out, now)},
                       {"scale_in_cooldown", show(trail.target.last_in, now)},
                       {"wanted", trail.wanted},
                       {"result", trail.result}};
  if (trail.winner) details["winner"] = trail.winner->policy->name;
  if (!trail.cooldown.empty()) details["cooldown"] = trail.cooldown;
  if (!trail.clamp.empty()) details["clamp"] = trail.clamp;
  if (!trail.reason.empty()) details["reason"] = trail.reason;
  return json::serialize(details);
}

std::string details_of_bounds(const model::ScalableTarget& target, int before, int result, const std::string& cause) {
  json::object capacity = capacity_of(target);
  capacity["desired"] = before;
  return json::serialize(
      json::object{{"decision", "bounds"}, {"capacity", std::move(capacity)}, {"clamp", cause}, {"result", result}});
}

std::string details_of_schedule(const model::ScheduledAction& action, Instant due, const model::ScalableTarget& before,
                                const model::ScalableTarget& after) {
  return json::serialize(json::object{{"decision", "schedule"},
                                      {"schedule", action.schedule},
                                      {"timezone", action.timezone.empty() ? "UTC" : action.timezone},
                                      {"due", to_iso8601(due)},
                                      {"before", capacity_of(before)},
                                      {"after", capacity_of(after)}});
}

}  // namespace control
