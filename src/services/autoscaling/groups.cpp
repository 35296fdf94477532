#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "api/document.h"
#include "control/autoscaling/group_scaling.h"
#include "control/capacity/node_group.h"
#include "services/autoscaling/group_settings.h"
#include "services/autoscaling/handlers.h"
#include "services/autoscaling/lookup.h"
#include "services/autoscaling/render.h"

namespace services::autoscaling {
namespace {

constexpr const char* kDeleting = "Delete in progress";

/// What of either request this engine does not do.
template <class Input>
Result<void> refuse_other_launches(const Input& in) {
  if (in.launch_configuration_name && in.launch_template) {
    return fail("ValidationError",
                "Valid requests must contain either LaunchTemplate, LaunchConfigurationName, InstanceId or "
                "MixedInstancesPolicy parameter.");
  }
  if (in.mixed_instances_policy) {
    return fail("ValidationError",
                "This engine does not serve mixed instances policies. Use LaunchTemplate instead of MixedInstancesPolicy.");
  }
  if (in.deletion_protection && *in.deletion_protection != "none") {
    return fail("ValidationError", "This engine does not serve deletion protection of Auto Scaling groups.");
  }
  return check_lifetime(in.max_instance_lifetime.value_or(0));
}

Result<void> refuse_parts_of_create(const op::CreateAutoScalingGroup::Input& in) {
  TRY_VOID(refuse_other_launches(in));
  if (in.instance_id) {
    return fail("ValidationError", "This engine does not make groups from instances. Use LaunchTemplate instead of InstanceId.");
  }
  if (in.load_balancer_names && !in.load_balancer_names->empty()) {
    return fail("ValidationError", "This engine does not serve Classic Load Balancers. Use TargetGroupARNs.");
  }
  if (!in.launch_template && !in.launch_configuration_name) {
    return fail("ValidationError",
                "Valid requests must contain either LaunchTemplate, LaunchConfigurationName, InstanceId or "
                "MixedInstancesPolicy parameter.");
  }
  return {};
}

bool passes_filters(const std::optional<std::vector<api::autoscaling::Filter>>& filters, const model::AutoScalingGroup& group) {
  for (const auto& filter : filters.value_or(std::vector<api::autoscaling::Filter>())) {
    const std::string name = filter.name.value_or("");
    const auto wanted = filter.values.value_or(std::vector<std::string>());
    const bool any = std::ranges::any_of(group.tags, [&](const auto& tag) {
      if (name == "tag-key") return std::ranges::count(wanted, tag.key) > 0;
      if (name == "tag-value") return std::ranges::count(wanted, tag.value) > 0;
      return name == "tag:" + tag.key && std::ranges::count(wanted, tag.value) > 0;
    });
    if (!any) return false;
  }
  return true;
}

Result<void> check_filters(const std::optional<std::vector<api::autoscaling::Filter>>& filters) {
  for (const auto& filter : filters.value_or(std::vector<api::autoscaling::Filter>())) {
    const std::string name = filter.name.value_or("");
    if (name != "tag-key" && name != "tag-value" && !name.starts_with("tag:")) {
      return fail("ValidationError", fmt::format("Filter type {} is not correct. Allowed Filter types are: tag-key tag-value "
                                                 "tag:<key>",
                                                 name));
    }
  }
  return {};
}

}  // namespace

Answer<op::CreateAutoScalingGroup> create_auto_scaling_group(Context& context,
                                                             const op::CreateAutoScalingGroup::Input& in) {
  TRY_VOID(refuse_parts_of_create(in));
  if (context.state.auto_scaling_groups.find(*in.auto_scaling_group_name)) {
    return fail("AlreadyExists", fmt::format("AutoScalingGroup by this name already exists - A group with the name {} "
                                             "already exists",
                                             *in.auto_scaling_group_name));
  }
  TRY_VOID(check_sizes(*in.min_size, *in.max_size));
  model::AutoScalingGroup group;
  group.name = *in.auto_scaling_group_name;
  group.min_size = *in.min_size;
  group.max_size = *in.max_size;
  group.desired_capacity = in.desired_capacity.value_or(group.min_size);
  TRY_VOID(check_desired(group));
  if (in.launch_template) {
    TRY_VOID(use_launch_template(context, group, *in.launch_template));
  } else {
    TRY_VOID(use_launch_configuration(context, group, *in.launch_configuration_name));
  }
  TRY_VOID(use_zones(context, group, in.vpc_zone_identifier, in.availability_zones));
  group.health_check_type = in.health_check_type.value_or(group.health_check_type);
  TRY_VOID(check_health_check_type(group.health_check_type));
  group.health_check_grace_period = in.health_check_grace_period.value_or(0);
  group.default_cooldown = in.default_cooldown.value_or(group.default_cooldown);
  group.protect_new_instances = in.new_instances_protected_from_scale_in.value_or(false);
  group.termination_policies = in.termination_policies.value_or(group.termination_policies);
  TRY_VOID(check_policies(group.termination_policies));
  group.target_group_arns = in.target_group_ar_ns.value_or(group.target_group_arns);
  for (const auto& source : in.traffic_sources.value_or(std::vector<api::autoscaling::TrafficSourceIdentifier>())) {
    const std::string arn = source.identifier.value_or("");
    if (std::ranges::count(group.target_group_arns, arn) == 0) group.target_group_arns.push_back(arn);
  }
  TRY_VOID(check_target_groups(context, group.target_group_arns));
  for (const auto& tag : in.tags.value_or(std::vector<api::autoscaling::Tag>())) TRY_VOID(set_tag(group, tag));
  for (const auto& hook :
       in.lifecycle_hook_specification_list.value_or(std::vector<api::autoscaling::LifecycleHookSpecification>())) {
    TRY_VOID(add_hook(group, hook));
  }
  api::autoscaling::AutoScalingGroup document;
  echo(in, document);
  group.document = api::to_document(document);
  if (in.default_instance_warmup && *in.default_instance_warmup >= 0) {
    group.default_instance_warmup = static_cast<int>(*in.default_instance_warmup);
  }
  group.created_at = context.now;
  group.arn = make_arn(context.account, "autoscaling",
                       fmt::format("autoScalingGroup:{}:autoScalingGroupName/{}", context.random.uuid(), group.name));
  if (group.desired_capacity > 0) group.last_cause = control::cause_created(group.desired_capacity);
  context.state.auto_scaling_groups.put(std::move(group));
  return {};
}

Answer<op::UpdateAutoScalingGroup> update_auto_scaling_group(Context& context,
                                                             const op::UpdateAutoScalingGroup::Input& in) {
  TRY_VOID(refuse_other_launches(in));
  TRY(const model::AutoScalingGroup* found, find_group(context, *in.auto_scaling_group_name));
  if (found->status == kDeleting) {
    return fail("ScalingActivityInProgress", "You cannot update an AutoScalingGroup while it is being deleted.");
  }
  model::AutoScalingGroup group = *found;
  const int before = group.desired_capacity;
  group.min_size = in.min_size.value_or(group.min_size);
  group.max_size = in.max_size.value_or(group.max_size);
  TRY_VOID(check_sizes(group.min_size, group.max_size));
  if (in.desired_capacity) {
    group.desired_capacity = *in.desired_capacity;
    TRY_VOID(check_desired(group));
  } else {  // new bounds take the capacity along
    group.desired_capacity = std::clamp(group.desired_capacity, group.min_size, group.max_size);
  }
  if (in.launch_template) TRY_VOID(use_launch_template(context, group, *in.launch_template));
  if (in.launch_configuration_name) {
    TRY_VOID(use_launch_configuration(context, group, *in.launch_configuration_name));
  }
  TRY_VOID(use_zones(context, group, in.vpc_zone_identifier, in.availability_zones));
  if (in.health_check_type) {
    TRY_VOID(check_health_check_type(*in.health_check_type));
    group.health_check_type = *in.health_check_type;
  }
  group.health_check_grace_period = in.health_check_grace_period.value_or(group.health_check_grace_period);
  group.default_cooldown = in.default_cooldown.value_or(group.default_cooldown);
  if (in.default_instance_warmup) {  // -1 takes it away
    group.default_instance_warmup.reset();
    if (*in.default_instance_warmup >= 0) group.default_instance_warmup = static_cast<int>(*in.default_instance_warmup);
  }
  group.protect_new_instances = in.new_instances_protected_from_scale_in.value_or(group.protect_new_instances);
  if (in.termination_policies) {
    TRY_VOID(check_policies(*in.termination_policies));
    group.termination_policies = *in.termination_policies;
  }
  auto document = api::from_document<api::autoscaling::AutoScalingGroup>(group.document);
  echo(in, document);
  group.document = api::to_document(document);
  if (group.desired_capacity != before) {
    group.last_details.clear();
    group.last_cause = control::cause_updated(group.min_size, group.max_size, group.desired_capacity, before,
                                              group.desired_capacity);
  }
  context.state.auto_scaling_groups.put(std::move(group));
  return {};
}

Answer<op::DeleteAutoScalingGroup> delete_auto_scaling_group(Context& context,
                                                             const op::DeleteAutoScalingGroup::Input& in) {
  TRY(const model::AutoScalingGroup* group, find_group(context, *in.auto_scaling_group_name));
  if (!in.force_delete.value_or(false)) {
    const auto present = members(context, *group);
    if (std::ranges::any_of(present, [](const model::Instance* one) { return one->alive(); })) {
      return fail("ResourceInUse",
                  "You cannot delete an AutoScalingGroup while there are instances or pending Spot instance request(s) still "
                  "in the group.");
    }
    if (!present.empty() || activity_in_progress(context, group->name)) {
      return fail("ScalingActivityInProgress",
                  "You cannot delete an AutoScalingGroup while there are scaling activities in progress for that group.");
    }
  }
  const std::set<std::string> policies = context.state.policies_by_group.keys(group->name);
  for (const std::string& arn : policies) erase_policy(context, arn);
  const std::set<std::string> schedules = context.state.scheduled_actions_by_group.keys(*in.auto_scaling_group_name);
  for (const std::string& arn : schedules) context.state.scheduled_actions.erase(arn);
  // The engine takes its instances down and then the record away.
  context.state.auto_scaling_groups.update(*in.auto_scaling_group_name, [](model::AutoScalingGroup& record) {
    record.status = kDeleting;
    record.min_size = 0;
    record.max_size = 0;
    record.desired_capacity = 0;
  });
  return {};
}

Answer<op::DescribeAutoScalingGroups> describe_auto_scaling_groups(Context& context,
                                                                   const op::DescribeAutoScalingGroups::Input& in) {
  TRY_VOID(check_filters(in.filters));
  op::DescribeAutoScalingGroups::Output out;
  auto& shown = out.auto_scaling_groups.emplace();
  const std::vector<std::string> named = in.auto_scaling_group_names.value_or(std::vector<std::string>());
  TRY(Page page, page_of(in, {.usual = 50, .most = 100}));
  for (const auto& [name, group] : context.state.auto_scaling_groups.all()) {
    if (!named.empty() && std::ranges::count(named, name) == 0 && std::ranges::count(named, group.arn) == 0) continue;
    if (!passes_filters(in.filters, group) || !page.take(name)) continue;
    shown.push_back(show_group(context, group, in.include_instances.value_or(true)));
  }
  out.next_token = page.next_token();
  return out;
}

Answer<op::SetDesiredCapacity> set_desired_capacity(Context& context, const op::SetDesiredCapacity::Input& in) {
  TRY(const model::AutoScalingGroup* group, find_group(context, *in.auto_scaling_group_name));
  const int from = group->desired_capacity, to = *in.desired_capacity;
  if (group->status == kDeleting) {
    return fail("ScalingActivityInProgress", "You cannot resize an AutoScalingGroup while it is being deleted.");
  }
  if (to > group->max_size) {
    return fail("ValidationError", fmt::format("New SetDesiredCapacity value {} is above max value {} for the "
                                               "AutoScalingGroup.",
                                               to, group->max_size));
  }
  if (to < group->min_size) {
    return fail("ValidationError", fmt::format("New SetDesiredCapacity value {} is below min value {} for the "
                                               "AutoScalingGroup.",
                                               to, group->min_size));
  }
  if (in.honor_cooldown.value_or(false) && control::cools_down(*group, context.now)) {
    return fail("ScalingActivityInProgress", fmt::format("The cooldown of AutoScalingGroup '{}' is not over.", group->name));
  }
  if (from == to) return {};
  context.state.auto_scaling_groups.update(*in.auto_scaling_group_name, [&](model::AutoScalingGroup& record) {
    record.desired_capacity = to;
    record.last_cause = control::cause_desired_set(from, to);
    record.last_details.clear();
  });
  return {};
}

}  // namespace services::autoscaling
