// Which tasks go first when a service has too many (sheet C, scale-in): not yet running, then not healthy, then what
// leaves the best placement behind. Called by the service scheduler.
#pragma once

#include <string>
#include <vector>

#include "base/random.h"
#include "base/time.h"
#include "control/placement/node_view.h"
#include "model/service.h"

namespace control {

struct VictimCandidate {
  std::string container_instance, availability_zone;
  Instant created_at{};
  CpuUnits cpu;
  MiB memory;
  bool running = true, healthy = true;
  bool eligible = true;  ///< false: it counts for the balance but stays (protected, or another deployment's)
};

/// True if choose_victims looks at `nodes` for these strategies.
bool victims_need_nodes(const std::vector<model::PlacementStrategy>& strategies);

/// Indices into `candidates`, in the order in which they go; fewer than `count` if fewer are eligible.
std::vector<std::size_t> choose_victims(const std::vector<VictimCandidate>& candidates, std::size_t count,
                                        const std::vector<model::PlacementStrategy>& strategies,
                                        const std::vector<NodeView>& nodes, Random& random);

}  // namespace control
