#include "services/ec2/actions.h"

#include "services/ec2/handlers.h"

namespace services::ec2 {

// Not here, so refused by name: VPCs of one's own, gateways, routes, addresses.
constexpr api::Route kEc2Routes[] = {
    api::route<op::AuthorizeSecurityGroupEgress, authorize_security_group_egress>(),
    api::route<op::AuthorizeSecurityGroupIngress, authorize_security_group_ingress>(),
    api::route<op::CreateLaunchTemplate, create_launch_template>(),
    api::route<op::CreateLaunchTemplateVersion, create_launch_template_version>(),
    api::route<op::CreateSecurityGroup, create_security_group>(),
    api::route<op::CreateTags, create_tags>(),
    api::route<op::DeleteLaunchTemplate, delete_launch_template>(),
    api::route<op::DeleteSecurityGroup, delete_security_group>(),
    api::route<op::DeleteTags, delete_tags>(),
    api::route<op::DescribeAccountAttributes, describe_account_attributes>(),
    api::route<op::DescribeAvailabilityZones, describe_availability_zones>(),
    api::route<op::DescribeImages, describe_images>(),
    api::route<op::DescribeInstanceTypes, describe_instance_types>(),
    api::route<op::DescribeInstances, describe_instances>(),
    api::route<op::DescribeLaunchTemplateVersions, describe_launch_template_versions>(),
    api::route<op::DescribeLaunchTemplates, describe_launch_templates>(),
    api::route<op::DescribeRegions, describe_regions>(),
    api::route<op::DescribeSecurityGroupRules, describe_security_group_rules>(),
    api::route<op::DescribeSecurityGroups, describe_security_groups>(),
    api::route<op::DescribeSubnets, describe_subnets>(),
    api::route<op::DescribeTags, describe_tags>(),
    api::route<op::DescribeVpcAttribute, describe_vpc_attribute>(),
    api::route<op::DescribeVpcs, describe_vpcs>(),
    api::route<op::ModifyLaunchTemplate, modify_launch_template>(),
    api::route<op::RevokeSecurityGroupEgress, revoke_security_group_egress>(),
    api::route<op::RevokeSecurityGroupIngress, revoke_security_group_ingress>(),
    api::route<op::RunInstances, run_instances>(),
    api::route<op::TerminateInstances, terminate_instances>(),
};

std::span<const api::Route> routes() { return kEc2Routes; }

}  // namespace services::ec2
