#include <fmt/format.h>

#include <algorithm>

#include "services/ec2/cidr.h"
#include "services/ec2/default_network.h"
#include "services/ec2/filters.h"
#include "services/ec2/handlers.h"
#include "services/ec2/network_parts.h"
#include "services/ec2/region.h"
#include "services/ec2/tags.h"

namespace services::ec2 {
namespace {

std::string subnet_flag(bool value) { return value ? "true" : "false"; }

int free_addresses(const Context& context, const model::Subnet& subnet) {
  constexpr int kReservedByAws = 5;
  const auto block = Cidr::parse(subnet.cidr);
  int used = 0;
  for (const auto& [id, instance] : context.state.instances.all()) {
    if (instance.subnet_id == subnet.id && instance.state != "terminated") ++used;
  }
  for (const auto& [id, task] : context.state.tasks.all()) {
    if (task.network_interface && task.network_interface->subnet_id == subnet.id && !task.stopped()) ++used;
  }
  return static_cast<int>(block ? block->size() : 0) - kReservedByAws - used;
}

std::vector<Fact> facts_of_subnet(const Context& context, const model::Subnet& subnet) {
  std::vector<Fact> facts = {{"subnet-id", {subnet.id}},
                             {"vpc-id", {subnet.vpc_id}},
                             {"cidr", {subnet.cidr}},
                             {"cidr-block", {subnet.cidr}},
                             {"cidrBlock", {subnet.cidr}},
                             {"availability-zone", {subnet.availability_zone}},
                             {"availabilityZone", {subnet.availability_zone}},
                             {"availability-zone-id", {zone_id(subnet.availability_zone)}},
                             {"default-for-az", {subnet_flag(subnet.default_for_az)}},
                             {"defaultForAz", {subnet_flag(subnet.default_for_az)}},
                             {"map-public-ip-on-launch", {subnet_flag(subnet.map_public_ip)}},
                             {"state", {"available"}},
                             {"owner-id", {context.account.id}},
                             {"subnet-arn", {make_arn(context.account, "ec2", "subnet/" + subnet.id)}},
                             {"available-ip-address-count", {std::to_string(free_addresses(context, subnet))}},
                             {"private-dns-name-options-on-launch.hostname-type", {subnet.hostname_type}},
                             {"private-dns-name-options-on-launch.enable-resource-name-dns-a-record",
                              {subnet_flag(subnet.dns_a_record)}},
                             {"private-dns-name-options-on-launch.enable-resource-name-dns-aaaa-record", {"false"}},
                             {"enable-dns64", {"false"}},
                             {"map-customer-owned-ip-on-launch", {"false"}},
                             {"ipv6-native", {"false"}}};
  add_without_values(facts, {"customer-owned-ipv4-pool", "enable-lni-at-device-index",
                             "ipv6-cidr-block-association.association-id",
                             "ipv6-cidr-block-association.ipv6-cidr-block", "ipv6-cidr-block-association.state",
                             "outpost-arn"});
  return facts;
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
  names.hostname_type = subnet.hostname_type;
  names.enable_resource_name_dns_a_record = subnet.dns_a_record;
  names.enable_resource_name_dns_aaaa_record = false;
  shown.owner_id = context.account.id;
  shown.state = "available";
  shown.tags = show_tags(subnet.tags);
  return shown;
}

/// Within the VPC's block, apart from its other subnets.
Result<std::string> read_subnet_block(const Context& context, const model::Vpc& vpc, const std::string& text) {
  constexpr int kNarrowest = 28;
  const auto block = Cidr::parse(text), around = Cidr::parse(vpc.cidr);
  if (!block) {
    return fail("InvalidParameterValue",
                fmt::format("Value ({}) for parameter cidrBlock is invalid. This is not a valid CIDR block.", text));
  }
  if (block->bits > kNarrowest || !around || !around->contains(*block)) {
    return fail("InvalidSubnet.Range", fmt::format("The CIDR '{}' is invalid.", text));
  }
  for (const auto& [id, other] : context.state.subnets.all()) {
    const auto taken = Cidr::parse(other.cidr);
    if (other.vpc_id == vpc.id && taken && taken->overlaps(*block)) {
      return fail("InvalidSubnet.Conflict", fmt::format("The CIDR '{}' conflicts with another subnet", text));
    }
  }
  return block->text();
}

Result<std::string> read_zone(const Context& context, const std::optional<std::string>& name,
                              const std::optional<std::string>& id) {
  const auto zones = zones_of(context.account.region);
  if (!name && !id) return zones.front();
  for (const std::string& zone : zones) {
    if ((name && zone == *name) || (id && zone_id(zone) == *id)) return zone;
  }
  return fail("InvalidParameterValue",
              fmt::format("Value ({}) for parameter availabilityZone is invalid. Subnets can currently only be created in the "
                          "following availability zones: {}.",
                          name.value_or(id.value_or("")), fmt::join(zones, ", ")));
}

}  // namespace

Answer<op::CreateSubnet> create_subnet(Context& context, const op::CreateSubnet::Input& in) {
  TRY_VOID(check_dry_run(in.dry_run));
  if (in.ipv6_cidr_block || in.ipv6_native.value_or(false) || in.ipv4_ipam_pool_id || in.ipv6_ipam_pool_id || in.outpost_arn) {
    return fail("UnsupportedOperation", "This engine does not serve IPv6, address pools (IPAM) and Outposts.");
  }
  TRY(const model::Vpc* vpc, find_vpc(context, *in.vpc_id));
  if (!in.cidr_block) return fail("MissingParameter", "The request must contain the parameter cidrBlock");
  model::Subnet subnet;
  TRY(subnet.cidr, read_subnet_block(context, *vpc, *in.cidr_block));
  TRY(subnet.availability_zone, read_zone(context, in.availability_zone, in.availability_zone_id));
  TRY(subnet.tags, read_tags(in.tag_specifications, "subnet"));
  subnet.vpc_id = vpc->id;
  subnet.id = "subnet-" + context.random.hex(17);
  op::CreateSubnet::Output out;
  out.subnet = show_subnet(context, subnet);
  context.state.subnets.put(std::move(subnet));
  return out;
}

Answer<op::CreateDefaultSubnet> create_default_subnet(Context& context, const op::CreateDefaultSubnet::Input& in) {
  TRY_VOID(check_dry_run(in.dry_run));
  if (in.ipv6_native.value_or(false)) return fail("UnsupportedOperation", "This engine does not serve IPv6.");
  TRY(const std::string zone, read_zone(context, in.availability_zone, in.availability_zone_id));
  const model::Vpc* vpc = nullptr;
  for (const auto& [id, one] : context.state.vpcs.all()) {
    if (one.is_default) vpc = &one;
  }
  if (!vpc) return fail("DefaultVpcDoesNotExist", "No default VPC exists for this account in this region.");
  for (const auto& [id, subnet] : context.state.subnets.all()) {
    if (subnet.default_for_az && subnet.availability_zone == zone) {
      return fail("DefaultSubnetAlreadyExistsInAvailabilityZone",
                  fmt::format("'{}' is already the default subnet in {}.", id, zone));
    }
  }
  op::CreateDefaultSubnet::Output out;
  out.subnet = show_subnet(context, make_default_subnet(context, *vpc, zone));
  return out;
}

Answer<op::DeleteSubnet> delete_subnet(Context& context, const op::DeleteSubnet::Input& in) {
  TRY_VOID(check_dry_run(in.dry_run));
  TRY_VOID(find_subnet(context, *in.subnet_id));
  if (subnet_in_use(context, *in.subnet_id)) {
    return fail("DependencyViolation", fmt::format("The subnet '{}' has dependencies and cannot be deleted.", *in.subnet_id));
  }
  std::vector<std::string> tables;
  for (const auto& [id, table] : context.state.route_tables.all()) {
    if (std::ranges::count(table.associations, *in.subnet_id, &model::RouteAssociation::subnet) > 0) tables.push_back(id);
  }
  for (const std::string& id : tables) {
    context.state.route_tables.update(id, [&](model::RouteTable& table) {
      std::erase_if(table.associations, [&](const auto& one) { return one.subnet == *in.subnet_id; });
    });
  }
  context.state.subnets.erase(*in.subnet_id);
  return {};
}

Answer<op::ModifySubnetAttribute> modify_subnet_attribute(Context& context, const op::ModifySubnetAttribute::Input& in) {
  TRY_VOID(find_subnet(context, *in.subnet_id));
  const auto on = [](const std::optional<api::ec2::AttributeBooleanValue>& value) { return value && value->value.value_or(false); };
  if (on(in.assign_ipv6_address_on_creation) || on(in.enable_dns64) || on(in.enable_resource_name_dns_aaaa_record_on_launch) ||
      on(in.map_customer_owned_ip_on_launch)) {
    return fail("UnsupportedOperation", "This engine does not serve IPv6 and customer-owned addresses.");
  }
  context.state.subnets.update(*in.subnet_id, [&](model::Subnet& subnet) {
    if (in.map_public_ip_on_launch) subnet.map_public_ip = on(in.map_public_ip_on_launch);
    if (in.private_dns_hostname_type_on_launch) subnet.hostname_type = *in.private_dns_hostname_type_on_launch;
    if (in.enable_resource_name_dns_a_record_on_launch) subnet.dns_a_record = on(in.enable_resource_name_dns_a_record_on_launch);
  });
  return {};
}

Answer<op::DescribeSubnets> describe_subnets(Context& context, const op::DescribeSubnets::Input& in) {
  TRY_VOID(check_dry_run(in.dry_run));
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
