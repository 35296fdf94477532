// Alarms: when they are evaluated, what is written about it, and who must react.
#include "control/autoscaling/tracking_alarms.h"
#include "engine/alarm_data.h"
#include "engine/engine.h"

namespace engine {

void Engine::evaluate_alarms(Instant now) {
  if (alarms_.next() > now) return;
  control::AlarmView view;
  view.policy_exists = [this](const std::string& action) {
    return state_.scaling_policies.find(control::policy_of_action(action)) != nullptr;
  };
  alarms_.take_due(now, settings_.pace, [&](AlarmWatch::Watched& watched) {
    view.alarm = watched.alarm;
    read_alarm_points(*view.alarm, metrics_, now, settings_.pace, view.points, watched.metric);
    control::AlarmDecision decision = control::evaluate(view, now, settings_.pace);
    watched.state = decision.evaluation.state;
    *watched.seen = std::move(decision.evaluation);
    for (const std::string& action : decision.actions) react_to_alarm(action);
    if (!decision.record) return;  // an unchanged state writes nothing
    for (model::AlarmHistoryItem& item : decision.history) state_.append_alarm_history(std::move(item));
    state_.alarms.put(*std::move(decision.record));
  });
}

/// A record that was made, replaced, deleted, or put into a state by hand: SetAlarmState holds until the next evaluation,
/// and its actions fire.
void Engine::alarm_changed(const std::string& name) {
  const model::Alarm* alarm = state_.alarms.find(name);
  if (!alarm) {
    alarms_.erase(name);
    evaluations_.erase(name);
    return;
  }
  const Instant now = clock_.now();
  control::Evaluation& seen = evaluations_[name];
  AlarmWatch::Watched& watched = alarms_.put(*alarm, seen, now, settings_.pace);
  if (watched.state.empty()) {  // first sight: what was so before this engine started has been reacted to
    watched.state = alarm->state_transitioned_at >= started_at_ ? "INSUFFICIENT_DATA" : alarm->state;
    seen.state = watched.state;
    seen.needed = alarm->needed();
  }
  if (watched.state == alarm->state) return;
  watched.state = alarm->state;
  seen = {.at = alarm->state_updated_at,
          .state = alarm->state,
          .value = control::newest_datapoint(alarm->state_reason_data),
          .points = {},
          .needed = alarm->needed()};
  for (const std::string& action : control::actions_of(*alarm)) react_to_alarm(action);
}

/// Topics are recorded in the alarm's history only. A scaling policy's target or group is looked at again.
void Engine::react_to_alarm(const std::string& action) {
  if (!control::is_scaling_policy(action)) return;
  const model::ScalingPolicy* policy = state_.scaling_policies.find(control::policy_of_action(action));
  if (!policy) return;
  if (!policy->target.empty()) dirty_.scalable_targets.insert(policy->target);
  if (!policy->group.empty()) dirty_.groups.insert(policy->group);
}

}  // namespace engine
