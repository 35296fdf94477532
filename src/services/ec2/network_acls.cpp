// Network ACLs: each VPC's default one, which lets everything pass. Others are not served, so it is read off the VPC.
#include <fmt/format.h>

#include <algorithm>

#include "services/ec2/filters.h"
#include "services/ec2/handlers.h"
#include "services/ec2/network_parts.h"

namespace services::ec2 {
namespace {

api::ec2::NetworkAclEntry acl_entry(bool egress, bool allow) {
  constexpr int kFirstRule = 100, kLastRule = 32767;
  api::ec2::NetworkAclEntry entry;
  entry.cidr_block = "0.0.0.0/0";
  entry.egress = egress;
  entry.protocol = "-1";
  entry.rule_action = allow ? "allow" : "deny";
  entry.rule_number = allow ? kFirstRule : kLastRule;
  return entry;
}

api::ec2::NetworkAcl show_network_acl(const Context& context, const model::Vpc& vpc) {
  api::ec2::NetworkAcl shown;
  shown.network_acl_id = sibling_id("acl-", vpc.id);
  shown.vpc_id = vpc.id;
  shown.is_default = true;
  shown.owner_id = context.account.id;
  shown.entries = {acl_entry(true, true), acl_entry(true, false), acl_entry(false, true), acl_entry(false, false)};
  auto& associations = shown.associations.emplace();
  for (const auto& [id, subnet] : context.state.subnets.all()) {
    if (subnet.vpc_id != vpc.id) continue;
    associations.push_back({.network_acl_association_id = sibling_id("aclassoc-", id),
                            .network_acl_id = shown.network_acl_id,
                            .subnet_id = id});
  }
  shown.tags.emplace();
  return shown;
}

std::vector<Fact> facts_of_acl(const api::ec2::NetworkAcl& acl) {
  std::vector<std::string> subnets, associations, cidrs, directions, protocols, actions, numbers;
  for (const auto& one : *acl.associations) {
    subnets.push_back(*one.subnet_id);
    associations.push_back(*one.network_acl_association_id);
  }
  for (const auto& entry : *acl.entries) {
    cidrs.push_back(*entry.cidr_block);
    directions.push_back(*entry.egress ? "true" : "false");
    protocols.push_back(*entry.protocol);
    actions.push_back(*entry.rule_action);
    numbers.push_back(std::to_string(*entry.rule_number));
  }
  std::vector<Fact> facts = {{"network-acl-id", values_of(acl.network_acl_id)},
                             {"vpc-id", values_of(acl.vpc_id)},
                             {"default", values_of(acl.is_default)},
                             {"owner-id", values_of(acl.owner_id)},
                             {"association.subnet-id", subnets},
                             {"association.association-id", associations},
                             {"association.network-acl-id", values_of(acl.network_acl_id)},
                             {"entry.cidr", cidrs},
                             {"entry.egress", directions},
                             {"entry.protocol", protocols},
                             {"entry.rule-action", actions},
                             {"entry.rule-number", numbers}};
  add_without_values(facts, {"entry.icmp.code", "entry.icmp.type", "entry.ipv6-cidr", "entry.port-range.from",
                             "entry.port-range.to"});
  return facts;
}

}  // namespace

Answer<op::DescribeNetworkAcls> describe_network_acls(Context& context, const op::DescribeNetworkAcls::Input& in) {
  TRY_VOID(check_dry_run(in.dry_run));
  constexpr int kMostAcls = 1000;
  op::DescribeNetworkAcls::Output out;
  auto& shown = out.network_acls.emplace();
  TRY(Page page,
      Page::open(in.next_token, static_cast<std::size_t>(in.max_results.value_or(kMostAcls)), kInvalidToken));
  std::vector<std::string> known;
  for (const auto& [id, vpc] : context.state.vpcs.all()) {
    auto acl = show_network_acl(context, vpc);
    known.push_back(*acl.network_acl_id);
    if (in.network_acl_ids && std::ranges::count(*in.network_acl_ids, known.back()) == 0) continue;
    TRY(const bool passed, passes(in.filters, facts_of_acl(acl), {}));
    if (passed && page.take(id)) shown.push_back(std::move(acl));
  }
  for (const std::string& id : in.network_acl_ids.value_or(std::vector<std::string>())) {
    if (std::ranges::count(known, id) == 0) {
      return fail("InvalidNetworkAclID.NotFound", fmt::format("The networkAcl ID '{}' does not exist", id));
    }
  }
  out.next_token = page.next_token();
  return out;
}

}  // namespace services::ec2
