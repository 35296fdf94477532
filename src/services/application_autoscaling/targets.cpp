#include <fmt/format.h>

#include "control/autoscaling/decision_details.h"
#include "control/autoscaling/service_scaling.h"
#include "services/application_autoscaling/handlers.h"
#include "services/application_autoscaling/lookup.h"
#include "services/application_autoscaling/policy_settings.h"
#include "services/application_autoscaling/render.h"
#include "services/application_autoscaling/tags.h"

namespace services::application_autoscaling {

namespace {

Result<const model::Service*> scalable_service(const Context& context, const model::ScalableTarget& target) {
  const model::Service* service = context.state.services.find(target.service_key());
  if (!service || service->status != "ACTIVE") {
    return fail("ValidationException", "ECS service doesn't exist: " + target.resource_id);
  }
  if (service->scheduling_strategy == "DAEMON") {
    return fail("ValidationException",
                "ECS service " + target.resource_id + " has the DAEMON scheduling strategy: it has no desired count to scale.");
  }
  return service;
}

model::ScalableTarget new_target(Context& context, const TargetName& name) {
  model::ScalableTarget target;
  target.resource_id = name.resource_id;
  target.arn = make_arn(context.account, "application-autoscaling", "scalable-target/0ec5" + context.random.hex(32));
  target.role_arn = "arn:aws:iam::" + context.account.id +
                    ":role/aws-service-role/ecs.application-autoscaling.amazonaws.com/"
                    "AWSServiceRoleForApplicationAutoScaling_ECSService";
  target.created_at = context.now;
  return target;
}

Result<void> check_bounds(const model::ScalableTarget& target) {
  if (target.min_capacity < 0) return fail("ValidationException", "Minimum capacity must be greater than or equal to 0");
  if (target.max_capacity < target.min_capacity) {
    return fail("ValidationException",
                fmt::format("Maximum capacity {} cannot be less than minimum capacity {}", target.max_capacity,
                            target.min_capacity));
  }
  return {};
}

/// Create or any update moves the current capacity into the bounds at once (sheet E1).
void move_service_into_bounds(Context& context, const model::ScalableTarget& target, const model::Service& service) {
  const int before = service.desired_count;
  const auto move = control::move_into_bounds(target, before);
  if (!move) return;
  context.state.services.update(service.key(), [&](model::Service& record) { record.desired_count = move->count; });
  model::TargetActivity activity =
      control::setting_desired_count(target.key(), move->count, move->cause, context.now, context.random);
  activity.details = control::details_of_bounds(target, before, move->count, move->cause);
  context.state.target_activities.put(std::move(activity));
}

}  // namespace

Answer<op::RegisterScalableTarget> register_scalable_target(Context& context, const op::RegisterScalableTarget::Input& in) {
  TRY(const TargetName name, read_target(in.service_namespace, in.resource_id, in.scalable_dimension));
  const model::ScalableTarget* present = context.state.scalable_targets.find(name.key());
  if (!present && (!in.min_capacity || !in.max_capacity)) {
    return fail("ValidationException",
                "You must specify both MinCapacity and MaxCapacity when registering a new scalable target");
  }
  model::ScalableTarget target = present ? *present : new_target(context, name);
  target.min_capacity = in.min_capacity.value_or(target.min_capacity);
  target.max_capacity = in.max_capacity.value_or(target.max_capacity);
  TRY_VOID(check_bounds(target));
  TRY(const model::Service* service, scalable_service(context, target));
  if (in.suspended_state) {
    const shape::SuspendedState& given = *in.suspended_state;
    target.scale_in_suspended = given.dynamic_scaling_in_suspended.value_or(target.scale_in_suspended);
    target.scale_out_suspended = given.dynamic_scaling_out_suspended.value_or(target.scale_out_suspended);
    target.scheduled_suspended = given.scheduled_scaling_suspended.value_or(target.scheduled_suspended);
  }
  if (in.tags) {
    TRY(target.tags, merge_tags(std::move(target.tags), *in.tags, target.arn));
  }
  op::RegisterScalableTarget::Output out;
  out.scalable_target_arn = target.arn;
  move_service_into_bounds(context, target, *service);
  context.state.scalable_targets.put(std::move(target));
  return out;
}

Answer<op::DeregisterScalableTarget> deregister_scalable_target(Context& context,
                                                                const op::DeregisterScalableTarget::Input& in) {
  TRY(const TargetName name, read_target(in.service_namespace, in.resource_id, in.scalable_dimension));
  if (!context.state.scalable_targets.find(name.key())) {
    return fail("ObjectNotFoundException", "No scalable target found for " + described(name));
  }
  const std::set<std::string> policies = context.state.policies_by_target.keys(name.key());
  for (const std::string& arn : policies) remove_policy(context, arn);
  const std::set<std::string> actions = context.state.scheduled_actions_by_target.keys(name.key());
  for (const std::string& arn : actions) context.state.scheduled_actions.erase(arn);
  context.state.scalable_targets.erase(name.key());
  return {};
}

Answer<op::DescribeScalableTargets> describe_scalable_targets(Context& context,
                                                              const op::DescribeScalableTargets::Input& in) {
  TRY_VOID(check_namespace(in.service_namespace, in.scalable_dimension));
  op::DescribeScalableTargets::Output out;
  auto& shown = out.scalable_targets.emplace();
  TRY(Page page, open_page(in.next_token, in.max_results));
  for (const auto& [key, target] : context.state.scalable_targets.all()) {
    if (listed(in.resource_ids, target.resource_id) && page.take(key)) shown.push_back(show_target(target));
  }
  out.next_token = page.next_token();
  return out;
}

}  // namespace services::application_autoscaling
