// What ECS puts on the Auto Scaling group of a capacity provider that a cluster uses (sheet G): a scaling policy that
// follows CapacityProviderReservation, with its alarms.
#include <fmt/format.h>

#include <set>

#include "api/autoscaling.h"
#include "api/document.h"
#include "control/autoscaling/group_scaling.h"
#include "control/autoscaling/tracking_alarms.h"
#include "services/ecs/capacity_strategy.h"
#include "services/tracking_alarms.h"

namespace services::ecs {

namespace {

constexpr const char* kNamespace = "AWS/ECS/ManagedScaling";
constexpr const char* kMetric = "CapacityProviderReservation";

std::string metric_document(const model::CapacityProvider& provider) {
  api::autoscaling::CustomizedMetricSpecification metric;
  metric.metric_name = kMetric;
  metric.namespace_ = kNamespace;
  metric.statistic = "Average";
  auto& dimensions = metric.dimensions.emplace();
  dimensions.push_back({.name = "CapacityProviderName", .value = provider.name});
  dimensions.push_back({.name = "ClusterName", .value = provider.cluster});
  return api::to_document(metric);
}

void erase_managed_policy(Context& context, model::CapacityProvider& provider) {
  if (const model::ScalingPolicy* policy = context.state.scaling_policies.find(provider.policy)) {
    delete_alarms_of_policy(context, policy->alarms);
    context.state.scaling_policies.erase(provider.policy);
  }
  provider.policy.clear();
}

/// Makes the policy, or changes it in place.
void put_managed_policy(Context& context, model::CapacityProvider& provider) {
  model::ScalingPolicy policy;
  if (const auto* present = context.state.scaling_policies.find(provider.policy)) {
    policy = *present;
  } else {
    policy.name = control::kManagedPolicy + context.random.uuid();
    policy.group = provider.group;
    policy.arn = make_arn(context.account, "autoscaling",
                          fmt::format("scalingPolicy:{}:autoScalingGroupName/{}:policyName/{}", context.random.uuid(),
                                      provider.group, policy.name));
    policy.type = "TargetTrackingScaling";
    policy.created_at = context.now;
  }
  policy.estimated_warmup = provider.instance_warmup;
  policy.tracking = model::TargetTracking{.target_value = static_cast<double>(provider.target_capacity),
                                          .customized = metric_document(provider)};
  control::TrackedMetric metric;
  metric.metric = {kNamespace, kMetric, {{"CapacityProviderName", provider.name}, {"ClusterName", provider.cluster}}};
  put_tracking_alarms(context, policy, control::TrackedKind::capacity_provider, provider.group, metric);
  provider.policy = policy.arn;
  context.state.scaling_policies.put(std::move(policy));
}

void name_nodes(Context& context, const model::CapacityProvider& provider, const std::string& cluster,
                const std::string& name) {
  for (const std::string& instance : context.state.instances_by_group.keys(provider.group)) {
    const std::set<std::string> nodes = context.state.container_instances_by_instance.keys(instance);
    for (const std::string& id : nodes) {
      const model::ContainerInstance* node = context.state.container_instances.find(id);
      if (node->cluster != cluster || node->capacity_provider == name) continue;
      context.state.container_instances.update(id, [&](model::ContainerInstance& record) {
        record.capacity_provider = name;
        ++record.version;
      });
    }
  }
}

}  // namespace

void attach_provider(Context& context, const std::string& name, const std::string& cluster) {
  model::CapacityProvider provider = *context.state.capacity_providers.find(name);
  provider.cluster = cluster;
  if (provider.attachment_id.empty()) provider.attachment_id = context.random.uuid();
  if (provider.managed_scaling && context.state.auto_scaling_groups.find(provider.group)) {
    put_managed_policy(context, provider);
  } else {
    erase_managed_policy(context, provider);
  }
  name_nodes(context, provider, cluster, name);
  context.state.capacity_providers.put(std::move(provider));
}

void detach_provider(Context& context, const std::string& name) {
  model::CapacityProvider provider = *context.state.capacity_providers.find(name);
  erase_managed_policy(context, provider);
  name_nodes(context, provider, provider.cluster, "");
  provider.cluster.clear();
  provider.attachment_id.clear();
  context.state.capacity_providers.put(std::move(provider));
}

api::ecs::Attachment render_attachment(const Context& context, const model::CapacityProvider& provider) {
  api::ecs::Attachment attachment;
  attachment.id = provider.attachment_id;
  attachment.type = "as_policy";
  attachment.status = "CREATED";
  auto& details = attachment.details.emplace();
  details.push_back({.name = "capacityProviderName", .value = provider.name});
  if (const auto* policy = context.state.scaling_policies.find(provider.policy)) {
    details.push_back({.name = "scalingPolicyName", .value = policy->name});
  }
  return attachment;
}

}  // namespace services::ecs
