#include "services/autoscaling/render.h"

#include <fmt/format.h>

#include "api/document.h"
#include "model/launch_configuration.h"
#include "services/autoscaling/lookup.h"

namespace services::autoscaling {
namespace {

std::optional<api::autoscaling::LaunchTemplateSpecification> show_template(const Context& context, const std::string& id,
                                                                           const std::string& version) {
  if (id.empty() || model::is_launch_configuration(id)) return std::nullopt;
  api::autoscaling::LaunchTemplateSpecification shown;
  shown.launch_template_id = id;
  if (const auto* found = context.state.launch_templates.find(id)) shown.launch_template_name = found->name;
  shown.version = version;
  return shown;
}

/// The members that both of AWS's descriptions of an instance have.
template <class Shown>
Shown show_member(const Context& context, const model::Instance& instance) {
  Shown shown;
  shown.instance_id = instance.id;
  shown.instance_type = instance.instance_type;
  shown.availability_zone = instance.availability_zone;
  shown.launch_template =
      show_template(context, instance.launch_template_id, std::to_string(instance.launch_template_version));
  if (model::is_launch_configuration(instance.launch_template_id)) {
    shown.launch_configuration_name = model::launch_configuration_name(instance.launch_template_id);
  }
  shown.protected_from_scale_in = instance.protected_from_scale_in;
  return shown;
}

}  // namespace

api::autoscaling::TagDescription show_tag(const std::string& group, const model::AutoScalingGroup::GroupTag& tag) {
  api::autoscaling::TagDescription shown;
  shown.resource_id = group;
  shown.resource_type = "auto-scaling-group";
  shown.key = tag.key;
  shown.value = tag.value;
  shown.propagate_at_launch = tag.propagate_at_launch;
  return shown;
}

api::autoscaling::AutoScalingGroup show_group(const Context& context, const model::AutoScalingGroup& group,
                                              bool with_instances) {
  auto shown = api::from_document<api::autoscaling::AutoScalingGroup>(group.document);
  shown.auto_scaling_group_name = group.name;
  shown.auto_scaling_group_arn = group.arn;
  shown.min_size = group.min_size;
  shown.max_size = group.max_size;
  shown.desired_capacity = group.desired_capacity;
  shown.launch_template = show_template(context, group.launch_template_id, group.launch_template_version);
  if (model::is_launch_configuration(group.launch_template_id)) {
    shown.launch_configuration_name = model::launch_configuration_name(group.launch_template_id);
  }
  shown.default_cooldown = group.default_cooldown;
  shown.default_instance_warmup = group.default_instance_warmup;
  shown.availability_zones = group.availability_zones;
  shown.load_balancer_names.emplace();
  shown.target_group_ar_ns = group.target_group_arns;
  auto& sources = shown.traffic_sources.emplace();
  for (const std::string& arn : group.target_group_arns) sources.push_back({.identifier = arn, .type = "elbv2"});
  shown.health_check_type = group.health_check_type;
  shown.health_check_grace_period = group.health_check_grace_period;
  shown.created_time = api::Timestamp{to_ms(group.created_at)};
  auto& suspended = shown.suspended_processes.emplace();
  for (const auto& [process, reason] : group.suspended) {
    suspended.push_back({.process_name = process, .suspension_reason = reason});
  }
  auto& metrics = shown.enabled_metrics.emplace();
  for (const std::string& metric : group.enabled_metrics) metrics.push_back({.metric = metric, .granularity = "1Minute"});
  shown.vpc_zone_identifier = fmt::format("{}", fmt::join(group.subnets, ","));
  if (!group.status.empty()) shown.status = group.status;
  auto& tags = shown.tags.emplace();
  for (const auto& tag : group.tags) tags.push_back(show_tag(group.name, tag));
  shown.termination_policies =
      group.termination_policies.empty() ? std::vector<std::string>{"Default"} : group.termination_policies;
  shown.new_instances_protected_from_scale_in = group.protect_new_instances;
  if (!shown.service_linked_role_arn) {
    shown.service_linked_role_arn =
        fmt::format("arn:aws:iam::{}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling",
                    context.account.id);
  }
  if (!shown.availability_zone_distribution) {
    shown.availability_zone_distribution.emplace().capacity_distribution_strategy = "balanced-best-effort";
  }
  if (!shown.capacity_reservation_specification) {
    shown.capacity_reservation_specification.emplace().capacity_reservation_preference = "default";
  }
  auto& instances = shown.instances.emplace();
  if (with_instances) {
    for (const model::Instance* instance : members(context, group)) {
      auto& one = instances.emplace_back(show_member<api::autoscaling::Instance>(context, *instance));
      one.lifecycle_state = instance->lifecycle_state;
      one.health_status = instance->health_status;
    }
  }
  return shown;
}

api::autoscaling::AutoScalingInstanceDetails show_details(const Context& context, const model::Instance& instance) {
  auto shown = show_member<api::autoscaling::AutoScalingInstanceDetails>(context, instance);
  shown.auto_scaling_group_name = instance.group;
  shown.lifecycle_state = instance.lifecycle_state;
  shown.health_status = instance.health_status == "Healthy" ? "HEALTHY" : "UNHEALTHY";  // as this one action spells it
  return shown;
}

api::autoscaling::Activity show_activity(const Context& context, const model::ScalingActivity& activity) {
  api::autoscaling::Activity shown;
  shown.activity_id = activity.id;
  shown.auto_scaling_group_name = activity.group;
  shown.description = activity.description;
  shown.cause = activity.cause;
  shown.start_time = api::Timestamp{to_ms(activity.start)};
  if (activity.end) shown.end_time = api::Timestamp{to_ms(*activity.end)};
  shown.status_code = activity.status;
  if (!activity.status_message.empty()) shown.status_message = activity.status_message;
  shown.progress = activity.progress;
  const model::Instance* instance = context.state.instances.find(activity.instance_id);
  shown.details = instance ? fmt::format(R"({{"Subnet ID":"{}","Availability Zone":"{}"}})", instance->subnet_id,
                                         instance->availability_zone)
                           : "{}";
  if (const auto* group = context.state.auto_scaling_groups.find(activity.group)) {
    shown.auto_scaling_group_arn = group->arn;
  } else {
    shown.auto_scaling_group_state = "Deleted";
  }
  return shown;
}

}  // namespace services::autoscaling
