#include "services/tracking_alarms.h"

#include <utility>

#include "control/alarms/alarm.h"

namespace services {

void put_tracking_alarms(Context& context, model::ScalingPolicy& policy, control::TrackedKind kind,
                         const std::string& resource, const control::TrackedMetric& metric) {
  control::TrackingAlarms request{.policy = policy, .kind = kind, .resource = resource, .metric = metric, .existing = {}};
  for (const std::string& name : policy.alarms) {
    if (const model::Alarm* alarm = context.state.alarms.find(name)) request.existing.push_back(alarm);
  }
  std::vector<model::Alarm> alarms = control::tracking_alarms(request, context.account, context.now, context.random);
  std::vector<std::string> before = std::exchange(policy.alarms, {});
  for (model::Alarm& alarm : alarms) {
    policy.alarms.push_back(alarm.name);
    const bool known = std::erase(before, alarm.name) > 0 && context.state.alarms.find(alarm.name);
    context.state.append_alarm_history(control::configuration_change(
        alarm, known ? control::AlarmChange::updated : control::AlarmChange::created, context.now));
    context.state.alarms.put(std::move(alarm));
  }
  delete_alarms_of_policy(context, before);
}

void delete_alarms_of_policy(Context& context, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (context.state.alarms.find(name)) delete_alarm(context, name);
  }
}

void delete_alarm(Context& context, const std::string& name) {
  model::Alarm last = *context.state.alarms.find(name);
  context.state.append_alarm_history(control::configuration_change(last, control::AlarmChange::deleted, context.now));
  context.state.alarms.erase(name);
}

}  // namespace services
