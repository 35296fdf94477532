// Which task has which address of its own (mode awsvpc), kept as tasks come, change and end. Asked by whoever places a
// task, and by whoever meets the address and wants to know whose it is. Always holds: an address is free again only
// when the record of the task that had it is STOPPED or gone.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>

#include "base/address_plan.h"
#include "model/task.h"
#include "state/table.h"

namespace state {

class TaskAddresses final : public Table<model::Task>::Observer {
 public:
  explicit TaskAddresses(Table<model::Task>& tasks);
  TaskAddresses(const TaskAddresses&) = delete;
  TaskAddresses& operator=(const TaskAddresses&) = delete;

  /// The id of the task that has it; empty: none.
  std::string holder(const std::string& address) const;
  int left() const { return AddressPlan::kTasks - static_cast<int>(holders_.size()); }
  /// One that no task has, going round, so that what still remembers an ended task does not meet another one at once.
  std::optional<std::string> take(const AddressPlan& plan);

 private:
  void added(const model::Task& task) override;
  void removed(const model::Task& task) override;

  std::unordered_map<std::string, std::string> holders_;  ///< address -> task id
  int next_ = 0;
};

}  // namespace state
