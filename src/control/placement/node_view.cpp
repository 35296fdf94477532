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
  const auto of = [&](const auto& counts) {
    const auto found = counts.find(group);
    return found == counts.end() ? 0 : found->second;
  };
  return of(before->tasks_by_group) + of(tasks_by_group);
}

std::set<std::string> NodeView::groups() const {
  std::set<std::string> names;
  for (const auto* counts : {&before->tasks_by_group, &tasks_by_group}) {
    for (const auto& [group, count] : *counts) {
      if (group_count(group) > 0) names.insert(group);
    }
  }
  return names;
}

void NodeView::take(const TaskNeeds& needs, const std::string& group) {
  cpu_free -= needs.cpu;
  memory_free -= needs.memory;
  ports_taken.insert(needs.ports.begin(), needs.ports.end());
  ++running_tasks;
  ++tasks_by_group[group];
}

NodeView make_node_view(const model::ContainerInstance& instance, std::shared_ptr<const model::NodeUse> use) {
  static const auto kNothing = std::make_shared<const model::NodeUse>();
  NodeView node{.instance = &instance,
                .before = use ? std::move(use) : kNothing,
                .cpu_free = instance.cpu,
                .memory_free = instance.memory,
                .ports_taken = {std::begin(kAgentPorts), std::end(kAgentPorts)}};
  node.cpu_free -= node.before->cpu;
  node.memory_free -= node.before->memory;
  node.running_tasks = node.before->running_tasks;
  return node;
}

}  // namespace control
