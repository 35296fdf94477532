#include "stack/scaling.h"

#include "api/application_autoscaling.h"
#include "api/autoscaling.h"

namespace stack {

namespace {

namespace scaling = api::application_autoscaling::op;
namespace asg = api::autoscaling::op;

constexpr const char* kNamespace = "ecs";
constexpr const char* kDimension = "ecs:service:DesiredCount";

std::string resource_of(const Options& options) { return "service/" + options.cluster + "/" + options.service; }

Result<void> scale_service(client::AwsClient& aws, const Options& options, const Names& names) {
  TRY_VOID(aws.call<scaling::RegisterScalableTarget>({.service_namespace = kNamespace,
                                                      .resource_id = resource_of(options),
                                                      .scalable_dimension = kDimension,
                                                      .min_capacity = options.tasks_min,
                                                      .max_capacity = options.tasks_max}));
  api::application_autoscaling::PredefinedMetricSpecification metric;
  metric.predefined_metric_type = "ECSServiceAverageCPUUtilization";
  api::application_autoscaling::TargetTrackingScalingPolicyConfiguration tracking;
  tracking.target_value = options.cpu_target;
  tracking.predefined_metric_specification = metric;
  tracking.scale_out_cooldown = options.scale_out_cooldown;
  tracking.scale_in_cooldown = options.scale_in_cooldown;
  TRY_VOID(aws.call<scaling::PutScalingPolicy>({.policy_name = names.service_policy,
                                                .service_namespace = kNamespace,
                                                .resource_id = resource_of(options),
                                                .scalable_dimension = kDimension,
                                                .policy_type = "TargetTrackingScaling",
                                                .target_tracking_scaling_policy_configuration = tracking}));
  return {};
}

Result<void> scale_nodes(client::AwsClient& aws, const Options& options, const Names& names) {
  api::autoscaling::PredefinedMetricSpecification metric;
  metric.predefined_metric_type = "ASGAverageCPUUtilization";
  api::autoscaling::TargetTrackingConfiguration tracking;
  tracking.target_value = options.node_cpu_target;
  tracking.predefined_metric_specification = metric;
  TRY_VOID(aws.call<asg::PutScalingPolicy>({.auto_scaling_group_name = names.node_group,
                                            .policy_name = names.node_policy,
                                            .policy_type = "TargetTrackingScaling",
                                            .estimated_instance_warmup = options.node_warmup,
                                            .target_tracking_configuration = tracking}));
  return {};
}

Result<void> delete_node_policy(client::AwsClient& aws, const Names& names) {
  TRY(const auto found, aws.call<asg::DescribePolicies>({.auto_scaling_group_name = names.node_group}));
  for (const auto& policy : found.scaling_policies.value_or(std::vector<api::autoscaling::ScalingPolicy>())) {
    if (policy.policy_name != names.node_policy) continue;
    TRY_VOID(aws.call<asg::DeletePolicy>(
        {.auto_scaling_group_name = names.node_group, .policy_name = names.node_policy}));
  }
  return {};
}

}  // namespace

Result<void> make_scaling(client::AwsClient& aws, const Options& options, const Names& names) {
  if (!options.autoscaling) {
    TRY_VOID(delete_service_scaling(aws, options));
    return delete_node_policy(aws, names);
  }
  TRY_VOID(scale_service(aws, options, names));
  return scale_nodes(aws, options, names);
}

Result<void> delete_service_scaling(client::AwsClient& aws, const Options& options) {
  const auto gone = aws.call<scaling::DeregisterScalableTarget>(
      {.service_namespace = kNamespace, .resource_id = resource_of(options), .scalable_dimension = kDimension});
  if (gone || gone.error().code == "ObjectNotFoundException") return {};
  return tl::unexpected(gone.error());
}

}  // namespace stack
