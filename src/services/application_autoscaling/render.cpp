#include "services/application_autoscaling/render.h"

#include "api/document.h"
#include "control/autoscaling/service_scaling.h"

namespace services::application_autoscaling {

namespace {

api::Timestamp shown_time(Instant at) { return {to_ms(at)}; }

/// "ecs|service/c/web|ecs:service:DesiredCount", taken apart.
template <class Shown>
void show_names(Shown& shown, const std::string& key) {
  const std::size_t first = key.find('|'), last = key.rfind('|');
  shown.service_namespace = key.substr(0, first);
  shown.resource_id = key.substr(first + 1, last - first - 1);
  shown.scalable_dimension = key.substr(last + 1);
}

}  // namespace

shape::ScalableTarget show_target(const model::ScalableTarget& target) {
  shape::ScalableTarget shown;
  show_names(shown, target.key());
  shown.min_capacity = target.min_capacity;
  shown.max_capacity = target.max_capacity;
  shown.role_arn = target.role_arn;
  shown.creation_time = shown_time(target.created_at);
  shown.suspended_state = shape::SuspendedState{.dynamic_scaling_in_suspended = target.scale_in_suspended,
                                                .dynamic_scaling_out_suspended = target.scale_out_suspended,
                                                .scheduled_scaling_suspended = target.scheduled_suspended};
  shown.scalable_target_arn = target.arn;
  return shown;
}

std::vector<shape::Alarm> show_alarms(const Context& context, const model::ScalingPolicy& policy) {
  std::vector<shape::Alarm> shown;
  const auto add = [&](const model::Alarm& alarm) {
    shown.push_back({.alarm_name = alarm.name, .alarm_arn = alarm.arn});
  };
  for (const std::string& name : policy.alarms) {
    if (const model::Alarm* alarm = context.state.alarms.find(name)) add(*alarm);
  }
  if (!policy.step) return shown;
  for (const std::string& name : context.state.alarms_by_policy.keys(policy.arn)) add(*context.state.alarms.find(name));
  return shown;
}

shape::ScalingPolicy show_policy(const Context& context, const model::ScalingPolicy& policy) {
  shape::ScalingPolicy shown;
  shown.policy_arn = policy.arn;
  shown.policy_name = policy.name;
  show_names(shown, policy.target);
  shown.policy_type = policy.type;
  if (policy.step) {
    shown.step_scaling_policy_configuration =
        api::from_document<shape::StepScalingPolicyConfiguration>(policy.document);
  } else {
    auto& tracking = shown.target_tracking_scaling_policy_configuration.emplace(
        api::from_document<shape::TargetTrackingScalingPolicyConfiguration>(policy.document));
    tracking.disable_scale_in = tracking.disable_scale_in.value_or(false);
  }
  shown.alarms = show_alarms(context, policy);
  shown.creation_time = shown_time(policy.created_at);
  return shown;
}

shape::ScheduledAction show_action(const model::ScheduledAction& action) {
  shape::ScheduledAction shown;
  shown.scheduled_action_name = action.name;
  shown.scheduled_action_arn = action.arn;
  show_names(shown, action.target);
  shown.schedule = action.schedule;
  if (!action.timezone.empty()) shown.timezone = action.timezone;
  if (action.start) shown.start_time = shown_time(*action.start);
  if (action.end) shown.end_time = shown_time(*action.end);
  if (action.min_capacity || action.max_capacity) {
    shown.scalable_target_action =
        shape::ScalableTargetAction{.min_capacity = action.min_capacity, .max_capacity = action.max_capacity};
  }
  shown.creation_time = shown_time(action.created_at);
  return shown;
}

shape::ScalingActivity show_activity(const model::TargetActivity& activity) {
  shape::ScalingActivity shown;
  shown.activity_id = activity.id;
  show_names(shown, activity.target);
  shown.description = activity.description;
  shown.cause = activity.cause;
  shown.start_time = shown_time(activity.start);
  if (activity.end) shown.end_time = shown_time(*activity.end);
  shown.status_code = activity.status;
  if (!activity.status_message.empty()) shown.status_message = activity.status_message;
  if (!activity.details.empty()) shown.details = activity.details;
  if (!activity.not_scaled_reason.empty()) {
    shape::NotScaledReason reason;
    reason.code = activity.not_scaled_reason;
    reason.current_capacity = activity.not_scaled_current;
    if (activity.not_scaled_reason == control::not_scaled::kAtMax) reason.max_capacity = activity.not_scaled_limit;
    if (activity.not_scaled_reason == control::not_scaled::kAtMin) reason.min_capacity = activity.not_scaled_limit;
    shown.not_scaled_reasons = std::vector<shape::NotScaledReason>{reason};
  }
  return shown;
}

}  // namespace services::application_autoscaling
