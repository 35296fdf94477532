#include "console/scaling_text.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "base/time.h"

namespace console {

namespace {

namespace json = boost::json;

constexpr std::size_t kSquares = 15;  // a low alarm's periods; more would not fit the line

std::string number(double value) { return fmt::format("{:.4g}", value); }

std::string squares(const AlarmStatus& alarm) {
  std::string text;
  const std::size_t skip = alarm.points.size() > kSquares ? alarm.points.size() - kSquares : 0;
  for (std::size_t i = skip; i < alarm.points.size(); ++i) {
    text += !alarm.points[i] ? "·" : *alarm.points[i] ? "●" : "○";
  }
  return text;
}

std::string comparison(const std::string& operation) {
  if (operation == "GreaterThanThreshold") return "above";
  if (operation == "GreaterThanOrEqualToThreshold") return "at least";
  if (operation == "LessThanThreshold") return "below";
  if (operation == "LessThanOrEqualToThreshold") return "at most";
  return operation;
}

std::string alarm_text(const AlarmStatus& alarm, Style style) {
  std::string state = fmt::format("{:<17}", alarm.state);
  if (alarm.state == "ALARM") state = style.bad(state);
  const std::string count = alarm.breaching ? fmt::format("{}/{}", *alarm.breaching, alarm.needed) : "-";
  std::string text = fmt::format("    {} {} {} {}, {} of {} x {} s", state, count, comparison(alarm.comparison),
                                 number(alarm.threshold), alarm.needed, alarm.periods, alarm.period_seconds);
  if (!alarm.points.empty()) text += "  " + squares(alarm);
  return text + "\n";
}

/// The newest value of the policy's metric: its alarms watch the same one.
std::string value_text(const PolicyStatus& policy) {
  for (const AlarmStatus& alarm : policy.alarms) {
    if (alarm.value) return number(*alarm.value);
  }
  return "-";
}

std::string cooldown_text(const ScalingLayer& layer) {
  std::string text;
  const auto add = [&](const char* what, const std::optional<std::int64_t>& left) {
    if (left && *left > 0) text += fmt::format("{}{} for {:.0f} s", text.empty() ? "" : ", ", what, *left / 1000.0);
  };
  add("scale-out cools down", layer.out_cooldown_ms);
  add("scale-in cools down", layer.in_cooldown_ms);
  return text.empty() ? "" : "    " + text + "\n";
}

template <class T>
json::value or_null(const std::optional<T>& value) {
  return value ? json::value(*value) : json::value(nullptr);
}

json::object alarm_json(const AlarmStatus& alarm) {
  json::array points;
  for (const auto& point : alarm.points) points.push_back(or_null(point));
  return {{"name", alarm.name},       {"state", alarm.state},     {"comparison", alarm.comparison},
          {"threshold", alarm.threshold}, {"needed", alarm.needed}, {"periods", alarm.periods},
          {"periodSeconds", alarm.period_seconds}, {"breaching", or_null(alarm.breaching)},
          {"value", or_null(alarm.value)}, {"breachingPoints", points}};
}

}  // namespace

std::string scaling_text(const std::vector<ScalingLayer>& layers, Style style) {
  std::string out;
  for (const ScalingLayer& layer : layers) {
    const std::string what = layer.nodes ? "nodes of " + layer.resource : "tasks";
    out += fmt::format("{} {}: {} desired, {} to {}\n", style.strong("autoscaling of"), what, layer.desired, layer.least,
                       layer.most);
    for (const PolicyStatus& policy : layer.policies) {
      out += fmt::format("  {}", policy.name);
      if (policy.target) {
        out += fmt::format(": {} {} of {}", policy.metric, style.strong(value_text(policy)), number(*policy.target));
      }
      out += "\n";
      for (const AlarmStatus& alarm : policy.alarms) out += alarm_text(alarm, style);
    }
    out += cooldown_text(layer);
    for (auto one = layer.activities.rbegin(); one != layer.activities.rend(); ++one) {
      out += fmt::format("    {}  {} {}  {}\n", to_iso8601(instant_from_ms(one->at_ms)), one->status, one->description,
                         one->cause);
    }
  }
  return out;
}

json::array scaling_json(const std::vector<ScalingLayer>& layers) {
  json::array array;
  for (const ScalingLayer& layer : layers) {
    json::array policies, activities;
    for (const PolicyStatus& policy : layer.policies) {
      json::array alarms;
      for (const AlarmStatus& alarm : policy.alarms) alarms.push_back(alarm_json(alarm));
      policies.push_back({{"name", policy.name}, {"type", policy.type}, {"metric", policy.metric},
                          {"target", or_null(policy.target)}, {"alarms", alarms}});
    }
    for (const ScalingActivityStatus& one : layer.activities) {
      activities.push_back({{"time", to_iso8601(instant_from_ms(one.at_ms))}, {"status", one.status},
                            {"description", one.description}, {"cause", one.cause}});
    }
    array.push_back({{"resource", layer.resource}, {"layer", layer.nodes ? "nodes" : "tasks"}, {"desired", layer.desired},
                     {"min", layer.least}, {"max", layer.most}, {"policies", policies},
                     {"scaleOutCooldownMs", or_null(layer.out_cooldown_ms)},
                     {"scaleInCooldownMs", or_null(layer.in_cooldown_ms)}, {"activities", activities}});
  }
  return array;
}

}  // namespace console
