// Every handler of EC2, by the file that has it. Called through the table in actions.cpp only.
#pragma once

#include "api/ec2.h"
#include "services/context.h"

namespace services::ec2 {

namespace op = api::ec2::op;

template <class Op>
using Answer = Result<typename Op::Output>;

/// DryRunOperation is AWS's answer to a dry run that would have succeeded; permissions do not exist here.
inline Result<void> check_dry_run(const std::optional<bool>& dry_run) {
  if (!dry_run.value_or(false)) return {};
  return fail("DryRunOperation", "Request would have succeeded, but DryRun flag is set.");
}

/// A client token that came before with other parameters.
inline tl::unexpected<Error> mismatch_of_token() {
  return fail("IdempotentParameterMismatch",
              "Arguments on this idempotent request are inconsistent with arguments used in previous request(s).");
}

/// Kept for no single instance, so neither launch nor change may ask for it.
inline tl::unexpected<Error> refuse_protection() {
  return fail("UnsupportedOperation", "This engine does not serve termination and stop protection of single instances.");
}

// vpcs.cpp
Answer<op::CreateVpc> create_vpc(Context& context, const op::CreateVpc::Input& in);
Answer<op::CreateDefaultVpc> create_default_vpc(Context& context, const op::CreateDefaultVpc::Input& in);
Answer<op::DeleteVpc> delete_vpc(Context& context, const op::DeleteVpc::Input& in);
Answer<op::ModifyVpcAttribute> modify_vpc_attribute(Context& context, const op::ModifyVpcAttribute::Input& in);
Answer<op::DescribeVpcs> describe_vpcs(Context& context, const op::DescribeVpcs::Input& in);
Answer<op::DescribeVpcAttribute> describe_vpc_attribute(Context& context, const op::DescribeVpcAttribute::Input& in);

// subnets.cpp
Answer<op::CreateSubnet> create_subnet(Context& context, const op::CreateSubnet::Input& in);
Answer<op::CreateDefaultSubnet> create_default_subnet(Context& context, const op::CreateDefaultSubnet::Input& in);
Answer<op::DeleteSubnet> delete_subnet(Context& context, const op::DeleteSubnet::Input& in);
Answer<op::ModifySubnetAttribute> modify_subnet_attribute(Context& context, const op::ModifySubnetAttribute::Input& in);
Answer<op::DescribeSubnets> describe_subnets(Context& context, const op::DescribeSubnets::Input& in);

// route_tables.cpp
Answer<op::CreateRouteTable> create_route_table(Context& context, const op::CreateRouteTable::Input& in);
Answer<op::DescribeRouteTables> describe_route_tables(Context& context, const op::DescribeRouteTables::Input& in);
Answer<op::DeleteRouteTable> delete_route_table(Context& context, const op::DeleteRouteTable::Input& in);
Answer<op::AssociateRouteTable> associate_route_table(Context& context, const op::AssociateRouteTable::Input& in);
Answer<op::DisassociateRouteTable> disassociate_route_table(Context& context,
                                                            const op::DisassociateRouteTable::Input& in);
Answer<op::ReplaceRouteTableAssociation> replace_route_table_association(
    Context& context, const op::ReplaceRouteTableAssociation::Input& in);

// routes.cpp
Answer<op::CreateRoute> create_route(Context& context, const op::CreateRoute::Input& in);
Answer<op::ReplaceRoute> replace_route(Context& context, const op::ReplaceRoute::Input& in);
Answer<op::DeleteRoute> delete_route(Context& context, const op::DeleteRoute::Input& in);

// internet_gateways.cpp
Answer<op::CreateInternetGateway> create_internet_gateway(Context& context, const op::CreateInternetGateway::Input& in);
Answer<op::DescribeInternetGateways> describe_internet_gateways(Context& context,
                                                                const op::DescribeInternetGateways::Input& in);
Answer<op::AttachInternetGateway> attach_internet_gateway(Context& context, const op::AttachInternetGateway::Input& in);
Answer<op::DetachInternetGateway> detach_internet_gateway(Context& context, const op::DetachInternetGateway::Input& in);
Answer<op::DeleteInternetGateway> delete_internet_gateway(Context& context, const op::DeleteInternetGateway::Input& in);

// nat_gateways.cpp
Answer<op::CreateNatGateway> create_nat_gateway(Context& context, const op::CreateNatGateway::Input& in);
Answer<op::DescribeNatGateways> describe_nat_gateways(Context& context, const op::DescribeNatGateways::Input& in);
Answer<op::DeleteNatGateway> delete_nat_gateway(Context& context, const op::DeleteNatGateway::Input& in);

// addresses.cpp
Answer<op::AllocateAddress> allocate_address(Context& context, const op::AllocateAddress::Input& in);
Answer<op::DescribeAddresses> describe_addresses(Context& context, const op::DescribeAddresses::Input& in);
Answer<op::DescribeAddressesAttribute> describe_addresses_attribute(Context& context,
                                                                    const op::DescribeAddressesAttribute::Input& in);
Answer<op::AssociateAddress> associate_address(Context& context, const op::AssociateAddress::Input& in);
Answer<op::DisassociateAddress> disassociate_address(Context& context, const op::DisassociateAddress::Input& in);
Answer<op::ReleaseAddress> release_address(Context& context, const op::ReleaseAddress::Input& in);

// network_interfaces.cpp
Answer<op::DescribeNetworkInterfaces> describe_network_interfaces(Context& context,
                                                                  const op::DescribeNetworkInterfaces::Input& in);

// network_acls.cpp
Answer<op::DescribeNetworkAcls> describe_network_acls(Context& context, const op::DescribeNetworkAcls::Input& in);

// rule_changes.cpp
Answer<op::ModifySecurityGroupRules> modify_security_group_rules(Context& context,
                                                                 const op::ModifySecurityGroupRules::Input& in);
Answer<op::UpdateSecurityGroupRuleDescriptionsIngress> update_security_group_rule_descriptions_ingress(
    Context& context, const op::UpdateSecurityGroupRuleDescriptionsIngress::Input& in);
Answer<op::UpdateSecurityGroupRuleDescriptionsEgress> update_security_group_rule_descriptions_egress(
    Context& context, const op::UpdateSecurityGroupRuleDescriptionsEgress::Input& in);

// region.cpp
Answer<op::DescribeAvailabilityZones> describe_availability_zones(Context& context,
                                                                  const op::DescribeAvailabilityZones::Input& in);
Answer<op::DescribeRegions> describe_regions(Context& context, const op::DescribeRegions::Input& in);
Answer<op::DescribeAccountAttributes> describe_account_attributes(Context& context,
                                                                  const op::DescribeAccountAttributes::Input& in);

// security_groups.cpp
Answer<op::CreateSecurityGroup> create_security_group(Context& context, const op::CreateSecurityGroup::Input& in);
Answer<op::DeleteSecurityGroup> delete_security_group(Context& context, const op::DeleteSecurityGroup::Input& in);
Answer<op::DescribeSecurityGroups> describe_security_groups(Context& context,
                                                            const op::DescribeSecurityGroups::Input& in);

// security_group_rules.cpp
Answer<op::AuthorizeSecurityGroupIngress> authorize_security_group_ingress(
    Context& context, const op::AuthorizeSecurityGroupIngress::Input& in);
Answer<op::AuthorizeSecurityGroupEgress> authorize_security_group_egress(
    Context& context, const op::AuthorizeSecurityGroupEgress::Input& in);
Answer<op::RevokeSecurityGroupIngress> revoke_security_group_ingress(Context& context,
                                                                     const op::RevokeSecurityGroupIngress::Input& in);
Answer<op::RevokeSecurityGroupEgress> revoke_security_group_egress(Context& context,
                                                                   const op::RevokeSecurityGroupEgress::Input& in);
Answer<op::DescribeSecurityGroupRules> describe_security_group_rules(Context& context,
                                                                     const op::DescribeSecurityGroupRules::Input& in);

// launch_templates.cpp
Answer<op::CreateLaunchTemplate> create_launch_template(Context& context, const op::CreateLaunchTemplate::Input& in);
Answer<op::CreateLaunchTemplateVersion> create_launch_template_version(
    Context& context, const op::CreateLaunchTemplateVersion::Input& in);
Answer<op::ModifyLaunchTemplate> modify_launch_template(Context& context, const op::ModifyLaunchTemplate::Input& in);
Answer<op::DeleteLaunchTemplate> delete_launch_template(Context& context, const op::DeleteLaunchTemplate::Input& in);
Answer<op::DescribeLaunchTemplates> describe_launch_templates(Context& context,
                                                              const op::DescribeLaunchTemplates::Input& in);
Answer<op::DescribeLaunchTemplateVersions> describe_launch_template_versions(
    Context& context, const op::DescribeLaunchTemplateVersions::Input& in);

// instances.cpp
Answer<op::RunInstances> run_instances(Context& context, const op::RunInstances::Input& in);
Answer<op::TerminateInstances> terminate_instances(Context& context, const op::TerminateInstances::Input& in);
Answer<op::DescribeInstances> describe_instances(Context& context, const op::DescribeInstances::Input& in);

// instance_attributes.cpp
Answer<op::DescribeInstanceAttribute> describe_instance_attribute(Context& context,
                                                                  const op::DescribeInstanceAttribute::Input& in);
Answer<op::ModifyInstanceAttribute> modify_instance_attribute(Context& context,
                                                              const op::ModifyInstanceAttribute::Input& in);
Answer<op::DescribeInstanceCreditSpecifications> describe_instance_credit_specifications(
    Context& context, const op::DescribeInstanceCreditSpecifications::Input& in);

// catalogue.cpp
Answer<op::DescribeInstanceTypes> describe_instance_types(Context& context, const op::DescribeInstanceTypes::Input& in);
Answer<op::DescribeInstanceTypeOfferings> describe_instance_type_offerings(
    Context& context, const op::DescribeInstanceTypeOfferings::Input& in);
Answer<op::DescribeImages> describe_images(Context& context, const op::DescribeImages::Input& in);

// tags.cpp
Answer<op::CreateTags> create_tags(Context& context, const op::CreateTags::Input& in);
Answer<op::DeleteTags> delete_tags(Context& context, const op::DeleteTags::Input& in);
Answer<op::DescribeTags> describe_tags(Context& context, const op::DescribeTags::Input& in);

}  // namespace services::ec2
