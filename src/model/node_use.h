// What the tasks on one container instance take of it: a sum over their records. state::NodeUses keeps one for each node.
#pragma once

#include <map>
#include <string>

#include "base/units.h"
#include "model/task.h"

namespace model {

struct NodeUse {
  CpuUnits cpu;
  MiB memory;
  std::map<int, int> ports;       ///< Task::static_host_ports: tasks that have it
  std::map<int, int> host_ports;  ///< fixed and dynamic ones: bindings
  int running_tasks = 0;          ///< desired status RUNNING, as runningTasksCount
  std::map<std::string, int, std::less<>> tasks_by_group;  ///< "service:web" or "family:cron": wanted tasks

  /// `sign` 1: the task is there; -1: it no longer is as it was. STOPPED ones take nothing.
  void count(const Task& task, int sign);
};

}  // namespace model
