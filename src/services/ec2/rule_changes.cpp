// Changes to single rules of security groups, by the rule's id or by what it says.
#include <fmt/format.h>

#include <algorithm>

#include "services/ec2/handlers.h"
#include "services/ec2/lookup.h"
#include "services/ec2/permissions.h"

namespace services::ec2 {
namespace {

/// A rule's new content, as the permission that would make it.
api::ec2::IpPermission permission_of(const api::ec2::SecurityGroupRuleRequest& wanted) {
  api::ec2::IpPermission permission;
  permission.ip_protocol = wanted.ip_protocol;
  permission.from_port = wanted.from_port;
  permission.to_port = wanted.to_port;
  if (wanted.cidr_ipv4) {
    permission.ip_ranges.emplace().push_back({.description = wanted.description, .cidr_ip = wanted.cidr_ipv4});
  }
  if (wanted.cidr_ipv6) {
    permission.ipv6_ranges.emplace().push_back({.description = wanted.description, .cidr_ipv6 = wanted.cidr_ipv6});
  }
  if (wanted.prefix_list_id) {
    permission.prefix_list_ids.emplace().push_back({.description = wanted.description, .prefix_list_id = wanted.prefix_list_id});
  }
  if (wanted.referenced_group_id) {
    auto& pair = permission.user_id_group_pairs.emplace().emplace_back();
    pair.group_id = wanted.referenced_group_id;
    pair.description = wanted.description;
  }
  return permission;
}

tl::unexpected<Error> no_rule(const std::string& id) {
  return fail("InvalidSecurityGroupRuleId.NotFound", fmt::format("The security group rule ID '{}' does not exist", id));
}

template <class Output, class Input>
Result<Output> describe_rules_anew(Context& context, const Input& in, bool egress) {
  TRY_VOID(check_dry_run(in.dry_run));
  TRY(const model::SecurityGroup* group, find_security_group(context, in.group_id, in.group_name));
  Rules rules = rules_of(*group);
  for (const auto& one : in.security_group_rule_descriptions.value_or(std::vector<api::ec2::SecurityGroupRuleDescription>())) {
    const std::string id = one.security_group_rule_id.value_or("");
    const auto rule = std::ranges::find_if(rules, [&](const auto& present) { return present.security_group_rule_id == id; });
    if (rule == rules.end()) return no_rule(id);
    rule->description = one.description;
  }
  if (in.ip_permissions) {
    TRY(const Rules named, make_rules(context, *group, egress, *in.ip_permissions));
    for (const auto& wanted : named) {
      const auto rule = std::ranges::find_if(rules, [&](const auto& present) { return same_rule(present, wanted); });
      if (rule == rules.end()) {
        return fail("InvalidPermission.NotFound", "The specified rule does not exist in this security group.");
      }
      rule->description = wanted.description;
    }
  }
  context.state.security_groups.update(std::string(group->id), [&](model::SecurityGroup& record) { keep_rules(record, rules); });
  Output out;
  out.return_ = true;
  return out;
}

}  // namespace

Answer<op::ModifySecurityGroupRules> modify_security_group_rules(Context& context,
                                                                 const op::ModifySecurityGroupRules::Input& in) {
  TRY_VOID(check_dry_run(in.dry_run));
  TRY(const model::SecurityGroup* group, find_security_group(context, in.group_id, std::nullopt));
  Rules rules = rules_of(*group);
  for (const auto& update : *in.security_group_rules) {
    const std::string id = update.security_group_rule_id.value_or("");
    const auto rule = std::ranges::find_if(rules, [&](const auto& one) { return one.security_group_rule_id == id; });
    if (rule == rules.end()) return no_rule(id);
    if (!update.security_group_rule) continue;
    const bool egress = rule->is_egress.value_or(false);
    TRY(Rules made, make_rules(context, *group, egress, {permission_of(*update.security_group_rule)}));
    auto& wanted = made.front();
    for (const auto& other : rules) {
      if (other.security_group_rule_id != id && same_rule(other, wanted)) {
        return fail("InvalidPermission.Duplicate", fmt::format("the specified rule \"{}\" already exists", rule_text(wanted)));
      }
    }
    wanted.security_group_rule_id = rule->security_group_rule_id;
    wanted.security_group_rule_arn = rule->security_group_rule_arn;
    wanted.tags = rule->tags;
    *rule = std::move(wanted);
  }
  context.state.security_groups.update(std::string(group->id), [&](model::SecurityGroup& record) { keep_rules(record, rules); });
  op::ModifySecurityGroupRules::Output out;
  out.return_ = true;
  return out;
}

Answer<op::UpdateSecurityGroupRuleDescriptionsIngress> update_security_group_rule_descriptions_ingress(
    Context& context, const op::UpdateSecurityGroupRuleDescriptionsIngress::Input& in) {
  return describe_rules_anew<op::UpdateSecurityGroupRuleDescriptionsIngress::Output>(context, in, false);
}

Answer<op::UpdateSecurityGroupRuleDescriptionsEgress> update_security_group_rule_descriptions_egress(
    Context& context, const op::UpdateSecurityGroupRuleDescriptionsEgress::Input& in) {
  return describe_rules_anew<op::UpdateSecurityGroupRuleDescriptionsEgress::Output>(context, in, true);
}

}  // namespace services::ec2
