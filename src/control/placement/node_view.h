// A container instance with what is left on it. The engine builds one for each node of a cluster (make_node_view), the
// scheduler takes from it what it places, so that several placements of one pass see each other.
// Always holds: cpu and memory of every task that is not STOPPED are taken; counts are of tasks that are wanted.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "model/container_instance.h"
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
  CpuUnits cpu_free;
  MiB memory_free;
  std::set<int> ports_used;  ///< port_slot
  int running_tasks = 0;     ///< desired status RUNNING, as runningTasksCount
  std::map<std::string, int, std::less<>> tasks_by_group;  ///< "service:web" or "family:cron": wanted tasks

  int group_count(std::string_view group) const;
  /// ACTIVE with a connected agent: takes new tasks.
  bool open() const { return instance->status == "ACTIVE" && instance->agent_connected; }
  void take(const TaskNeeds& needs, const std::string& group);
};

/// `tasks`: those placed on the instance; STOPPED ones are ignored.
NodeView make_node_view(const model::ContainerInstance& instance, const std::vector<const model::Task*>& tasks);

}  // namespace control
