#include "control/tasks/new_task.h"

#include "control/placement/node_view.h"

namespace control {

namespace {

constexpr int kFirstDynamicPort = 32768;
constexpr int kDynamicPorts = 60999 - kFirstDynamicPort + 1;

int free_port(const std::set<int>& in_use, Random& random) {
  const int start = static_cast<int>(random.below(kDynamicPorts));
  for (int i = 0; i < kDynamicPorts; ++i) {
    const int port = kFirstDynamicPort + (start + i) % kDynamicPorts;
    if (!in_use.contains(port)) return port;
  }
  return kFirstDynamicPort + start;  // 28,232 ports taken on one node: the start will fail and say so
}

}  // namespace

void collect_ports(const model::Task& task, std::set<int>& ports) {
  if (task.stopped()) return;
  for (const model::Container& container : task.containers) {
    for (const model::NetworkBinding& binding : container.network_bindings) ports.insert(binding.host_port);
  }
}

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
  task.container_instance = wanted.node.id;
  task.instance_id = wanted.node.instance_id;
  task.availability_zone = wanted.node.availability_zone;
  task.node_address = wanted.node.address;
  task.cpu = definition.cpu_needed();
  task.memory = definition.memory_needed();
  task.created_at = now;
  const bool bridge = definition.network_mode == "bridge";
  for (const model::ContainerDefinition& given : definition.containers) {
    model::Container container;
    container.id = random.uuid();
    container.name = given.name;
    container.image = given.image;
    container.essential = given.essential;
    for (const model::PortMapping& port : given.port_mappings) {
      model::NetworkBinding binding;
      binding.bind_ip = wanted.node.address;
      binding.container_port = port.container_port;
      binding.protocol = port.protocol;
      binding.host_port = port.host_port != 0 ? port.host_port : bridge ? 0 : port.container_port;
      if (binding.host_port != 0) {
        task.static_host_ports.push_back(port_slot(binding.host_port, port.protocol));
      } else {
        binding.host_port = free_port(wanted.ports_in_use, random);
      }
      wanted.ports_in_use.insert(binding.host_port);
      container.network_bindings.push_back(binding);
    }
    task.containers.push_back(std::move(container));
  }
  return task;
}

}  // namespace control
