// What CreateAutoScalingGroup and UpdateAutoScalingGroup share: checks, and requests written into the record. Called by
// groups.cpp.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/autoscaling.h"
#include "services/context.h"

namespace services::autoscaling {

/// Writes id and version; the template must exist and hold what an instance needs.
Result<void> use_launch_template(const Context& context, model::AutoScalingGroup& group,
                                 const api::autoscaling::LaunchTemplateSpecification& given);
/// The same of a launch configuration (launch_configurations.cpp).
Result<void> use_launch_configuration(const Context& context, model::AutoScalingGroup& group, const std::string& name);
/// An instance launched from this can be a node of this engine.
Result<void> check_launch(const model::LaunchTemplateVersion& version);
/// Subnets (comma-separated ids) and zones; subnets must exist, zones default from them.
Result<void> use_zones(const Context& context, model::AutoScalingGroup& group, const std::optional<std::string>& subnets,
                       const std::optional<std::vector<std::string>>& zones);
/// Instances live as long as they may: only 0 is served.
Result<void> check_lifetime(int max_instance_lifetime);
Result<void> check_sizes(int min_size, int max_size);
Result<void> check_desired(const model::AutoScalingGroup& group);
Result<void> check_policies(const std::vector<std::string>& policies);
Result<void> check_health_check_type(const std::string& type);
Result<void> check_target_groups(const Context& context, const std::vector<std::string>& arns);
/// Adds or replaces; keys that AWS reserves are refused.
Result<void> set_tag(model::AutoScalingGroup& group, const api::autoscaling::Tag& tag);

/// The members of either request that nothing reads and Describe echoes.
template <class Input>
void echo(const Input& in, api::autoscaling::AutoScalingGroup& document) {
  if (in.capacity_rebalance) document.capacity_rebalance = in.capacity_rebalance;
  if (in.max_instance_lifetime) document.max_instance_lifetime = in.max_instance_lifetime;
  if (in.desired_capacity_type) document.desired_capacity_type = in.desired_capacity_type;
  if (in.context) document.context = in.context;
  if (in.service_linked_role_arn) document.service_linked_role_arn = in.service_linked_role_arn;
  if (in.placement_group) document.placement_group = in.placement_group;
  if (in.instance_maintenance_policy) document.instance_maintenance_policy = in.instance_maintenance_policy;
  if (in.availability_zone_distribution) document.availability_zone_distribution = in.availability_zone_distribution;
  if (in.capacity_reservation_specification) {
    document.capacity_reservation_specification = in.capacity_reservation_specification;
  }
}

}  // namespace services::autoscaling
