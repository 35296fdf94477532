#include <boost/json.hpp>

#include "control/alarms/alarm.h"
#include "control/autoscaling/tracking_alarms.h"
#include "services/cloudwatch/handlers.h"

namespace services::cloudwatch {

namespace {

/// The names that exist; unknown ones are passed over, as AWS does.
void switch_actions(Context& context, const std::vector<std::string>& names, bool enabled) {
  for (const std::string& name : names) {
    const model::Alarm* present = context.state.alarms.find(name);
    if (!present || present->actions_enabled == enabled) continue;
    model::Alarm alarm = *present;
    alarm.actions_enabled = enabled;
    alarm.configuration_updated_at = context.now;
    context.state.append_alarm_history(control::configuration_change(alarm, control::AlarmChange::updated, context.now));
    context.state.alarms.put(std::move(alarm));
  }
}

bool is_json(const std::string& text) {
  boost::json::error_code error;
  boost::json::parse(text, error);
  return !error;
}

}  // namespace

/// It holds until the next evaluation. The engine carries out the scaling policies among the state's actions.
Result<op::SetAlarmState::Output> set_alarm_state(Context& context, const op::SetAlarmState::Input& in) {
  const model::Alarm* alarm = context.state.alarms.find(*in.alarm_name);
  if (!alarm) return fail("ResourceNotFound", "Alarm " + *in.alarm_name + " does not exist");
  const std::string data = in.state_reason_data.value_or("");
  if (!data.empty() && !is_json(data)) return fail("InvalidFormat", "StateReasonData must be valid JSON");
  const auto policy_exists = [&](const std::string& action) {
    return context.state.scaling_policies.find(control::policy_of_action(action)) != nullptr;
  };
  control::AlarmDecision decision =
      control::set_state(*alarm, *in.state_value, *in.state_reason, data, context.now, policy_exists);
  for (model::AlarmHistoryItem& item : decision.history) context.state.append_alarm_history(std::move(item));
  context.state.alarms.put(*std::move(decision.record));
  return op::SetAlarmState::Output{};
}

Result<op::EnableAlarmActions::Output> enable_alarm_actions(Context& context, const op::EnableAlarmActions::Input& in) {
  switch_actions(context, *in.alarm_names, true);
  return op::EnableAlarmActions::Output{};
}

Result<op::DisableAlarmActions::Output> disable_alarm_actions(Context& context, const op::DisableAlarmActions::Input& in) {
  switch_actions(context, *in.alarm_names, false);
  return op::DisableAlarmActions::Output{};
}

}  // namespace services::cloudwatch
