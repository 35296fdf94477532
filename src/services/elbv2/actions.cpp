#include "services/elbv2/actions.h"

#include "services/elbv2/handlers.h"

namespace services::elbv2 {

// Not here, so refused by name: DescribeSSLPolicies (ciphers are OpenSSL's here; a policy bounds the versions only).
constexpr api::Route kElbv2Routes[] = {
    api::route<op::AddListenerCertificates, add_listener_certificates>(),
    api::route<op::AddTags, add_tags>(),
    api::route<op::CreateListener, create_listener>(),
    api::route<op::CreateLoadBalancer, create_load_balancer>(),
    api::route<op::CreateRule, create_rule>(),
    api::route<op::CreateTargetGroup, create_target_group>(),
    api::route<op::DeleteListener, delete_listener>(),
    api::route<op::DeleteLoadBalancer, delete_load_balancer>(),
    api::route<op::DeleteRule, delete_rule>(),
    api::route<op::DeleteTargetGroup, delete_target_group>(),
    api::route<op::DeregisterTargets, deregister_targets>(),
    api::route<op::DescribeAccountLimits, describe_account_limits>(),
    api::route<op::DescribeCapacityReservation, describe_capacity_reservation>(),
    api::route<op::DescribeListenerAttributes, describe_listener_attributes>(),
    api::route<op::DescribeListenerCertificates, describe_listener_certificates>(),
    api::route<op::DescribeListeners, describe_listeners>(),
    api::route<op::DescribeLoadBalancerAttributes, describe_load_balancer_attributes>(),
    api::route<op::DescribeLoadBalancers, describe_load_balancers>(),
    api::route<op::DescribeRules, describe_rules>(),
    api::route<op::DescribeTags, describe_tags>(),
    api::route<op::DescribeTargetGroupAttributes, describe_target_group_attributes>(),
    api::route<op::DescribeTargetGroups, describe_target_groups>(),
    api::route<op::DescribeTargetHealth, describe_target_health>(),
    api::route<op::ModifyListener, modify_listener>(),
    api::route<op::ModifyListenerAttributes, modify_listener_attributes>(),
    api::route<op::ModifyLoadBalancerAttributes, modify_load_balancer_attributes>(),
    api::route<op::ModifyRule, modify_rule>(),
    api::route<op::ModifyTargetGroup, modify_target_group>(),
    api::route<op::ModifyTargetGroupAttributes, modify_target_group_attributes>(),
    api::route<op::RegisterTargets, register_targets>(),
    api::route<op::RemoveListenerCertificates, remove_listener_certificates>(),
    api::route<op::RemoveTags, remove_tags>(),
    api::route<op::SetIpAddressType, set_ip_address_type>(),
    api::route<op::SetRulePriorities, set_rule_priorities>(),
    api::route<op::SetSecurityGroups, set_security_groups>(),
    api::route<op::SetSubnets, set_subnets>(),
};

std::span<const api::Route> routes() { return kElbv2Routes; }

}  // namespace services::elbv2
