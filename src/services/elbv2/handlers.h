// Every handler of Elastic Load Balancing, by the file that has it. Called through the table in actions.cpp only.
#pragma once

#include "api/elbv2.h"
#include "services/context.h"

namespace services::elbv2 {

namespace op = api::elbv2::op;
namespace shape = api::elbv2;

inline constexpr std::string_view kInvalidToken = "ValidationError";  ///< for a page token that we did not give

template <class Op>
using Answer = Result<typename Op::Output>;

// load_balancers.cpp
Answer<op::CreateLoadBalancer> create_load_balancer(Context& context, const op::CreateLoadBalancer::Input& in);
Answer<op::DeleteLoadBalancer> delete_load_balancer(Context& context, const op::DeleteLoadBalancer::Input& in);
Answer<op::DescribeLoadBalancers> describe_load_balancers(Context& context, const op::DescribeLoadBalancers::Input& in);
Answer<op::SetSubnets> set_subnets(Context& context, const op::SetSubnets::Input& in);
Answer<op::SetSecurityGroups> set_security_groups(Context& context, const op::SetSecurityGroups::Input& in);
Answer<op::SetIpAddressType> set_ip_address_type(Context& context, const op::SetIpAddressType::Input& in);

// listeners.cpp
Answer<op::CreateListener> create_listener(Context& context, const op::CreateListener::Input& in);
Answer<op::ModifyListener> modify_listener(Context& context, const op::ModifyListener::Input& in);
Answer<op::DeleteListener> delete_listener(Context& context, const op::DeleteListener::Input& in);
Answer<op::DescribeListeners> describe_listeners(Context& context, const op::DescribeListeners::Input& in);

// tls.cpp
Answer<op::AddListenerCertificates> add_listener_certificates(Context& context,
                                                              const op::AddListenerCertificates::Input& in);
Answer<op::RemoveListenerCertificates> remove_listener_certificates(Context& context,
                                                                    const op::RemoveListenerCertificates::Input& in);
Answer<op::DescribeListenerCertificates> describe_listener_certificates(
    Context& context, const op::DescribeListenerCertificates::Input& in);

// rules.cpp
Answer<op::CreateRule> create_rule(Context& context, const op::CreateRule::Input& in);
Answer<op::ModifyRule> modify_rule(Context& context, const op::ModifyRule::Input& in);
Answer<op::DeleteRule> delete_rule(Context& context, const op::DeleteRule::Input& in);
Answer<op::DescribeRules> describe_rules(Context& context, const op::DescribeRules::Input& in);
Answer<op::SetRulePriorities> set_rule_priorities(Context& context, const op::SetRulePriorities::Input& in);

// target_groups.cpp
Answer<op::CreateTargetGroup> create_target_group(Context& context, const op::CreateTargetGroup::Input& in);
Answer<op::ModifyTargetGroup> modify_target_group(Context& context, const op::ModifyTargetGroup::Input& in);
Answer<op::DeleteTargetGroup> delete_target_group(Context& context, const op::DeleteTargetGroup::Input& in);
Answer<op::DescribeTargetGroups> describe_target_groups(Context& context, const op::DescribeTargetGroups::Input& in);

// targets.cpp
Answer<op::RegisterTargets> register_targets(Context& context, const op::RegisterTargets::Input& in);
Answer<op::DeregisterTargets> deregister_targets(Context& context, const op::DeregisterTargets::Input& in);
Answer<op::DescribeTargetHealth> describe_target_health(Context& context, const op::DescribeTargetHealth::Input& in);

// attributes.cpp
Answer<op::DescribeLoadBalancerAttributes> describe_load_balancer_attributes(
    Context& context, const op::DescribeLoadBalancerAttributes::Input& in);
Answer<op::ModifyLoadBalancerAttributes> modify_load_balancer_attributes(
    Context& context, const op::ModifyLoadBalancerAttributes::Input& in);
Answer<op::DescribeListenerAttributes> describe_listener_attributes(Context& context,
                                                                    const op::DescribeListenerAttributes::Input& in);
Answer<op::ModifyListenerAttributes> modify_listener_attributes(Context& context,
                                                                const op::ModifyListenerAttributes::Input& in);
Answer<op::DescribeTargetGroupAttributes> describe_target_group_attributes(
    Context& context, const op::DescribeTargetGroupAttributes::Input& in);
Answer<op::ModifyTargetGroupAttributes> modify_target_group_attributes(
    Context& context, const op::ModifyTargetGroupAttributes::Input& in);

// tags.cpp
Answer<op::AddTags> add_tags(Context& context, const op::AddTags::Input& in);
Answer<op::RemoveTags> remove_tags(Context& context, const op::RemoveTags::Input& in);
Answer<op::DescribeTags> describe_tags(Context& context, const op::DescribeTags::Input& in);

// limits.cpp
Answer<op::DescribeAccountLimits> describe_account_limits(Context& context, const op::DescribeAccountLimits::Input& in);
Answer<op::DescribeCapacityReservation> describe_capacity_reservation(Context& context,
                                                                      const op::DescribeCapacityReservation::Input& in);

}  // namespace services::elbv2
