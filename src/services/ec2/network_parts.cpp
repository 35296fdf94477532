#include "services/ec2/network_parts.h"

#include <fmt/format.h>

#include <algorithm>

#include "services/ec2/permissions.h"

namespace services::ec2 {

std::string sibling_id(const char* prefix, const std::string& id) { return prefix + id.substr(id.find('-') + 1); }

void make_parts_of_vpc(Context& context, const model::Vpc& vpc) {
  if (!main_route_table(context, vpc.id)) {
    model::RouteTable table;
    table.id = "rtb-" + context.random.hex(17);
    table.vpc_id = vpc.id;
    table.routes.push_back({.destination = vpc.cidr, .gateway = "local"});
    table.associations.push_back({.id = "rtbassoc-" + context.random.hex(17), .main = true});
    context.state.route_tables.put(std::move(table));
  }
  const bool has_group = std::ranges::any_of(context.state.security_groups.all(), [&](const auto& entry) {
    return entry.second.vpc_id == vpc.id && entry.second.name == "default";
  });
  if (!has_group) context.state.security_groups.put(default_security_group(context, vpc.id));
}

void erase_parts_of_vpc(Context& context, const std::string& vpc_id) {
  if (const auto* table = main_route_table(context, vpc_id)) context.state.route_tables.erase(std::string(table->id));
  std::string group_id;
  for (const auto& [id, group] : context.state.security_groups.all()) {
    if (group.vpc_id == vpc_id && group.name == "default") group_id = id;
  }
  context.state.security_groups.erase(group_id);
}

const model::RouteTable* main_route_table(const Context& context, const std::string& vpc_id) {
  for (const auto& [id, table] : context.state.route_tables.all()) {
    if (table.vpc_id == vpc_id && table.main()) return &table;
  }
  return nullptr;
}

bool subnet_in_use(const Context& context, const std::string& subnet_id) {
  const auto& state = context.state;
  return std::ranges::any_of(state.instances.all(),
                             [&](const auto& entry) {
                               return entry.second.subnet_id == subnet_id && entry.second.state != "terminated";
                             }) ||
         std::ranges::any_of(
             state.load_balancers.all(),
             [&](const auto& entry) { return std::ranges::count(entry.second.subnets, subnet_id) > 0; }) ||
         std::ranges::any_of(state.nat_gateways.all(),
                             [&](const auto& entry) {
                               return entry.second.subnet_id == subnet_id && entry.second.state != "deleted";
                             }) ||
         std::ranges::any_of(state.tasks.all(), [&](const auto& entry) {
           const auto& own = entry.second.network_interface;
           return own && own->subnet_id == subnet_id && !entry.second.stopped();
         });
}

bool has_public_addresses(const Context& context, const std::string& vpc_id) {
  const auto& state = context.state;
  const auto is_public = [&](const model::Instance& instance) {
    const auto* subnet = state.subnets.find(instance.subnet_id);
    return instance.vpc_id == vpc_id && instance.state != "terminated" && subnet && subnet->map_public_ip;
  };
  return std::ranges::any_of(state.instances.all(), [&](const auto& entry) { return is_public(entry.second); }) ||
         std::ranges::any_of(state.load_balancers.all(), [&](const auto& entry) {
           return entry.second.vpc_id == vpc_id && entry.second.scheme == "internet-facing";
         }) ||
         std::ranges::any_of(state.nat_gateways.all(), [&](const auto& entry) {
           return entry.second.vpc_id == vpc_id && entry.second.state != "deleted" && !entry.second.allocation_id.empty();
         }) ||
         std::ranges::any_of(state.tasks.all(), [&](const auto& entry) {
           const model::Task& task = entry.second;
           if (!task.network_interface || !task.network_interface->public_address || task.stopped()) return false;
           const auto* subnet = state.subnets.find(task.network_interface->subnet_id);
           return subnet && subnet->vpc_id == vpc_id;
         });
}

const model::InternetGateway* gateway_of(const Context& context, const std::string& vpc_id) {
  for (const auto& [id, gateway] : context.state.internet_gateways.all()) {
    if (gateway.vpc_id == vpc_id) return &gateway;
  }
  return nullptr;
}

Result<const model::Vpc*> find_vpc(const Context& context, const std::string& id) {
  if (const auto* found = context.state.vpcs.find(id)) return found;
  return fail("InvalidVpcID.NotFound", fmt::format("The vpc ID '{}' does not exist", id));
}

Result<const model::Subnet*> find_subnet(const Context& context, const std::string& id) {
  if (const auto* found = context.state.subnets.find(id)) return found;
  return fail("InvalidSubnetID.NotFound", fmt::format("The subnet ID '{}' does not exist", id));
}

}  // namespace services::ec2
