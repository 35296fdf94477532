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

// network.cpp
Answer<op::DescribeVpcs> describe_vpcs(Context& context, const op::DescribeVpcs::Input& in);
Answer<op::DescribeVpcAttribute> describe_vpc_attribute(Context& context, const op::DescribeVpcAttribute::Input& in);
Answer<op::DescribeSubnets> describe_subnets(Context& context, const op::DescribeSubnets::Input& in);

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

// catalogue.cpp
Answer<op::DescribeInstanceTypes> describe_instance_types(Context& context, const op::DescribeInstanceTypes::Input& in);
Answer<op::DescribeImages> describe_images(Context& context, const op::DescribeImages::Input& in);

// tags.cpp
Answer<op::CreateTags> create_tags(Context& context, const op::CreateTags::Input& in);
Answer<op::DeleteTags> delete_tags(Context& context, const op::DeleteTags::Input& in);
Answer<op::DescribeTags> describe_tags(Context& context, const op::DescribeTags::Input& in);

}  // namespace services::ec2
