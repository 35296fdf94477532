#include "services/ec2/permissions.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <tuple>

#include "api/document.h"
#include "services/ec2/cidr.h"
#include "services/ec2/lookup.h"

namespace services::ec2 {
namespace {

constexpr int kAllPorts = -1;

/// Names for the three protocols that have ports or types, "-1" for all, numbers for others.
std::string protocol_of(std::string given) {
  std::ranges::transform(given, given.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (given == "6") return "tcp";
  if (given == "17") return "udp";
  if (given == "1") return "icmp";
  if (given == "58") return "icmpv6";
  if (given == "all") return "-1";
  return given;
}

Result<void> check_protocol(const std::string& protocol) {
  constexpr int kMostProtocol = 255;
  for (const std::string_view name : {"tcp", "udp", "icmp", "icmpv6", "-1"}) {
    if (protocol == name) return {};
  }
  int number = -1;
  const char* const last = protocol.data() + protocol.size();
  const auto [end, error] = std::from_chars(protocol.data(), last, number);
  if (error == std::errc() && end == last && number >= 0 && number <= kMostProtocol) return {};
  return fail("InvalidParameterValue", fmt::format("Invalid value '{}' for IP protocol. Unknown protocol.", protocol));
}

tl::unexpected<Error> malformed_block(const std::string& block) {
  return fail("InvalidParameterValue", fmt::format("CIDR block {} is malformed", block));
}

/// The group's name counts where no id is given, as in DescribeSecurityGroups: in the default VPC.
Result<api::ec2::ReferencedSecurityGroup> read_peer(const Context& context, const model::SecurityGroup& group,
                                                    const api::ec2::UserIdGroupPair& pair) {
  const bool by_name = pair.group_id.value_or("").empty() && pair.group_name;
  const model::SecurityGroup* found = nullptr;
  if (by_name) {
    TRY(found, find_security_group(context, std::nullopt, pair.group_name));
  } else {
    const std::string id = pair.group_id.value_or("");
    found = context.state.security_groups.find(id);
    if (!found) return fail("InvalidGroup.NotFound", fmt::format("The security group '{}' does not exist", id));
  }
  api::ec2::ReferencedSecurityGroup referenced;
  referenced.group_id = found->id;
  referenced.user_id = context.account.id;
  if (found->vpc_id != group.vpc_id) referenced.vpc_id = found->vpc_id;
  return referenced;
}

Result<void> check_ports(const api::ec2::SecurityGroupRule& rule) {
  const bool ports = rule.ip_protocol == "tcp" || rule.ip_protocol == "udp";
  if (!ports) return {};
  const int from = *rule.from_port, to = *rule.to_port;
  if (from < 0 || to > 65535) {
    return fail("InvalidParameterValue",
                fmt::format("Invalid value '{}' for portRange. Must specify both from and to ports with TCP/UDP.",
                            from < 0 ? from : to));
  }
  if (from > to) return fail("InvalidParameterValue", fmt::format("Invalid TCP/UDP port range ({}:{})", from, to));
  return {};
}

/// A copy of the rule for each range, prefix list and group that the permission names.
Result<void> add_sources(const Context& context, const model::SecurityGroup& group,
                         const api::ec2::IpPermission& permission, const api::ec2::SecurityGroupRule& rule,
                         Rules& rules) {
  const auto add = [&](const std::optional<std::string>& description) -> api::ec2::SecurityGroupRule& {
    auto& one = rules.emplace_back(rule);
    one.description = description;
    return one;
  };
  for (const auto& range : permission.ip_ranges.value_or(std::vector<api::ec2::IpRange>())) {
    const auto block = Cidr::parse(range.cidr_ip.value_or(""));
    if (!block) return malformed_block(range.cidr_ip.value_or(""));
    TRY_VOID(check_description("rule", range.description));
    add(range.description).cidr_ipv4 = block->text();
  }
  for (const auto& range : permission.ipv6_ranges.value_or(std::vector<api::ec2::Ipv6Range>())) {
    const auto block = canonical_ipv6_block(range.cidr_ipv6.value_or(""));
    if (!block) return malformed_block(range.cidr_ipv6.value_or(""));
    TRY_VOID(check_description("rule", range.description));
    add(range.description).cidr_ipv6 = *block;
  }
  for (const auto& list : permission.prefix_list_ids.value_or(std::vector<api::ec2::PrefixListId>())) {
    return fail("InvalidPrefixListID.NotFound",
                fmt::format("The prefix list ID '{}' does not exist: this engine does not serve prefix lists.",
                            list.prefix_list_id.value_or("")));
  }
  for (const auto& pair : permission.user_id_group_pairs.value_or(std::vector<api::ec2::UserIdGroupPair>())) {
    TRY(auto referenced, read_peer(context, group, pair));
    TRY_VOID(check_description("rule", pair.description));
    add(pair.description).referenced_group_info = std::move(referenced);
  }
  return {};
}

auto identity(const api::ec2::SecurityGroupRule& rule) {
  return std::make_tuple(rule.is_egress.value_or(false), rule.ip_protocol.value_or(""), rule.from_port.value_or(-1),
                         rule.to_port.value_or(-1), rule.cidr_ipv4.value_or(""), rule.cidr_ipv6.value_or(""),
                         rule.prefix_list_id.value_or(""),
                         rule.referenced_group_info ? rule.referenced_group_info->group_id.value_or("") : "");
}

}  // namespace

Result<void> check_description(std::string_view of, const std::optional<std::string>& text) {
  constexpr std::size_t kLongest = 255;
  constexpr std::string_view kMarks = " ._-:/()#,@[]+=&;{}!$*";
  const std::string given = text.value_or("");
  const bool plain = std::ranges::all_of(given, [&](unsigned char c) {
    return std::isalnum(c) != 0 || kMarks.find(static_cast<char>(c)) != std::string_view::npos;
  });
  if (plain && given.size() <= kLongest) return {};
  return fail("InvalidParameterValue", fmt::format("Invalid {} description. Valid descriptions are strings less than 256 "
                                                   "characters from the following set:  a-zA-Z0-9. _-:/()#,@[]+=&;{{}}!$*",
                                                   of));
}

Rules rules_of(const model::SecurityGroup& group) {
  const auto kept = api::from_document<api::ec2::DescribeSecurityGroupRulesResult>(group.document);
  return kept.security_group_rules.value_or(Rules());
}

void keep_rules(model::SecurityGroup& group, Rules rules) {
  api::ec2::DescribeSecurityGroupRulesResult kept;
  group.rules.clear();
  for (const api::ec2::SecurityGroupRule& rule : rules) {
    group.rules.push_back({.egress = rule.is_egress.value_or(false),
                           .protocol = rule.ip_protocol.value_or("-1"),
                           .from_port = rule.from_port.value_or(kAllPorts),
                           .to_port = rule.to_port.value_or(kAllPorts),
                           .cidr = rule.cidr_ipv4.value_or(""),
                           .group = rule.referenced_group_info ? rule.referenced_group_info->group_id.value_or("") : ""});
  }
  kept.security_group_rules = std::move(rules);
  group.document = api::to_document(kept);
}

Result<Rules> make_rules(const Context& context, const model::SecurityGroup& group, bool egress,
                         const std::vector<api::ec2::IpPermission>& permissions) {
  Rules rules;
  for (const api::ec2::IpPermission& permission : permissions) {
    if (!permission.ip_protocol) {
      return fail("MissingParameter", "The request must contain the parameter IpProtocol");
    }
    api::ec2::SecurityGroupRule rule;
    rule.group_id = group.id;
    rule.group_owner_id = context.account.id;
    rule.is_egress = egress;
    rule.ip_protocol = protocol_of(*permission.ip_protocol);
    rule.from_port = rule.ip_protocol == "-1" ? kAllPorts : permission.from_port.value_or(kAllPorts);
    rule.to_port = rule.ip_protocol == "-1" ? kAllPorts : permission.to_port.value_or(kAllPorts);
    TRY_VOID(check_protocol(*rule.ip_protocol));
    TRY_VOID(check_ports(rule));
    TRY_VOID(add_sources(context, group, permission, rule, rules));
  }
  if (rules.empty()) {
    return fail("InvalidParameterValue", "Either ipPermissions or a protocol and a source must be specified.");
  }
  return rules;
}

bool same_rule(const api::ec2::SecurityGroupRule& one, const api::ec2::SecurityGroupRule& other) {
  return identity(one) == identity(other);
}

std::string rule_text(const api::ec2::SecurityGroupRule& rule) {
  std::string peer = rule.cidr_ipv4.value_or(rule.cidr_ipv6.value_or(rule.prefix_list_id.value_or("")));
  if (rule.referenced_group_info) peer = rule.referenced_group_info->group_id.value_or("");
  std::string protocol = *rule.ip_protocol;
  if (protocol == "-1") return fmt::format("peer: {}, ALL, ALLOW", peer);
  std::ranges::transform(protocol, protocol.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return fmt::format("peer: {}, {}, from port: {}, to port: {}, ALLOW", peer, protocol, *rule.from_port, *rule.to_port);
}

std::vector<api::ec2::IpPermission> show_permissions(const Rules& rules, bool egress) {
  std::vector<api::ec2::IpPermission> permissions;
  for (const auto& rule : rules) {
    if (rule.is_egress.value_or(false) != egress) continue;
    const bool all = rule.ip_protocol == "-1";
    const auto from = all ? std::nullopt : rule.from_port, to = all ? std::nullopt : rule.to_port;
    auto found = std::ranges::find_if(permissions, [&](const api::ec2::IpPermission& one) {
      return one.ip_protocol == rule.ip_protocol && one.from_port == from && one.to_port == to;
    });
    if (found == permissions.end()) {
      api::ec2::IpPermission made;
      made.ip_protocol = rule.ip_protocol;
      made.from_port = from;
      made.to_port = to;
      made.ip_ranges.emplace();
      made.ipv6_ranges.emplace();
      made.prefix_list_ids.emplace();
      made.user_id_group_pairs.emplace();
      found = permissions.insert(permissions.end(), std::move(made));
    }
    if (rule.cidr_ipv4) found->ip_ranges->push_back({.description = rule.description, .cidr_ip = rule.cidr_ipv4});
    if (rule.cidr_ipv6) found->ipv6_ranges->push_back({.description = rule.description, .cidr_ipv6 = rule.cidr_ipv6});
    if (rule.prefix_list_id) {
      found->prefix_list_ids->push_back({.description = rule.description, .prefix_list_id = rule.prefix_list_id});
    }
    if (rule.referenced_group_info) {
      auto& pair = found->user_id_group_pairs->emplace_back();
      pair.description = rule.description;
      pair.group_id = rule.referenced_group_info->group_id;
      pair.user_id = rule.referenced_group_info->user_id;
      pair.vpc_id = rule.referenced_group_info->vpc_id;
    }
  }
  return permissions;
}

void name_rule(Context& context, api::ec2::SecurityGroupRule& rule) {
  rule.security_group_rule_id = "sgr-" + context.random.hex(17);
  rule.security_group_rule_arn = make_arn(context.account, "ec2", "security-group-rule/" + *rule.security_group_rule_id);
}

api::ec2::SecurityGroupRule allow_all_out(Context& context, const std::string& group_id) {
  api::ec2::SecurityGroupRule rule;
  name_rule(context, rule);
  rule.group_id = group_id;
  rule.group_owner_id = context.account.id;
  rule.is_egress = true;
  rule.ip_protocol = "-1";
  rule.from_port = kAllPorts;
  rule.to_port = kAllPorts;
  rule.cidr_ipv4 = "0.0.0.0/0";
  return rule;
}

model::SecurityGroup default_security_group(Context& context, const std::string& vpc_id) {
  model::SecurityGroup group;
  group.id = "sg-" + context.random.hex(17);
  group.name = "default";
  group.description = "default VPC security group";
  group.vpc_id = vpc_id;
  api::ec2::SecurityGroupRule in = allow_all_out(context, group.id), out = in;
  name_rule(context, in);
  in.is_egress = false;
  in.cidr_ipv4.reset();
  auto& self = in.referenced_group_info.emplace();
  self.group_id = group.id;
  self.user_id = context.account.id;
  keep_rules(group, {in, out});
  return group;
}

}  // namespace services::ec2
