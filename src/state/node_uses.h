// What tasks take of each container instance, kept as they come, change and end: placing one task costs the nodes that are
// looked at, not the tasks that run on them.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include "model/node_use.h"
#include "state/table.h"

namespace state {

class NodeUses final : public Table<model::Task>::Observer {
 public:
  explicit NodeUses(Table<model::Task>& tasks);
  NodeUses(const NodeUses&) = delete;
  NodeUses& operator=(const NodeUses&) = delete;

  /// Never null. It changes with the tasks, as long as the node has any.
  std::shared_ptr<const model::NodeUse> of(const std::string& container_instance) const;

 private:
  void added(const model::Task& task) override { count(task, 1); }
  void removed(const model::Task& task) override { count(task, -1); }
  void count(const model::Task& task, int sign);

  std::unordered_map<std::string, std::shared_ptr<model::NodeUse>> by_node_;
};

}  // namespace state
