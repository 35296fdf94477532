#include <fmt/format.h>

#include <algorithm>

#include "services/ec2/filters.h"
#include "services/ec2/handlers.h"
#include "services/ec2/lookup.h"
#include "services/ec2/permissions.h"
#include "services/ec2/tags.h"

namespace services::ec2 {
namespace {

constexpr std::size_t kGroupNameLength = 255;

std::string arn_of(const Context& context, const model::SecurityGroup& group) {
  return make_arn(context.account, "ec2", "security-group/" + group.id);
}

api::ec2::SecurityGroup show_security_group(const Context& context, const model::SecurityGroup& group) {
  api::ec2::SecurityGroup shown;
  const Rules rules = rules_of(group);
  shown.group_id = group.id;
  shown.group_name = group.name;
  shown.description = group.description;
  shown.vpc_id = group.vpc_id;
  shown.owner_id = context.account.id;
  shown.security_group_arn = arn_of(context, group);
  shown.ip_permissions = show_permissions(rules, false);
  shown.ip_permissions_egress = show_permissions(rules, true);
  shown.tags = show_tags(group.tags);
  return shown;
}

std::vector<Fact> facts_of_group(const Context& context, const model::SecurityGroup& group) {
  std::vector<Fact> facts = {{"group-id", {group.id}},
                             {"group-name", {group.name}},
                             {"description", {group.description}},
                             {"vpc-id", {group.vpc_id}},
                             {"owner-id", {context.account.id}}};
  const Rules rules = rules_of(group);
  for (const bool egress : {false, true}) {
    std::vector<std::string> cidrs, ipv6_cidrs, from, to, protocols, peers, peer_names, owners;
    for (const auto& rule : rules) {
      if (rule.is_egress != egress) continue;
      if (rule.cidr_ipv4) cidrs.push_back(*rule.cidr_ipv4);
      if (rule.cidr_ipv6) ipv6_cidrs.push_back(*rule.cidr_ipv6);
      from.push_back(std::to_string(*rule.from_port));
      to.push_back(std::to_string(*rule.to_port));
      protocols.push_back(*rule.ip_protocol);
      if (!rule.referenced_group_info) continue;
      peers.push_back(rule.referenced_group_info->group_id.value_or(""));
      owners.push_back(rule.referenced_group_info->user_id.value_or(""));
      if (const auto* peer = context.state.security_groups.find(peers.back())) peer_names.push_back(peer->name);
    }
    const std::string prefix = egress ? "egress.ip-permission." : "ip-permission.";
    facts.insert(facts.end(), {{prefix + "cidr", cidrs},
                               {prefix + "ipv6-cidr", ipv6_cidrs},
                               {prefix + "from-port", from},
                               {prefix + "to-port", to},
                               {prefix + "protocol", protocols},
                               {prefix + "group-id", peers},
                               {prefix + "group-name", peer_names},
                               {prefix + "user-id", owners},
                               {prefix + "prefix-list-id", {}}});
  }
  return facts;
}

/// What must go first: instances, load balancers, tasks with an interface of their own, rules of other groups.
bool group_in_use(const Context& context, const std::string& id) {
  for (const auto& [key, instance] : context.state.instances.all()) {
    if (instance.state != "terminated" && std::ranges::count(instance.security_groups, id) > 0) return true;
  }
  for (const auto& [key, balancer] : context.state.load_balancers.all()) {
    if (std::ranges::count(balancer.security_groups, id) > 0) return true;
  }
  for (const auto& [key, task] : context.state.tasks.all()) {
    if (!task.network_interface || task.stopped()) continue;
    if (std::ranges::count(task.network_interface->security_groups, id) > 0) return true;
  }
  for (const auto& [key, group] : context.state.security_groups.all()) {
    if (key == id) continue;
    for (const auto& rule : rules_of(group)) {
      if (rule.referenced_group_info && rule.referenced_group_info->group_id == id) return true;
    }
  }
  return false;
}

}  // namespace

Answer<op::CreateSecurityGroup> create_security_group(Context& context, const op::CreateSecurityGroup::Input& in) {
  TRY_VOID(check_dry_run(in.dry_run));
  model::SecurityGroup group;
  group.name = *in.group_name;
  group.description = *in.description;
  if (group.name.empty() || group.name.size() > kGroupNameLength) {
    return fail("InvalidParameterValue",
                fmt::format("Value ({}) for parameter GroupName is invalid. Its length must be from 1 to {}.", group.name,
                            kGroupNameLength));
  }
  if (group.name.starts_with("sg-")) {
    return fail("InvalidParameterValue",
                fmt::format("Value ({}) for parameter GroupName is invalid. Group names may not be in the format sg-*.",
                            group.name));
  }
  if (group.description.empty()) {
    return fail("MissingParameter", "The request must contain the parameter GroupDescription");
  }
  TRY_VOID(check_description("security group", group.description));
  if (in.vpc_id) {
    if (!context.state.vpcs.find(*in.vpc_id)) {
      return fail("InvalidVpcID.NotFound", fmt::format("The vpc ID '{}' does not exist", *in.vpc_id));
    }
    group.vpc_id = *in.vpc_id;
  } else {
    for (const auto& [id, vpc] : context.state.vpcs.all()) {
      if (vpc.is_default) group.vpc_id = id;
    }
    if (group.vpc_id.empty()) return fail("VPCIdNotSpecified", "No default VPC for this user");
  }
  if (group.name == "default") {
    return fail("InvalidParameterValue", "Cannot use reserved security group name: default");
  }
  for (const auto& [id, other] : context.state.security_groups.all()) {
    if (other.vpc_id == group.vpc_id && other.name == group.name) {
      return fail("InvalidGroup.Duplicate", fmt::format("The security group '{}' already exists for VPC '{}'", group.name,
                                                        group.vpc_id));
    }
  }
  TRY(group.tags, read_tags(in.tag_specifications, "security-group"));
  group.id = "sg-" + context.random.hex(17);
  keep_rules(group, {allow_all_out(context, group.id)});
  op::CreateSecurityGroup::Output out;
  out.group_id = group.id;
  out.security_group_arn = arn_of(context, group);
  out.tags = show_tags(group.tags);
  context.state.security_groups.put(std::move(group));
  return out;
}

Answer<op::DeleteSecurityGroup> delete_security_group(Context& context, const op::DeleteSecurityGroup::Input& in) {
  TRY_VOID(check_dry_run(in.dry_run));
  TRY(const model::SecurityGroup* group, find_security_group(context, in.group_id, in.group_name));
  if (group->name == "default") {
    return fail("CannotDelete", fmt::format("the specified group: \"{}\" name: \"default\" cannot be deleted by a user",
                                            group->id));
  }
  if (group_in_use(context, group->id)) {
    return fail("DependencyViolation", fmt::format("resource {} has a dependent object", group->id));
  }
  op::DeleteSecurityGroup::Output out;
  out.return_ = true;
  out.group_id = group->id;
  context.state.security_groups.erase(*out.group_id);
  return out;
}

Answer<op::DescribeSecurityGroups> describe_security_groups(Context& context,
                                                            const op::DescribeSecurityGroups::Input& in) {
  TRY_VOID(check_dry_run(in.dry_run));
  for (const std::string& id : in.group_ids.value_or(std::vector<std::string>())) {
    TRY_VOID(find_security_group(context, id, std::nullopt));
  }
  std::optional<std::vector<std::string>> ids = in.group_ids;
  for (const std::string& name : in.group_names.value_or(std::vector<std::string>())) {
    TRY(const model::SecurityGroup* group, find_security_group(context, std::nullopt, name));
    if (!ids) ids.emplace();
    ids->push_back(group->id);
  }
  op::DescribeSecurityGroups::Output out;
  auto& shown = out.security_groups.emplace();
  TRY(out.next_token,
      describe(
          context.state.security_groups,
          {ids, in.filters, in.next_token, in.max_results, "InvalidGroup.NotFound",
           "The security group '{}' does not exist"},
          [&](const model::SecurityGroup& group) { return facts_of_group(context, group); },
          [&](const model::SecurityGroup& group) { shown.push_back(show_security_group(context, group)); }));
  return out;
}

}  // namespace services::ec2
