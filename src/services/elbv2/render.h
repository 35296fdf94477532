// Records as the API shows them, to the member: what AWS leaves out is left out, so that a second `terraform plan` is
// empty.
#pragma once

#include "services/elbv2/handlers.h"

namespace services::elbv2 {

shape::LoadBalancer show_load_balancer(const Context& context, const model::LoadBalancer& balancer);
std::vector<shape::AvailabilityZone> show_zones(const Context& context, const model::LoadBalancer& balancer);
shape::Listener show_listener(const model::Listener& listener);
shape::Rule show_rule(const model::ListenerRule& rule);
/// The listener's default actions as the rule that DescribeRules lists last.
shape::Rule show_default_rule(const model::Listener& listener);
/// `balancers`: those that forward to the group.
shape::TargetGroup show_target_group(const model::TargetGroup& group, const std::set<std::string>& balancers);

}  // namespace services::elbv2
