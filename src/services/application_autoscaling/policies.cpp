#include <fmt/format.h>

#include <utility>

#include "api/document.h"
#include "services/application_autoscaling/handlers.h"
#include "services/application_autoscaling/lookup.h"
#include "services/application_autoscaling/policy_settings.h"
#include "services/application_autoscaling/render.h"
#include "services/tracking_alarms.h"

namespace services::application_autoscaling {

namespace {

constexpr std::size_t kMostPolicies = 50;  // of a scalable target (AWS's quota)

model::ScalingPolicy new_policy(Context& context, const TargetName& target, const std::string& name) {
  model::ScalingPolicy policy;
  policy.name = name;
  policy.arn = make_arn(context.account, "autoscaling",
                        fmt::format("scalingPolicy:{}:resource/ecs/{}:policyName/{}", context.random.uuid(),
                                    target.resource_id, name));
  policy.target = target.key();
  policy.created_at = context.now;
  return policy;
}

Result<void> check_only_one_of_metric(const Context& context, const model::ScalingPolicy& policy) {
  for (const std::string& arn : context.state.policies_by_target.keys(policy.target)) {
    const model::ScalingPolicy& other = *context.state.scaling_policies.find(arn);
    if (arn == policy.arn || !other.tracking) continue;
    if (other.tracking->predefined_metric == policy.tracking->predefined_metric &&
        other.tracking->resource_label == policy.tracking->resource_label &&
        other.tracking->customized == policy.tracking->customized) {
      return fail("ValidationException",
                  "Only one TargetTrackingScaling policy for a given metric specification is allowed.");
    }
  }
  return {};
}

Result<void> set_tracking(Context& context, model::ScalingPolicy& policy, const TargetName& target,
                          const shape::TargetTrackingScalingPolicyConfiguration& given) {
  TRY(policy.tracking, read_target_tracking(given));
  TRY(const control::TrackedMetric metric, tracked_metric(target, given));
  TRY_VOID(check_only_one_of_metric(context, policy));
  policy.document = api::to_document(given);
  put_tracking_alarms(context, policy, control::TrackedKind::service, target.resource_id, metric);
  return {};
}

Result<void> set_step(model::ScalingPolicy& policy, const shape::StepScalingPolicyConfiguration& given) {
  TRY(policy.step, read_step_scaling(given));
  policy.document = api::to_document(given);
  return {};
}

}  // namespace

Answer<op::PutScalingPolicy> put_scaling_policy(Context& context, const op::PutScalingPolicy::Input& in) {
  TRY(const TargetName name, read_target(in.service_namespace, in.resource_id, in.scalable_dimension));
  TRY_VOID(find_target(context, name));
  const model::ScalingPolicy* present = find_policy(context, name, *in.policy_name);
  const std::string type = in.policy_type.value_or(present ? present->type : "");
  if (type == "PredictiveScaling" || in.predictive_scaling_policy_configuration) {
    return fail("ValidationException",
                "Policy type PredictiveScaling is not served by this engine: use TargetTrackingScaling or StepScaling.");
  }
  if (type.empty()) return fail("ValidationException", "PolicyType is required when a scaling policy is created");
  if (present && present->type != type) {
    return fail("ValidationException", fmt::format("The type of scaling policy {} is {} and cannot be changed to {}",
                                                   present->name, present->type, type));
  }
  if (!present && context.state.policies_by_target.keys(name.key()).size() >= kMostPolicies) {
    return fail("LimitExceededException",
                fmt::format("The maximum number of scaling policies ({}) is reached for {}", kMostPolicies, described(name)));
  }
  const bool tracking = type == "TargetTrackingScaling";
  if (tracking != in.target_tracking_scaling_policy_configuration.has_value() ||
      tracking == in.step_scaling_policy_configuration.has_value()) {
    return fail("ValidationException",
                fmt::format("Policy type {0} needs {0}PolicyConfiguration and no other configuration", type));
  }
  model::ScalingPolicy policy = present ? *present : new_policy(context, name, *in.policy_name);
  policy.type = type;
  if (tracking) {
    TRY_VOID(set_tracking(context, policy, name, *in.target_tracking_scaling_policy_configuration));
  } else {
    TRY_VOID(set_step(policy, *in.step_scaling_policy_configuration));
  }
  op::PutScalingPolicy::Output out;
  out.policy_arn = policy.arn;
  out.alarms = show_alarms(context, policy);
  context.state.scaling_policies.put(std::move(policy));
  return out;
}

Answer<op::DeleteScalingPolicy> delete_scaling_policy(Context& context, const op::DeleteScalingPolicy::Input& in) {
  TRY(const TargetName name, read_target(in.service_namespace, in.resource_id, in.scalable_dimension));
  const model::ScalingPolicy* policy = find_policy(context, name, *in.policy_name);
  if (!policy) {
    return fail("ObjectNotFoundException",
                fmt::format("No scaling policy found for {}, policy name: {}", described(name), *in.policy_name));
  }
  remove_policy(context, std::string(policy->arn));
  return {};
}

Answer<op::DescribeScalingPolicies> describe_scaling_policies(Context& context,
                                                              const op::DescribeScalingPolicies::Input& in) {
  TRY_VOID(check_namespace(in.service_namespace, in.scalable_dimension));
  op::DescribeScalingPolicies::Output out;
  auto& shown = out.scaling_policies.emplace();
  TRY(Page page, open_page(in.next_token, in.max_results));
  const std::string wanted = in.resource_id ? TargetName{*in.resource_id}.key() : "";
  for (const auto& [arn, policy] : context.state.scaling_policies.all()) {
    if (policy.target.empty() || (in.resource_id && policy.target != wanted)) continue;
    if (listed(in.policy_names, policy.name) && page.take(arn)) shown.push_back(show_policy(context, policy));
  }
  out.next_token = page.next_token();
  return out;
}

}  // namespace services::application_autoscaling
