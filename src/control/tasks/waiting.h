// Tasks that wait in PROVISIONING for a node of their capacity provider (sheet G). Called by the engine when a node of the
// cluster changed or a task on one ended. Pure but for chance.
#pragma once

#include <string>
#include <vector>

#include "base/random.h"
#include "control/placement/placement.h"

namespace control {

struct WaitingTask {
  const model::Task* task = nullptr;  ///< never null; waiting()
  PlacementRequest request;           ///< with its capacity provider
};
struct Assignment {
  std::string task_id;
  const model::ContainerInstance* node = nullptr;
};

/// Oldest first; what is placed is taken from `nodes`.
std::vector<Assignment> place_waiting(std::vector<WaitingTask> waiting, std::vector<NodeView>& nodes, Random& random);

}  // namespace control
