// A container instance with what is left on it. The engine makes one for each node of a cluster (make_node_view), the
// scheduler takes from it what it places, so that several placements of one pass see each other.
// Always holds: cpu and memory of every task that is not STOPPED are taken; counts are of tasks that are wanted.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "model/container_instance.h"
#include "model/node_use.h"
#include "model/task.h"
#include "model/task_definition.h"

namespace control {

/// A fixed host port and its protocol as one number: TCP is the port itself, UDP lies above all of them.
/// Task::static_host_ports holds these.
int port_slot(int host_port, const std::string& protocol);

/// What one task takes from its node.
struct TaskNeeds {
  CpuUnits cpu;
  MiB memory;
  std::vector<int> ports;  ///< port_slot of each fixed host port
};
TaskNeeds task_needs(const model::TaskDefinition& definition);

struct NodeView {
  const model::ContainerInstance* instance = nullptr;  ///< never null; outlives the view
  std::shared_ptr<const model::NodeUse> before;  ///< of the tasks whose records exist; never null
  CpuUnits cpu_free;
  MiB memory_free;
  std::set<int> ports_taken;  ///< port_slot; beside those in `before`
  int running_tasks = 0;      ///< of all: desired status RUNNING, as runningTasksCount
  std::map<std::string, int, std::less<>> tasks_by_group;  ///< beside those in `before`

  int group_count(std::string_view group) const;
  /// Groups with a wanted task.
  std::set<std::string> groups() const;
  bool port_used(int slot) const { return ports_taken.contains(slot) || before->ports.contains(slot); }
  /// ACTIVE with a connected agent: takes new tasks.
  bool open() const { return instance->status == "ACTIVE" && instance->agent_connected; }
  void take(const TaskNeeds& needs, const std::string& group);
};

/// `use`: of the tasks on the instance; null: there are none.
NodeView make_node_view(const model::ContainerInstance& instance, std::shared_ptr<const model::NodeUse> use);

}  // namespace control
