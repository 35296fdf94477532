#include "control/placement/node_view.h"

namespace control {
namespace {
constexpr int kUdpSlots = 65536;
// The agent keeps these for ssh, Docker and itself (sheet A2).
constexpr int kAgentPorts[] = {22, 2375, 2376, 51678, 51679};
}  // namespace

int port_slot(int host_port, const std::string& protocol) {
  return protocol == "udp" ? host_port + kUdpSlots : host_port;
}

TaskNeeds task_needs(const model::TaskDefinition& definition) {
  TaskNeeds needs{definition.cpu_needed(), definition.memory_needed(), {}};
  const bool takes_container_port = definition.network_mode == "host";
  for (const model::ContainerDefinition& container : definition.containers) {
    for (const model::PortMapping& mapping : container.port_mappings) {
      // awsvpc tasks have an address of their own, so their ports never clash.
      if (definition.network_mode == "awsvpc") continue;
      const int port = mapping.host_port != 0 ? mapping.host_port : takes_container_port ? mapping.container_port : 0;
      if (port != 0) needs.ports.push_back(port_slot(port, mapping.protocol));
    }
  }
  return needs;
}

int NodeView::group_count(std::string_view group) const {
  const auto found = tasks_by_group.find(group);
  return found == tasks_by_group.end() ? 0 : found->second;
}

void NodeView::take(const TaskNeeds& needs, const std::string& group) {
  cpu_free -= needs.cpu;
  memory_free -= needs.memory;
  ports_used.insert(needs.ports.begin(), needs.ports.end());
  ++running_tasks;
  ++tasks_by_group[group];
}

NodeView make_node_view(const model::ContainerInstance& instance, const std::vector<const model::Task*>& tasks) {
  NodeView node{&instance, instance.cpu, instance.memory, {std::begin(kAgentPorts), std::end(kAgentPorts)}, 0, {}};
  for (const model::Task* task : tasks) {
    if (task->stopped()) continue;
    node.cpu_free -= task->cpu;
    node.memory_free -= task->memory;
    node.ports_used.insert(task->static_host_ports.begin(), task->static_host_ports.end());
    if (!task->wanted()) continue;
    ++node.running_tasks;
    ++node.tasks_by_group[task->group];
  }
  return node;
}

}  // namespace control
