#include <fmt/format.h>

#include <algorithm>

#include "services/ec2/filters.h"
#include "services/ec2/handlers.h"
#include "services/ec2/lookup.h"
#include "services/ec2/permissions.h"
#include "services/ec2/tags.h"

namespace services::ec2 {
namespace {

/// Permissions as a list, also from the members that older clients fill instead.
template <class Input>
std::vector<api::ec2::IpPermission> permissions_of(const Input& in) {
  if (in.ip_permissions) return *in.ip_permissions;
  if (!in.ip_protocol && !in.cidr_ip) return {};
  api::ec2::IpPermission one;
  one.ip_protocol = in.ip_protocol;
  one.from_port = in.from_port;
  one.to_port = in.to_port;
  if (in.cidr_ip) one.ip_ranges.emplace().push_back({.cidr_ip = in.cidr_ip});
  return {one};
}

template <class Output, class Input>
Result<Output> authorize(Context& context, const Input& in, const model::SecurityGroup& group, bool egress) {
  TRY_VOID(check_dry_run(in.dry_run));
  TRY(Rules added, make_rules(context, group, egress, permissions_of(in)));
  TRY(const model::Tags tags, read_tags(in.tag_specifications, "security-group-rule"));
  Rules rules = rules_of(group);
  Output out;
  for (auto& rule : added) {
    if (std::ranges::any_of(rules, [&](const auto& present) { return same_rule(present, rule); })) {
      return fail("InvalidPermission.Duplicate", fmt::format("the specified rule \"{}\" already exists", rule_text(rule)));
    }
    name_rule(context, rule);
    rule.tags = show_tags(tags);
    rules.push_back(rule);
  }
  out.return_ = true;
  out.security_group_rules = std::move(added);
  context.state.security_groups.update(group.id, [&](model::SecurityGroup& record) { keep_rules(record, std::move(rules)); });
  return out;
}

template <class Output, class Input>
Result<Output> revoke(Context& context, const Input& in, const model::SecurityGroup& group, bool egress) {
  TRY_VOID(check_dry_run(in.dry_run));
  Rules rules = rules_of(group);
  Output out;
  auto& gone = out.revoked_security_group_rules.emplace();
  const auto drop = [&](Rules::iterator rule) {
    auto& shown = gone.emplace_back();
    shown.security_group_rule_id = rule->security_group_rule_id;
    shown.group_id = rule->group_id;
    shown.is_egress = rule->is_egress;
    shown.ip_protocol = rule->ip_protocol;
    shown.from_port = rule->from_port;
    shown.to_port = rule->to_port;
    shown.cidr_ipv4 = rule->cidr_ipv4;
    shown.cidr_ipv6 = rule->cidr_ipv6;
    shown.prefix_list_id = rule->prefix_list_id;
    if (rule->referenced_group_info) shown.referenced_group_id = rule->referenced_group_info->group_id;
    shown.description = rule->description;
    rules.erase(rule);
  };
  for (const std::string& id : in.security_group_rule_ids.value_or(std::vector<std::string>())) {
    const auto rule = std::ranges::find_if(
        rules, [&](const auto& one) { return one.security_group_rule_id == id && one.is_egress == egress; });
    if (rule == rules.end()) {
      return fail("InvalidSecurityGroupRuleId.NotFound", fmt::format("The security group rule ID '{}' does not exist", id));
    }
    drop(rule);
  }
  if (!in.security_group_rule_ids || in.security_group_rule_ids->empty()) {
    TRY(const Rules named, make_rules(context, group, egress, permissions_of(in)));
    for (const auto& wanted : named) {
      const auto rule = std::ranges::find_if(rules, [&](const auto& one) { return same_rule(one, wanted); });
      if (rule == rules.end()) {
        return fail("InvalidPermission.NotFound", "The specified rule does not exist in this security group.");
      }
      drop(rule);
    }
  }
  out.return_ = true;
  context.state.security_groups.update(group.id, [&](model::SecurityGroup& record) { keep_rules(record, std::move(rules)); });
  return out;
}

}  // namespace

Answer<op::AuthorizeSecurityGroupIngress> authorize_security_group_ingress(
    Context& context, const op::AuthorizeSecurityGroupIngress::Input& in) {
  TRY(const model::SecurityGroup* group, find_security_group(context, in.group_id, in.group_name));
  return authorize<op::AuthorizeSecurityGroupIngress::Output>(context, in, *group, false);
}

Answer<op::AuthorizeSecurityGroupEgress> authorize_security_group_egress(
    Context& context, const op::AuthorizeSecurityGroupEgress::Input& in) {
  TRY(const model::SecurityGroup* group, find_security_group(context, in.group_id, std::nullopt));
  return authorize<op::AuthorizeSecurityGroupEgress::Output>(context, in, *group, true);
}

Answer<op::RevokeSecurityGroupIngress> revoke_security_group_ingress(Context& context,
                                                                     const op::RevokeSecurityGroupIngress::Input& in) {
  TRY(const model::SecurityGroup* group, find_security_group(context, in.group_id, in.group_name));
  return revoke<op::RevokeSecurityGroupIngress::Output>(context, in, *group, false);
}

Answer<op::RevokeSecurityGroupEgress> revoke_security_group_egress(Context& context,
                                                                   const op::RevokeSecurityGroupEgress::Input& in) {
  TRY(const model::SecurityGroup* group, find_security_group(context, in.group_id, std::nullopt));
  return revoke<op::RevokeSecurityGroupEgress::Output>(context, in, *group, true);
}

Answer<op::DescribeSecurityGroupRules> describe_security_group_rules(Context& context,
                                                                     const op::DescribeSecurityGroupRules::Input& in) {
  TRY_VOID(check_dry_run(in.dry_run));
  constexpr int kMostRules = 1000;
  std::map<std::string, api::ec2::SecurityGroupRule> rules;
  for (const auto& [id, group] : context.state.security_groups.all()) {
    for (auto& rule : rules_of(group)) {
      std::string key = *rule.security_group_rule_id;
      rules.emplace(std::move(key), std::move(rule));
    }
  }
  std::set<std::string> named;
  for (const std::string& id : in.security_group_rule_ids.value_or(std::vector<std::string>())) {
    if (!rules.contains(id)) {
      return fail("InvalidSecurityGroupRuleId.NotFound", fmt::format("The security group rule ID '{}' does not exist", id));
    }
    named.insert(id);
  }
  op::DescribeSecurityGroupRules::Output out;
  auto& shown = out.security_group_rules.emplace();
  TRY(Page page,
      Page::open(in.next_token, static_cast<std::size_t>(in.max_results.value_or(kMostRules)), kInvalidToken));
  for (auto& [id, rule] : rules) {
    if (!named.empty() && !named.contains(id)) continue;
    model::Tags tags;
    for (const auto& tag : rule.tags.value_or(std::vector<api::ec2::Tag>())) {
      tags.push_back({tag.key.value_or(""), tag.value.value_or("")});
    }
    TRY(const bool passed,
        passes(in.filters, {{"group-id", {*rule.group_id}}, {"security-group-rule-id", {id}}}, tags));
    if (passed && page.take(id)) shown.push_back(std::move(rule));
  }
  out.next_token = page.next_token();
  return out;
}

}  // namespace services::ec2
