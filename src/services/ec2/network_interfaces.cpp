// Network interfaces: those that instances, load balancers, NAT gateways and tasks have. None is made on its own, so
// they are no records: they are read off their owners.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "services/ec2/filters.h"
#include "services/ec2/handlers.h"
#include "services/ec2/lookup.h"
#include "services/ec2/network_interfaces.h"
#include "services/ec2/network_parts.h"
#include "services/ec2/region.h"
#include "services/network_names.h"

namespace services::ec2 {
namespace {

using Interfaces = std::map<std::string, api::ec2::NetworkInterface>;

api::ec2::NetworkInterface base_interface(const Context& context, const std::string& id, const model::Subnet& subnet,
                                          const std::string& address) {
  api::ec2::NetworkInterface shown;
  shown.network_interface_id = id;
  shown.subnet_id = subnet.id;
  shown.vpc_id = subnet.vpc_id;
  shown.availability_zone = subnet.availability_zone;
  shown.owner_id = context.account.id;
  shown.status = "in-use";
  shown.mac_address = hardware_address(id);
  shown.private_ip_address = address;
  shown.private_ip_addresses.emplace().push_back({.primary = true, .private_ip_address = address});
  shown.ipv6_addresses.emplace();
  shown.groups.emplace();
  shown.tag_set.emplace();
  shown.source_dest_check = true;
  shown.requester_managed = false;
  shown.interface_type = "interface";
  shown.description = "";
  auto& attachment = shown.attachment.emplace();
  attachment.attachment_id = sibling_id("eni-attach-", id);
  attachment.status = "attached";
  attachment.device_index = 0;
  attachment.delete_on_termination = true;
  return shown;
}

void add_groups(api::ec2::NetworkInterface& shown, const std::vector<const model::SecurityGroup*>& groups) {
  for (const model::SecurityGroup* group : groups) {
    shown.groups->push_back({.group_id = group->id, .group_name = group->name});
  }
}

/// Its address in 127.0.0.0/8 is the one under which it is reached.
void associate_public_address(api::ec2::NetworkInterface& shown, const std::string& address) {
  auto& association = shown.association.emplace();
  association.ip_owner_id = "amazon";
  association.public_ip = address;
  association.public_dns_name = address;
}

void add_instances(const Context& context, Interfaces& all) {
  for (const auto& [id, instance] : context.state.instances.all()) {
    if (auto shown = interface_of_instance(context, instance)) all.emplace(*shown->network_interface_id, std::move(*shown));
  }
}

/// One in each of its subnets, with the description that clients look for.
void add_balancers(const Context& context, Interfaces& all) {
  for (const auto& [arn, balancer] : context.state.load_balancers.all()) {
    const std::string name = arn.substr(arn.find("loadbalancer/") + 13), suffix = arn.substr(arn.rfind('/') + 1);
    for (std::size_t i = 0; i < balancer.subnets.size(); ++i) {
      const auto* subnet = context.state.subnets.find(balancer.subnets[i]);
      if (!subnet) continue;
      auto shown = base_interface(context, fmt::format("eni-{}{}", suffix, i), *subnet, balancer.address);
      shown.description = "ELB " + name;
      shown.requester_id = "amazon-elb";
      shown.requester_managed = true;
      shown.attachment->instance_owner_id = "amazon-elb";
      shown.attachment->delete_on_termination = false;
      add_groups(shown, groups_of_interface(context, balancer.security_groups, subnet->vpc_id));
      all.emplace(*shown.network_interface_id, std::move(shown));
    }
  }
}

void add_nat_gateways(const Context& context, Interfaces& all) {
  for (const auto& [id, nat] : context.state.nat_gateways.all()) {
    const auto* subnet = context.state.subnets.find(nat.subnet_id);
    if (nat.state == "deleted" || !subnet) continue;
    auto shown = base_interface(context, nat.interface_id, *subnet, nat.private_address);
    shown.interface_type = "nat_gateway";
    shown.description = "Interface for NAT Gateway " + id;
    shown.requester_managed = true;
    shown.source_dest_check = false;
    shown.attachment->instance_owner_id = "amazon-aws";
    all.emplace(nat.interface_id, std::move(shown));
  }
}

/// Of tasks in mode awsvpc, described by their attachment as ECS does.
void add_tasks(const Context& context, Interfaces& all) {
  for (const auto& [id, task] : context.state.tasks.all()) {
    if (!task.network_interface || task.stopped()) continue;
    const model::TaskInterface& own = *task.network_interface;
    const auto* subnet = context.state.subnets.find(own.subnet_id);
    if (!subnet) continue;
    auto shown = base_interface(context, own.id, *subnet, own.address);
    shown.description = make_arn(context.account, "ecs", "attachment/" + own.attachment_id);
    shown.private_dns_name = private_dns_name(context.account.region, own.address);
    shown.requester_managed = true;
    shown.attachment->delete_on_termination = false;
    shown.attachment->device_index = 1;
    if (task.serverless()) {
      shown.attachment->instance_owner_id = "amazon-aws";
    } else {
      shown.attachment->instance_id = task.instance_id;
      shown.attachment->instance_owner_id = context.account.id;
    }
    if (own.public_address) associate_public_address(shown, own.address);
    add_groups(shown, groups_of_interface(context, own.security_groups, subnet->vpc_id));
    all.emplace(own.id, std::move(shown));
  }
}

}  // namespace

std::optional<api::ec2::NetworkInterface> interface_of_instance(const Context& context, const model::Instance& instance) {
  const auto* subnet = context.state.subnets.find(instance.subnet_id);
  if (instance.state == "terminated" || !subnet) return std::nullopt;
  auto shown = base_interface(context, sibling_id("eni-", instance.id), *subnet, instance.address);
  shown.private_dns_name = private_dns_name(context.account.region, instance.address);
  shown.private_ip_addresses->front().private_dns_name = shown.private_dns_name;
  shown.attachment->instance_id = instance.id;
  shown.attachment->instance_owner_id = context.account.id;
  shown.attachment->attach_time = api::Timestamp{to_ms(instance.launched_at)};
  if (subnet->map_public_ip && instance.state == "running") {
    associate_public_address(shown, instance.address);
    shown.private_ip_addresses->front().association = shown.association;
  }
  add_groups(shown, groups_of_instance(context, instance));
  return shown;
}

std::vector<Fact> facts_of_interface(const api::ec2::NetworkInterface& shown) {
  std::vector<std::string> group_ids, group_names;
  for (const auto& group : *shown.groups) {
    group_ids.push_back(*group.group_id);
    group_names.push_back(*group.group_name);
  }
  const auto& attachment = *shown.attachment;
  const auto association = shown.association.value_or(api::ec2::NetworkInterfaceAssociation());
  std::vector<Fact> facts = {{"network-interface-id", values_of(shown.network_interface_id)},
                             {"subnet-id", values_of(shown.subnet_id)},
                             {"vpc-id", values_of(shown.vpc_id)},
                             {"availability-zone", values_of(shown.availability_zone)},
                             {"availability-zone-id", {zone_id(shown.availability_zone.value_or(""))}},
                             {"description", values_of(shown.description)},
                             {"status", values_of(shown.status)},
                             {"interface-type", values_of(shown.interface_type)},
                             {"group-id", group_ids},
                             {"group-name", group_names},
                             {"owner-id", values_of(shown.owner_id)},
                             {"requester-id", values_of(shown.requester_id)},
                             {"requester-managed", values_of(shown.requester_managed)},
                             {"source-dest-check", values_of(shown.source_dest_check)},
                             {"private-dns-name", values_of(shown.private_dns_name)},
                             {"private-ip-address", values_of(shown.private_ip_address)},
                             {"addresses.private-ip-address", values_of(shown.private_ip_address)},
                             {"addresses.primary", {"true"}},
                             {"addresses.association.public-ip", values_of(association.public_ip)},
                             {"addresses.association.owner-id", values_of(association.ip_owner_id)},
                             {"association.public-ip", values_of(association.public_ip)},
                             {"association.public-dns-name", values_of(association.public_dns_name)},
                             {"association.ip-owner-id", values_of(association.ip_owner_id)},
                             {"association.allocation-id", values_of(association.allocation_id)},
                             {"association.association-id", values_of(association.association_id)},
                             {"mac-address", values_of(shown.mac_address)},
                             {"attachment.attachment-id", values_of(attachment.attachment_id)},
                             {"attachment.attach-time", values_of(attachment.attach_time)},
                             {"attachment.delete-on-termination", values_of(attachment.delete_on_termination)},
                             {"attachment.device-index", values_of(attachment.device_index)},
                             {"attachment.instance-id", values_of(attachment.instance_id)},
                             {"attachment.instance-owner-id", values_of(attachment.instance_owner_id)},
                             {"attachment.status", values_of(attachment.status)}};
  add_without_values(facts, {"ipv6-addresses.ipv6-address", "operator.managed", "operator.principal"});
  return facts;
}

Answer<op::DescribeNetworkInterfaces> describe_network_interfaces(Context& context,
                                                                  const op::DescribeNetworkInterfaces::Input& in) {
  TRY_VOID(check_dry_run(in.dry_run));
  constexpr int kMostInterfaces = 1000;
  Interfaces all;
  add_instances(context, all);
  add_balancers(context, all);
  add_nat_gateways(context, all);
  add_tasks(context, all);
  for (const std::string& id : in.network_interface_ids.value_or(std::vector<std::string>())) {
    if (!all.contains(id)) {
      return fail("InvalidNetworkInterfaceID.NotFound", fmt::format("The networkInterface ID '{}' does not exist", id));
    }
  }
  op::DescribeNetworkInterfaces::Output out;
  auto& shown = out.network_interfaces.emplace();
  TRY(Page page,
      Page::open(in.next_token, static_cast<std::size_t>(in.max_results.value_or(kMostInterfaces)), kInvalidToken));
  for (auto& [id, one] : all) {
    if (in.network_interface_ids && std::ranges::count(*in.network_interface_ids, id) == 0) continue;
    TRY(const bool passed, passes(in.filters, facts_of_interface(one), {}));
    if (passed && page.take(id)) shown.push_back(std::move(one));
  }
  out.next_token = page.next_token();
  return out;
}

}  // namespace services::ec2
