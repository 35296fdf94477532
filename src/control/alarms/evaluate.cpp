#include <algorithm>
#include <cstdlib>

#include "control/alarms/alarm.h"
#include "control/alarms/reason.h"
#include "control/alarms/window.h"

namespace control {

namespace {

constexpr std::string_view kOk = "OK", kAlarm = "ALARM", kInsufficient = "INSUFFICIENT_DATA";
constexpr std::int64_t kRepeatSeconds = 60;  // scaling actions fire again each minute (sheet H)

/// The points that count: the newest N real ones; where the range holds fewer, all of them and the newest gaps.
Finding pick(const AlarmView& view) {
  const auto wanted = static_cast<std::size_t>(view.alarm->evaluation_periods);
  const auto real = static_cast<std::size_t>(
      std::ranges::count_if(view.points, [](const AlarmPoint& point) { return point.value.has_value(); }));
  std::size_t gaps = wanted > real ? wanted - real : 0;
  Finding finding;
  finding.points.reserve(wanted);
  for (auto point = view.points.rbegin(); point != view.points.rend() && finding.points.size() < wanted; ++point) {
    if (!point->value && gaps == 0) continue;
    if (!point->value) {
      --gaps;
      ++finding.filled;
    }
    finding.points.push_back(*point);
  }
  std::ranges::reverse(finding.points);
  return finding;
}

/// AWS never lets a gap hide a breach that is old enough: the oldest real point is M periods old (or more) and nothing
/// since then was within the threshold.
bool old_enough(const AlarmView& view) {
  const auto oldest = std::ranges::find_if(view.points, [](const AlarmPoint& point) { return point.value.has_value(); });
  return view.points.end() - oldest >= view.alarm->needed();
}

/// The state that the points prove; empty: they prove none, and the alarm stays as it is.
std::string_view judge(const AlarmView& view, const Finding& finding, int breaching) {
  const model::Alarm& alarm = *view.alarm;
  const std::string& missing = alarm.treat_missing_data;
  const int real = static_cast<int>(finding.points.size()) - finding.filled;
  if (breaching + (missing == "breaching" ? finding.filled : 0) >= alarm.needed()) return kAlarm;
  if (real > breaching || missing == "notBreaching") return kOk;
  if (missing == "ignore") return {};
  if (real == 0) return kInsufficient;
  return old_enough(view) ? kAlarm : std::string_view();
}

/// The record in its new state, and the history items of that; `before` is what it replaces.
AlarmDecision change(const model::Alarm& before, model::Alarm after, Instant now, const PolicyExists& policy_exists) {
  AlarmDecision decision;
  after.state_updated_at = now;
  if (after.state != before.state) {
    after.state_transitioned_at = now;
    const auto add = [&](std::string type, std::string summary, std::string data) {
      decision.history.push_back({.alarm = after.name,
                                  .sequence = after.next_history++,
                                  .at = now,
                                  .type = std::move(type),
                                  .summary = std::move(summary),
                                  .data = std::move(data)});
    };
    add("StateUpdate", "Alarm updated from " + before.state + " to " + after.state, state_update_data(before, after));
    decision.actions = actions_of(after);
    for (const std::string& action : decision.actions) {
      const bool gone = is_scaling_policy(action) && policy_exists && !policy_exists(action);
      add("Action", (gone ? "Failed to execute action " : "Successfully executed action ") + action,
          gone ? failed_action_data(after, action) : action_data(before, after, action));
    }
  }
  decision.record = std::move(after);
  return decision;
}

/// Whether this evaluation is a whole number of minutes after the transition.
bool repeats(const model::Alarm& alarm, Instant now, Pace pace) {
  const std::int64_t since =
      evaluation_number(alarm, now, pace) - evaluation_number(alarm, alarm.state_transitioned_at, pace);
  const std::int64_t each =
      std::max<std::int64_t>(1, pace(seconds(kRepeatSeconds)) / evaluation_interval(alarm, pace));
  return since > 0 && since % each == 0;
}

}  // namespace

bool is_scaling_policy(const std::string& action) {
  return action.starts_with("arn:aws:autoscaling:") && action.find(":scalingPolicy:") != std::string::npos;
}

const std::vector<std::string>& actions_of(const model::Alarm& alarm) {
  static const std::vector<std::string> kNone;
  if (!alarm.actions_enabled) return kNone;
  if (alarm.state == kAlarm) return alarm.alarm_actions;
  return alarm.state == kOk ? alarm.ok_actions : alarm.insufficient_data_actions;
}

AlarmDecision evaluate(const AlarmView& view, Instant now, Pace pace) {
  const model::Alarm& alarm = *view.alarm;
  Finding finding = pick(view);
  const int breaching = static_cast<int>(std::ranges::count_if(finding.points, [&](const AlarmPoint& point) {
    return point.value && breaches(alarm, *point.value);
  }));
  finding.state = judge(view, finding, breaching);

  AlarmDecision decision;
  if (!finding.state.empty() && finding.state != alarm.state) {
    model::Alarm after = alarm;
    after.state = finding.state;
    after.state_reason = state_reason(alarm, finding);
    after.state_reason_data = state_reason_data(alarm, finding, now);
    decision = change(alarm, std::move(after), now, view.policy_exists);
  } else {
    const std::vector<std::string>& actions = actions_of(alarm);
    if (std::ranges::any_of(actions, is_scaling_policy) && repeats(alarm, now, pace)) {
      std::ranges::copy_if(actions, std::back_inserter(decision.actions), is_scaling_policy);
    }
  }
  Evaluation& seen = decision.evaluation;
  seen.at = now;
  seen.state = decision.record ? decision.record->state : alarm.state;
  seen.breaching = breaching + (alarm.treat_missing_data == "breaching" ? finding.filled : 0);
  seen.needed = alarm.needed();
  for (const AlarmPoint& point : finding.points) {
    if (point.value) seen.value = point.value;
  }
  seen.points = std::move(finding.points);
  return decision;
}

AlarmDecision set_state(const model::Alarm& alarm, const std::string& state, const std::string& reason,
                        const std::string& reason_data, Instant now, const PolicyExists& policy_exists) {
  model::Alarm after = alarm;
  after.state = state;
  after.state_reason = reason;
  after.state_reason_data = reason_data;
  AlarmDecision decision = change(alarm, std::move(after), now, policy_exists);
  decision.evaluation = {.at = now, .state = state, .value = newest_datapoint(reason_data), .needed = alarm.needed()};
  return decision;
}

model::AlarmHistoryItem configuration_change(model::Alarm& alarm, AlarmChange change, Instant now) {
  const std::string_view word = change == AlarmChange::created ? "created" : change == AlarmChange::updated ? "updated" : "deleted";
  return {.alarm = alarm.name,
          .sequence = alarm.next_history++,
          .at = now,
          .type = "ConfigurationUpdate",
          .summary = "Alarm \"" + alarm.name + "\" " + std::string(word),
          .data = configuration_data(alarm, change)};
}

std::optional<double> newest_datapoint(const std::string& state_reason_data) {
  const std::string key = "\"recentDatapoints\":[";
  const std::size_t from = state_reason_data.find(key);
  if (from == std::string::npos) return std::nullopt;
  const std::size_t end = state_reason_data.find(']', from);
  if (end == std::string::npos) return std::nullopt;
  const std::string list = state_reason_data.substr(from + key.size(), end - from - key.size());
  const std::size_t comma = list.rfind(',');
  const std::string last = comma == std::string::npos ? list : list.substr(comma + 1);
  char* stop = nullptr;
  const double value = std::strtod(last.c_str(), &stop);
  return stop == last.c_str() ? std::nullopt : std::optional(value);
}

}  // namespace control
