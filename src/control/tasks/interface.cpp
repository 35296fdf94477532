#include "control/tasks/interface.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace control {

model::PlacementConstraint confinement(const Subnets& subnets) {
  std::set<std::string> zones;
  for (const model::Subnet* subnet : subnets) zones.insert(subnet->availability_zone);
  return {"memberOf", fmt::format("attribute:ecs.availability-zone in [{}] and attribute:ecs.vpc-id == {}",
                                  fmt::join(zones, ", "), subnets.front()->vpc_id)};
}

const model::Subnet* subnet_in(const Subnets& subnets, const std::string& zone) {
  const auto found = std::ranges::find(subnets, zone, &model::Subnet::availability_zone);
  return found == subnets.end() ? nullptr : *found;
}

const model::Subnet* least_used(const Subnets& subnets, const std::map<std::string, int>& tasks_by_zone) {
  const auto tasks = [&](const model::Subnet* subnet) {
    const auto found = tasks_by_zone.find(subnet->availability_zone);
    return found == tasks_by_zone.end() ? 0 : found->second;
  };
  const auto found = std::ranges::min_element(subnets, {}, tasks);
  return found == subnets.end() ? nullptr : *found;
}

void attach_interface(model::Task& task, const model::TaskDefinition& definition, NewInterface given, Random& random) {
  task.wanted_network.reset();
  task.network_interface = {.id = "eni-" + random.hex(17),
                            .attachment_id = random.uuid(),
                            .address = given.address,
                            .subnet_id = given.subnet.id,
                            .security_groups = given.network.security_groups,
                            .public_address = given.network.public_address};
  if (task.serverless()) task.availability_zone = given.subnet.availability_zone;
  for (std::size_t i = 0; i < task.containers.size() && i < definition.containers.size(); ++i) {
    for (const model::PortMapping& port : definition.containers[i].port_mappings) {
      task.containers[i].network_bindings.push_back(
          {given.address, port.container_port, port.container_port, port.protocol});
    }
  }
}

}  // namespace control
