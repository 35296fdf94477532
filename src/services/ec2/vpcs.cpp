#include <fmt/format.h>

#include <algorithm>

#include "services/ec2/cidr.h"
#include "services/ec2/default_network.h"
#include "services/ec2/filters.h"
#include "services/ec2/handlers.h"
#include "services/ec2/network_parts.h"
#include "services/ec2/tags.h"

namespace services::ec2 {
namespace {

std::string vpc_flag(bool value) { return value ? "true" : "false"; }

std::vector<Fact> facts_of_vpc(const Context& context, const model::Vpc& vpc) {
  std::vector<Fact> facts = {{"vpc-id", {vpc.id}},
                             {"cidr", {vpc.cidr}},
                             {"cidr-block", {vpc.cidr}},
                             {"cidr-block-association.cidr-block", {vpc.cidr}},
                             {"cidr-block-association.association-id", {sibling_id("vpc-cidr-assoc-", vpc.id)}},
                             {"cidr-block-association.state", {"associated"}},
                             {"is-default", {vpc_flag(vpc.is_default)}},
                             {"isDefault", {vpc_flag(vpc.is_default)}},
                             {"state", {"available"}},
                             {"owner-id", {context.account.id}},
                             {"dhcp-options-id", {sibling_id("dopt-", vpc.id)}}};
  add_without_values(facts, {"ipv6-cidr-block-association.association-id", "ipv6-cidr-block-association.ipv6-cidr-block",
                             "ipv6-cidr-block-association.ipv6-pool", "ipv6-cidr-block-association.state"});
  return facts;
}

api::ec2::Vpc show_vpc(const Context& context, const model::Vpc& vpc) {
  api::ec2::Vpc shown;
  shown.vpc_id = vpc.id;
  shown.cidr_block = vpc.cidr;
  shown.is_default = vpc.is_default;
  shown.owner_id = context.account.id;
  shown.state = "available";
  shown.instance_tenancy = vpc.tenancy;
  shown.dhcp_options_id = sibling_id("dopt-", vpc.id);
  auto& association = shown.cidr_block_association_set.emplace().emplace_back();
  association.association_id = sibling_id("vpc-cidr-assoc-", vpc.id);
  association.cidr_block = vpc.cidr;
  association.cidr_block_state.emplace().state = "associated";
  shown.tags = show_tags(vpc.tags);
  return shown;
}

Result<std::string> read_vpc_block(const std::string& text) {
  constexpr int kWidest = 16, kNarrowest = 28;
  const auto block = Cidr::parse(text);
  if (!block) {
    return fail("InvalidParameterValue",
                fmt::format("Value ({}) for parameter cidrBlock is invalid. This is not a valid CIDR block.", text));
  }
  if (block->bits < kWidest || block->bits > kNarrowest) {
    return fail("InvalidVpc.Range", fmt::format("The CIDR '{}' is invalid.", text));
  }
  return block->text();
}

/// Its parts go with it; what others made must go first.
bool vpc_in_use(const Context& context, const std::string& id) {
  const auto& state = context.state;
  const auto of_vpc = [&](const auto& entry) { return entry.second.vpc_id == id; };
  return std::ranges::any_of(state.subnets.all(), of_vpc) || gateway_of(context, id) ||
         std::ranges::any_of(state.security_groups.all(),
                             [&](const auto& entry) { return of_vpc(entry) && entry.second.name != "default"; }) ||
         std::ranges::any_of(state.route_tables.all(),
                             [&](const auto& entry) { return of_vpc(entry) && !entry.second.main(); });
}

}  // namespace

Answer<op::CreateVpc> create_vpc(Context& context, const op::CreateVpc::Input& in) {
  constexpr std::size_t kMostVpcs = 20;
  TRY_VOID(check_dry_run(in.dry_run));
  if (in.amazon_provided_ipv6_cidr_block.value_or(false) || in.ipv6_cidr_block || in.ipv6_ipam_pool_id || in.ipv4_ipam_pool_id) {
    return fail("UnsupportedOperation", "This engine does not serve IPv6 and address pools (IPAM).");
  }
  if (!in.cidr_block) return fail("MissingParameter", "The request must contain the parameter cidrBlock");
  model::Vpc vpc;
  TRY(vpc.cidr, read_vpc_block(*in.cidr_block));
  vpc.tenancy = in.instance_tenancy.value_or("default");
  if (vpc.tenancy != "default") return fail("UnsupportedOperation", "This engine does not serve dedicated instances.");
  if (context.state.vpcs.size() >= kMostVpcs) {
    return fail("VpcLimitExceeded", "The maximum number of VPCs has been reached.");
  }
  TRY(vpc.tags, read_tags(in.tag_specifications, "vpc"));
  vpc.id = "vpc-" + context.random.hex(17);
  op::CreateVpc::Output out;
  out.vpc = show_vpc(context, vpc);
  out.vpc->state = "pending";
  make_parts_of_vpc(context, vpc);
  context.state.vpcs.put(std::move(vpc));
  return out;
}

Answer<op::CreateDefaultVpc> create_default_vpc(Context& context, const op::CreateDefaultVpc::Input& in) {
  TRY_VOID(check_dry_run(in.dry_run));
  for (const auto& [id, vpc] : context.state.vpcs.all()) {
    if (vpc.is_default) {
      return fail("DefaultVpcAlreadyExists", "A Default VPC already exists for this account in this region.");
    }
  }
  op::CreateDefaultVpc::Output out;
  out.vpc = show_vpc(context, make_default_vpc(context));
  return out;
}

Answer<op::DeleteVpc> delete_vpc(Context& context, const op::DeleteVpc::Input& in) {
  TRY_VOID(check_dry_run(in.dry_run));
  TRY_VOID(find_vpc(context, *in.vpc_id));
  if (vpc_in_use(context, *in.vpc_id)) {
    return fail("DependencyViolation", fmt::format("The vpc '{}' has dependencies and cannot be deleted.", *in.vpc_id));
  }
  erase_parts_of_vpc(context, *in.vpc_id);
  context.state.vpcs.erase(*in.vpc_id);
  return {};
}

Answer<op::ModifyVpcAttribute> modify_vpc_attribute(Context& context, const op::ModifyVpcAttribute::Input& in) {
  TRY_VOID(find_vpc(context, *in.vpc_id));
  const int given = int{in.enable_dns_support.has_value()} + int{in.enable_dns_hostnames.has_value()} +
                    int{in.enable_network_address_usage_metrics.has_value()};
  if (given != 1) {
    return fail("InvalidParameterCombination", "Fields for exactly one attribute type must be specified.");
  }
  context.state.vpcs.update(*in.vpc_id, [&](model::Vpc& vpc) {
    if (in.enable_dns_support) vpc.dns_support = in.enable_dns_support->value.value_or(false);
    if (in.enable_dns_hostnames) vpc.dns_hostnames = in.enable_dns_hostnames->value.value_or(false);
    if (in.enable_network_address_usage_metrics) {
      vpc.address_usage_metrics = in.enable_network_address_usage_metrics->value.value_or(false);
    }
  });
  return {};
}

Answer<op::DescribeVpcs> describe_vpcs(Context& context, const op::DescribeVpcs::Input& in) {
  TRY_VOID(check_dry_run(in.dry_run));
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
  TRY_VOID(check_dry_run(in.dry_run));
  TRY(const model::Vpc* vpc, find_vpc(context, *in.vpc_id));
  op::DescribeVpcAttribute::Output out;
  out.vpc_id = vpc->id;
  if (in.attribute == "enableDnsSupport") {
    out.enable_dns_support.emplace().value = vpc->dns_support;
  } else if (in.attribute == "enableDnsHostnames") {
    out.enable_dns_hostnames.emplace().value = vpc->dns_hostnames.value_or(vpc->is_default);
  } else if (in.attribute == "enableNetworkAddressUsageMetrics") {
    out.enable_network_address_usage_metrics.emplace().value = vpc->address_usage_metrics;
  } else {
    return fail("InvalidParameterValue",
                fmt::format("Value ({}) for parameter attribute is invalid. Unknown attribute.", in.attribute.value_or("")));
  }
  return out;
}

}  // namespace services::ec2
