#include "state/task_addresses.h"

#include "state/state.h"

namespace state {

namespace {
bool has_address(const model::Task& task) { return task.network_interface && !task.stopped(); }
}  // namespace

TaskAddresses::TaskAddresses(Table<model::Task>& tasks) { tasks.observe(*this); }

std::string TaskAddresses::holder(const std::string& address) const {
  const auto found = holders_.find(address);
  return found == holders_.end() ? std::string() : found->second;
}

std::optional<std::string> TaskAddresses::take(const AddressPlan& plan) {
  for (int tried = 0; tried < AddressPlan::kTasks; ++tried) {
    std::string address = plan.task(next_);
    next_ = (next_ + 1) % AddressPlan::kTasks;
    if (!holders_.contains(address)) return address;
  }
  return std::nullopt;
}

void TaskAddresses::added(const model::Task& task) {
  if (has_address(task)) holders_[task.network_interface->address] = task.id;
}

void TaskAddresses::removed(const model::Task& task) {
  if (!has_address(task)) return;
  const auto found = holders_.find(task.network_interface->address);
  if (found != holders_.end() && found->second == task.id) holders_.erase(found);
}

}  // namespace state
