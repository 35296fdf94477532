#include "state/node_uses.h"

#include "state/state.h"

namespace state {

NodeUses::NodeUses(Table<model::Task>& tasks) { tasks.observe(*this); }

std::shared_ptr<const model::NodeUse> NodeUses::of(const std::string& container_instance) const {
  static const auto kNothing = std::make_shared<const model::NodeUse>();
  const auto found = by_node_.find(container_instance);
  return found == by_node_.end() ? kNothing : found->second;
}

void NodeUses::count(const model::Task& task, int sign) {
  if (task.container_instance.empty() || task.stopped()) return;
  std::shared_ptr<model::NodeUse>& use = by_node_[task.container_instance];
  if (!use) use = std::make_shared<model::NodeUse>();
  use->count(task, sign);
  if (use->host_ports.empty() && use->cpu.value == 0 && use->memory.value == 0 && use->running_tasks == 0) {
    by_node_.erase(task.container_instance);
  }
}

}  // namespace state
