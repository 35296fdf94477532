#include "services/ec2/default_network.h"

#include "services/ec2/network_parts.h"
#include "services/ec2/permissions.h"
#include "services/ec2/region.h"

namespace services::ec2 {

namespace {
constexpr const char* kSeeded = "default-network";
}  // namespace

model::Vpc make_default_vpc(Context& context) {
  model::Vpc vpc{.id = "vpc-" + context.random.hex(17), .cidr = "172.31.0.0/16", .is_default = true};
  for (const std::string& zone : zones_of(context.account.region)) make_default_subnet(context, vpc, zone);
  complete_default_vpc(context, vpc);
  context.state.vpcs.put(vpc);
  return vpc;
}

model::Subnet make_default_subnet(Context& context, const model::Vpc& vpc, const std::string& zone) {
  constexpr int kBlock = 16;  // each zone's /20, in zones' order
  model::Subnet subnet{.id = "subnet-" + context.random.hex(17),
                       .vpc_id = vpc.id,
                       .cidr = "172.31." + std::to_string((zone.back() - 'a') * kBlock) + ".0/20",
                       .availability_zone = zone,
                       .default_for_az = true,
                       .map_public_ip = true};
  context.state.subnets.put(subnet);
  return subnet;
}

void complete_default_vpc(Context& context, const model::Vpc& vpc) {
  make_parts_of_vpc(context, vpc);
  if (gateway_of(context, vpc.id)) return;
  model::InternetGateway gateway{.id = "igw-" + context.random.hex(17), .vpc_id = vpc.id};
  context.state.route_tables.update(main_route_table(context, vpc.id)->id, [&](model::RouteTable& table) {
    table.routes.push_back({.destination = "0.0.0.0/0", .gateway = gateway.id});
  });
  context.state.internet_gateways.put(std::move(gateway));
}

/// Of a state that is older than security groups that decide.
void complete_security_groups(Context& context) {
  std::vector<model::SecurityGroup> old;
  for (const auto& [id, group] : context.state.security_groups.all()) {
    if (group.rules.empty() && !rules_of(group).empty()) old.push_back(group);
  }
  for (model::SecurityGroup& group : old) {
    keep_rules(group, rules_of(group));
    context.state.security_groups.put(std::move(group));
  }
}

void seed_default_network(Context& context) {
  complete_security_groups(context);
  if (context.state.counters.find(kSeeded)) return;
  context.state.next(kSeeded);  // once only: a default VPC that was deleted does not come back
  for (const auto& [id, vpc] : context.state.vpcs.all()) {
    if (!vpc.is_default) continue;
    complete_default_vpc(context, model::Vpc(vpc));  // of a state that is older than gateways
    return;
  }
  make_default_vpc(context);
}

}  // namespace services::ec2
