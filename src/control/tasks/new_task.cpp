#include "control/tasks/new_task.h"

#include <algorithm>
#include <vector>

#include "control/placement/node_view.h"

namespace control {

namespace {

constexpr int kFirstDynamicPort = 32768;
constexpr int kDynamicPorts = 60999 - kFirstDynamicPort + 1;

int free_port(const PortUsed& in_use, Random& random) {
  const int start = static_cast<int>(random.below(kDynamicPorts));
  for (int i = 0; i < kDynamicPorts; ++i) {
    const int port = kFirstDynamicPort + (start + i) % kDynamicPorts;
    if (!in_use(port)) return port;
  }
  return kFirstDynamicPort + start;  // 28,232 ports taken on one node: the start will fail and say so
}

}  // namespace

model::Task make_task(const NewTask& wanted, const Account& account, Instant now, Random& random) {
  const model::TaskDefinition& definition = wanted.definition;
  model::Task task;
  task.id = wanted.id.empty() ? random.hex(32) : wanted.id;
  task.arn = make_arn(account, "ecs", "task/" + wanted.cluster + "/" + task.id);
  task.cluster = wanted.cluster;
  task.service = wanted.service;
  task.deployment_id = wanted.deployment_id;
  task.group = wanted.group;
  task.started_by = wanted.started_by;
  task.task_definition_arn = definition.arn;
  task.launch_type = wanted.launch_type;
  task.capacity_provider = wanted.capacity_provider;
  task.cpu = definition.cpu_needed();
  task.memory = definition.memory_needed();
  task.created_at = now;
  for (const model::ContainerDefinition& given : definition.containers) {
    model::Container container;
    container.id = random.uuid();
    container.name = given.name;
    container.image = given.image;
    container.essential = given.essential;
    task.containers.push_back(std::move(container));
  }
  if (wanted.node != nullptr) assign_node(task, definition, *wanted.node, wanted.port_used, random);
  if (wanted.network && wanted.subnet != nullptr) {
    attach_interface(task, definition, {*wanted.network, *wanted.subnet, wanted.address}, random);
  } else {
    task.wanted_network = wanted.network;
  }
  return task;
}

void assign_node(model::Task& task, const model::TaskDefinition& definition, const model::ContainerInstance& node,
                 const PortUsed& port_used, Random& random) {
  task.container_instance = node.id;
  task.instance_id = node.instance_id;
  task.availability_zone = node.availability_zone;
  task.node_address = node.address;
  if (definition.network_mode == "awsvpc") return;
  const bool bridge = definition.network_mode == "bridge";
  std::vector<int> taken;
  const PortUsed in_use = [&](int port) { return port_used(port) || std::ranges::find(taken, port) != taken.end(); };
  for (std::size_t i = 0; i < task.containers.size() && i < definition.containers.size(); ++i) {
    for (const model::PortMapping& port : definition.containers[i].port_mappings) {
      model::NetworkBinding binding;
      binding.bind_ip = node.address;
      binding.container_port = port.container_port;
      binding.protocol = port.protocol;
      binding.host_port = port.host_port != 0 ? port.host_port : bridge ? 0 : port.container_port;
      if (binding.host_port != 0) {
        task.static_host_ports.push_back(port_slot(binding.host_port, port.protocol));
      } else {
        binding.host_port = free_port(in_use, random);
      }
      taken.push_back(binding.host_port);
      task.containers[i].network_bindings.push_back(binding);
    }
  }
}

}  // namespace control
