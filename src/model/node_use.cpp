#include "model/node_use.h"

namespace model {

void NodeUse::count(const Task& task, int sign) {
  if (task.stopped()) return;
  const auto add = [sign](auto& counts, const auto& key) {
    const auto at = counts.try_emplace(key).first;
    at->second += sign;
    if (at->second == 0) counts.erase(at);
  };
  cpu += CpuUnits{sign * task.cpu.value};
  memory += MiB{sign * task.memory.value};
  for (const int slot : task.static_host_ports) add(ports, slot);
  if (!task.network_interface) {  // else its ports are on an address of its own
    for (const Container& container : task.containers) {
      for (const NetworkBinding& binding : container.network_bindings) add(host_ports, binding.host_port);
    }
  }
  if (!task.wanted()) return;
  running_tasks += sign;
  add(tasks_by_group, task.group);
}

}  // namespace model
