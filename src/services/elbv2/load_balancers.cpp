// CreateLoadBalancer and what belongs to a balancer itself. Its listeners and rules go with it.
#include <fmt/format.h>

#include <algorithm>

#include "services/elbv2/attributes.h"
#include "services/elbv2/handlers.h"
#include "services/elbv2/lookup.h"
#include "services/elbv2/render.h"
#include "services/elbv2/tags.h"
#include "services/page.h"

namespace services::elbv2 {

namespace {

/// The subnets given, in either form, checked: they exist, lie in one VPC and in at least two zones, one each.
Result<std::vector<std::string>> read_subnets(const Context& context,
                                              const std::optional<std::vector<std::string>>& subnets,
                                              const std::optional<std::vector<shape::SubnetMapping>>& mappings) {
  std::vector<std::string> ids = subnets.value_or(std::vector<std::string>{});
  if (!ids.empty() && mappings && !mappings->empty())
    return fail("ValidationError", "Subnets and subnet mappings cannot both be specified");
  for (const auto& mapping : mappings.value_or(std::vector<shape::SubnetMapping>{})) {
    if (mapping.allocation_id || mapping.private_i_pv4_address || mapping.i_pv6_address)
      return fail("InvalidConfigurationRequest",
                  "Addresses of subnet mappings are not supported for load balancers of type 'application'");
    ids.push_back(mapping.subnet_id.value_or(""));
  }
  std::set<std::string> zones, vpcs;
  for (const auto& id : ids) {
    const auto* subnet = context.state.subnets.find(id);
    if (subnet == nullptr) return fail("SubnetNotFound", fmt::format("The subnet ID '{}' does not exist", id));
    if (!zones.insert(subnet->availability_zone).second)
      return fail("InvalidConfigurationRequest",
                  "A load balancer cannot be attached to multiple subnets in the same Availability Zone");
    vpcs.insert(subnet->vpc_id);
  }
  if (zones.size() < 2)
    return fail("ValidationError", "At least two subnets in two different Availability Zones must be specified");
  if (vpcs.size() > 1) return fail("InvalidConfigurationRequest", "All subnets must belong to the same VPC");
  return ids;
}

Result<std::vector<std::string>> read_security_groups(const Context& context, const std::string& vpc_id,
                                                      const std::optional<std::vector<std::string>>& given) {
  if (!given || given->empty()) {
    for (const auto& [id, group] : context.state.security_groups.all())
      if (group.vpc_id == vpc_id && group.name == "default") return std::vector{id};
    return std::vector<std::string>{};
  }
  for (const auto& id : *given) {
    const auto* group = context.state.security_groups.find(id);
    if (group == nullptr || group->vpc_id != vpc_id)
      return fail("InvalidConfigurationRequest", "One or more security groups are invalid");
  }
  return *given;
}

Result<void> check_ip_address_type(const std::string& type) {
  if (type != "ipv4")
    return fail("InvalidConfigurationRequest",
                fmt::format("IP address type '{}' is not served by this engine; use 'ipv4'", type));
  return {};
}

const model::LoadBalancer* load_balancer_named(const Context& context, const std::string& name) {
  for (const auto& [arn, balancer] : context.state.load_balancers.all())
    if (balancer.name == name) return &balancer;
  return nullptr;
}

}  // namespace

Answer<op::CreateLoadBalancer> create_load_balancer(Context& context, const op::CreateLoadBalancer::Input& in) {
  const std::string& name = *in.name;
  TRY_VOID(check_name("Load balancer", name));
  if (name.starts_with("internal-"))
    return fail("ValidationError", fmt::format("Load balancer name '{}' cannot begin with 'internal-'", name));
  if (const std::string type = in.type.value_or("application"); type != "application")
    return fail("InvalidConfigurationRequest",
                fmt::format("Load balancers of type '{}' are not served by this engine; use 'application'", type));
  if (in.customer_owned_ipv4_pool || in.ipam_pools)
    return fail("InvalidConfigurationRequest", "Address pools are not served by this engine");

  model::LoadBalancer balancer{
      .name = name, .scheme = in.scheme.value_or("internet-facing"), .created_at = context.now};
  balancer.ip_address_type = in.ip_address_type.value_or("ipv4");
  TRY_VOID(check_ip_address_type(balancer.ip_address_type));
  TRY(balancer.subnets, read_subnets(context, in.subnets, in.subnet_mappings));
  balancer.vpc_id = context.state.subnets.find(balancer.subnets.front())->vpc_id;
  TRY(balancer.security_groups, read_security_groups(context, balancer.vpc_id, in.security_groups));
  TRY(balancer.tags, merge_tags({}, in.tags));

  op::CreateLoadBalancer::Output out;
  if (const auto* same = load_balancer_named(context, name)) {
    // In whichever order they are named.
    const bool equal = same->scheme == balancer.scheme && same->ip_address_type == balancer.ip_address_type &&
                       std::ranges::is_permutation(same->subnets, balancer.subnets) &&
                       std::ranges::is_permutation(same->security_groups, balancer.security_groups) &&
                       std::ranges::is_permutation(same->tags, balancer.tags);
    if (!equal)
      return fail("DuplicateLoadBalancerName",
                  fmt::format("A load balancer with the same name '{}' exists, but with different settings", name));
    out.load_balancers.emplace().push_back(show_load_balancer(context, *same));
    return out;
  }
  TRY(balancer.address, free_balancer_address(context));
  // AWS gives a name that resolves to the balancer; here the address itself is that name.
  balancer.dns_name = balancer.address;
  balancer.arn =
      make_arn(context.account, "elasticloadbalancing", fmt::format("loadbalancer/app/{}/{}", name, new_id(context)));
  out.load_balancers.emplace().push_back(show_load_balancer(context, balancer));
  context.state.load_balancers.put(std::move(balancer));
  return out;
}

Answer<op::DeleteLoadBalancer> delete_load_balancer(Context& context, const op::DeleteLoadBalancer::Input& in) {
  const auto found = find_load_balancer(context, *in.load_balancer_arn);
  if (!found) {
    // AWS: deleting a balancer that is gone succeeds.
    if (found.error().code == "LoadBalancerNotFound") return {};
    return tl::unexpected(found.error());
  }
  if (load_balancer_attribute(**found, "deletion_protection.enabled") == "true")
    return fail("OperationNotPermitted",
                fmt::format("Load balancer '{}' cannot be deleted because deletion protection is enabled",
                            *in.load_balancer_arn));
  auto& state = context.state;
  for (const auto& listener : std::set(state.listeners_by_load_balancer.keys(*in.load_balancer_arn))) {
    for (const auto& rule : std::set(state.rules_by_listener.keys(listener))) state.listener_rules.erase(rule);
    state.listeners.erase(listener);
  }
  state.load_balancers.erase(*in.load_balancer_arn);
  return {};
}

Answer<op::DescribeLoadBalancers> describe_load_balancers(Context& context,
                                                          const op::DescribeLoadBalancers::Input& in) {
  op::DescribeLoadBalancers::Output out;
  auto& shown = out.load_balancers.emplace();
  if (in.load_balancer_arns && in.names)
    return fail("ValidationError", "Load balancer names and ARNs cannot be specified at the same time");
  if (in.load_balancer_arns && !in.load_balancer_arns->empty()) {
    for (const auto& arn : std::set(in.load_balancer_arns->begin(), in.load_balancer_arns->end())) {
      auto found = find_load_balancer(context, arn);
      if (!found && found.error().code == "LoadBalancerNotFound")
        return fail("LoadBalancerNotFound", "One or more load balancers not found");
      if (!found) return tl::unexpected(found.error());
      shown.push_back(show_load_balancer(context, **found));
    }
    return out;
  }
  if (in.names && !in.names->empty()) {
    for (const auto& name : std::set(in.names->begin(), in.names->end())) {
      const auto* found = load_balancer_named(context, name);
      if (found == nullptr) return fail("LoadBalancerNotFound", fmt::format("Load balancers '[{}]' not found", name));
      shown.push_back(show_load_balancer(context, *found));
    }
    return out;
  }
  TRY(Page page, Page::open(in.marker, static_cast<std::size_t>(in.page_size.value_or(400)), kInvalidToken));
  for (const auto& [arn, balancer] : context.state.load_balancers.all()) {
    if (page.take(arn)) shown.push_back(show_load_balancer(context, balancer));
    if (page.full()) break;
  }
  out.next_marker = page.next_token();
  return out;
}

Answer<op::SetSubnets> set_subnets(Context& context, const op::SetSubnets::Input& in) {
  TRY(const model::LoadBalancer* balancer, find_load_balancer(context, *in.load_balancer_arn));
  TRY(std::vector<std::string> subnets, read_subnets(context, in.subnets, in.subnet_mappings));
  if (context.state.subnets.find(subnets.front())->vpc_id != balancer->vpc_id)
    return fail("InvalidSubnet", "The subnets must belong to the load balancer's VPC");
  TRY_VOID(check_ip_address_type(in.ip_address_type.value_or("ipv4")));
  context.state.load_balancers.update(balancer->arn, [&](model::LoadBalancer& record) { record.subnets = subnets; });
  op::SetSubnets::Output out;
  out.availability_zones = show_zones(context, *balancer);
  out.ip_address_type = balancer->ip_address_type;
  return out;
}

Answer<op::SetSecurityGroups> set_security_groups(Context& context, const op::SetSecurityGroups::Input& in) {
  TRY(const model::LoadBalancer* balancer, find_load_balancer(context, *in.load_balancer_arn));
  if (in.security_groups->empty())
    return fail("InvalidConfigurationRequest", "At least one security group must be specified");
  TRY(std::vector<std::string> groups, read_security_groups(context, balancer->vpc_id, in.security_groups));
  context.state.load_balancers.update(balancer->arn,
                                      [&](model::LoadBalancer& record) { record.security_groups = groups; });
  op::SetSecurityGroups::Output out;
  out.security_group_ids = groups;
  return out;
}

Answer<op::SetIpAddressType> set_ip_address_type(Context& context, const op::SetIpAddressType::Input& in) {
  TRY(const model::LoadBalancer* balancer, find_load_balancer(context, *in.load_balancer_arn));
  TRY_VOID(check_ip_address_type(*in.ip_address_type));
  op::SetIpAddressType::Output out;
  out.ip_address_type = balancer->ip_address_type;
  return out;
}

}  // namespace services::elbv2
