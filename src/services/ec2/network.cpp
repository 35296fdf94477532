// The default VPC and its subnets, as they are read. Making others is not served.
#include <fmt/format.h>

#include "services/ec2/filters.h"
#include "services/ec2/handlers.h"
#include "services/ec2/region.h"
#include "services/ec2/tags.h"

namespace services::ec2 {
namespace {

std::string flag(bool value) { return value ? "true" : "false"; }

/// The same suffix: a VPC has one of each and nothing can change them.
std::string sibling_id(const char* prefix, const std::string& vpc_id) { return prefix + vpc_id.substr(vpc_id.find('-') + 1); }

std::vector<Fact> facts_of_vpc(const Context& context, const model::Vpc& vpc) {
  return {{"vpc-id", {vpc.id}},
          {"cidr", {vpc.cidr}},
          {"cidr-block", {vpc.cidr}},
          {"cidr-block-association.cidr-block", {vpc.cidr}},
          {"is-default", {flag(vpc.is_default)}},
          {"isDefault", {flag(vpc.is_default)}},
          {"state", {"available"}},
          {"owner-id", {context.account.id}},
          {"dhcp-options-id", {sibling_id("dopt-", vpc.id)}}};
}

api::ec2::Vpc show_vpc(const Context& context, const model::Vpc& vpc) {
  api::ec2::Vpc shown;
  shown.vpc_id = vpc.id;
  shown.cidr_block = vpc.cidr;
  shown.is_default = vpc.is_default;
  shown.owner_id = context.account.id;
  shown.state = "available";
  shown.instance_tenancy = "default";
  shown.dhcp_options_id = sibling_id("dopt-", vpc.id);
  auto& association = shown.cidr_block_association_set.emplace().emplace_back();
  association.association_id = sibling_id("vpc-cidr-assoc-", vpc.id);
  association.cidr_block = vpc.cidr;
  association.cidr_block_state.emplace().state = "associated";
  shown.tags = show_tags(vpc.tags);
  return shown;
}

std::vector<Fact> facts_of_subnet(const Context& context, const model::Subnet& subnet) {
  return {{"subnet-id", {subnet.id}},
          {"vpc-id", {subnet.vpc_id}},
          {"cidr", {subnet.cidr}},
          {"cidr-block", {subnet.cidr}},
          {"cidrBlock", {subnet.cidr}},
          {"availability-zone", {subnet.availability_zone}},
          {"availabilityZone", {subnet.availability_zone}},
          {"availability-zone-id", {zone_id(subnet.availability_zone)}},
          {"default-for-az", {flag(subnet.default_for_az)}},
          {"defaultForAz", {flag(subnet.default_for_az)}},
          {"map-public-ip-on-launch", {flag(subnet.map_public_ip)}},
          {"state", {"available"}},
          {"owner-id", {context.account.id}},
          {"ipv6-native", {"false"}}};
}

int free_addresses(const Context& context, const model::Subnet& subnet) {
  constexpr int kReservedByAws = 5;
  const int bits = std::atoi(subnet.cidr.c_str() + subnet.cidr.find('/') + 1);
  int used = 0;
  for (const auto& [id, instance] : context.state.instances.all()) {
    if (instance.subnet_id == subnet.id && instance.state != "terminated") ++used;
  }
  return (1 << (32 - bits)) - kReservedByAws - used;
}

api::ec2::Subnet show_subnet(const Context& context, const model::Subnet& subnet) {
  api::ec2::Subnet shown;
  shown.subnet_id = subnet.id;
  shown.subnet_arn = make_arn(context.account, "ec2", "subnet/" + subnet.id);
  shown.vpc_id = subnet.vpc_id;
  shown.cidr_block = subnet.cidr;
  shown.availability_zone = subnet.availability_zone;
  shown.availability_zone_id = zone_id(subnet.availability_zone);
  shown.available_ip_address_count = free_addresses(context, subnet);
  shown.default_for_az = subnet.default_for_az;
  shown.map_public_ip_on_launch = subnet.map_public_ip;
  shown.map_customer_owned_ip_on_launch = false;
  shown.assign_ipv6_address_on_creation = false;
  shown.ipv6_cidr_block_association_set.emplace();
  shown.enable_dns64 = false;
  shown.ipv6_native = false;
  auto& names = shown.private_dns_name_options_on_launch.emplace();
  names.hostname_type = "ip-name";
  names.enable_resource_name_dns_a_record = false;
  names.enable_resource_name_dns_aaaa_record = false;
  shown.owner_id = context.account.id;
  shown.state = "available";
  shown.tags = show_tags(subnet.tags);
  return shown;
}

}  // namespace

Answer<op::DescribeVpcs> describe_vpcs(Context& context, const op::DescribeVpcs::Input& in) {
  op::DescribeVpcs::Output out;
  auto& shown = out.vpcs.emplace();
  TRY(out.next_token, describe(
                          context.state.vpcs,
                          {in.vpc_ids, in.filters, in.next_token, in.max_results, "InvalidVpcID.NotFound",
                           "The vpc ID '{}' does not exist"},
                          [&](const model::Vpc& vpc) { return facts_of_vpc(context, vpc); },
                          [&](const model::Vpc& vpc) { shown.push_back(show_vpc(context, vpc)); }));
  return out;
}

Answer<op::DescribeVpcAttribute> describe_vpc_attribute(Context& context, const op::DescribeVpcAttribute::Input& in) {
  const model::Vpc* vpc = context.state.vpcs.find(*in.vpc_id);
  if (!vpc) return fail("InvalidVpcID.NotFound", fmt::format("The vpc ID '{}' does not exist", *in.vpc_id));
  op::DescribeVpcAttribute::Output out;
  out.vpc_id = vpc->id;
  if (in.attribute == "enableDnsSupport") {
    out.enable_dns_support.emplace().value = true;
  } else if (in.attribute == "enableDnsHostnames") {
    out.enable_dns_hostnames.emplace().value = vpc->is_default;
  } else if (in.attribute == "enableNetworkAddressUsageMetrics") {
    out.enable_network_address_usage_metrics.emplace().value = false;
  } else {
    return fail("InvalidParameterValue",
                fmt::format("Value ({}) for parameter attribute is invalid. Unknown attribute.", in.attribute.value_or("")));
  }
  return out;
}

Answer<op::DescribeSubnets> describe_subnets(Context& context, const op::DescribeSubnets::Input& in) {
  op::DescribeSubnets::Output out;
  auto& shown = out.subnets.emplace();
  TRY(out.next_token, describe(
                          context.state.subnets,
                          {in.subnet_ids, in.filters, in.next_token, in.max_results, "InvalidSubnetID.NotFound",
                           "The subnet ID '{}' does not exist"},
                          [&](const model::Subnet& subnet) { return facts_of_subnet(context, subnet); },
                          [&](const model::Subnet& subnet) { shown.push_back(show_subnet(context, subnet)); }));
  return out;
}

}  // namespace services::ec2
