#include <set>

#include "control/alarms/alarm.h"
#include "services/cloudwatch/alarms_rules.h"
#include "services/cloudwatch/alarms_tags.h"
#include "services/cloudwatch/handlers.h"
#include "services/tracking_alarms.h"

namespace services::cloudwatch {

/// An existing alarm keeps its state, history and tags; everything else is replaced (sheet H).
Result<op::PutMetricAlarm::Output> put_metric_alarm(Context& context, const op::PutMetricAlarm::Input& in) {
  TRY(model::Alarm alarm, alarm_of(context, in));
  const model::Alarm* present = context.state.alarms.find(alarm.name);
  alarm.configuration_updated_at = context.now;
  if (present) {
    alarm.state = present->state;
    alarm.state_reason = present->state_reason;
    alarm.state_reason_data = present->state_reason_data;
    alarm.state_updated_at = present->state_updated_at;
    alarm.state_transitioned_at = present->state_transitioned_at;
    alarm.next_history = present->next_history;
    alarm.tags = present->tags;
  } else {
    alarm.state_reason = "Unchecked: Initial alarm creation";
    alarm.state_updated_at = alarm.state_transitioned_at = context.now;
    alarm.next_history = context.state.next_alarm_history(alarm.name);
    TRY(alarm.tags, with_tags({}, in.tags));
  }
  context.state.append_alarm_history(control::configuration_change(
      alarm, present ? control::AlarmChange::updated : control::AlarmChange::created, context.now));
  context.state.alarms.put(std::move(alarm));
  return op::PutMetricAlarm::Output{};
}

/// One unknown name, and none is deleted. The history stays, as at AWS.
Result<op::DeleteAlarms::Output> delete_alarms(Context& context, const op::DeleteAlarms::Input& in) {
  const std::set<std::string> names(in.alarm_names->begin(), in.alarm_names->end());
  for (const std::string& name : names) {
    if (!context.state.alarms.find(name)) return fail("ResourceNotFound", "Alarm " + name + " does not exist");
  }
  for (const std::string& name : names) delete_alarm(context, name);
  return op::DeleteAlarms::Output{};
}

}  // namespace services::cloudwatch
