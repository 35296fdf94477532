// Puts tasks on nodes: ECS's order of resources, constraints, strategies (sheet C). The scheduler calls it for each task
// it starts, RunTask through place_tasks. Deterministic: only the strategy `random` takes from Random.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "control/placement/node_view.h"
#include "control/placement/query.h"
#include "model/service.h"

namespace control {

struct PlacementRequest {
  std::string group;  ///< "service:<name>" or "family:<family>": what spread and distinctInstance count
  TaskNeeds needs;
  std::vector<model::PlacementConstraint> constraints;  ///< the service's and the task definition's together
  std::vector<model::PlacementStrategy> strategies;     ///< empty: AWS's default
  std::string capacity_provider;                        ///< only its nodes; empty: every node
};

PlacementRequest placement_request(const std::string& group, const model::TaskDefinition& definition,
                                   const std::vector<model::PlacementConstraint>& constraints,
                                   const std::vector<model::PlacementStrategy>& strategies);

/// Why no node would do.
struct Refusal {
  std::string code;  ///< RESOURCE:CPU, RESOURCE:MEMORY, RESOURCE:PORTS, AGENT, ATTRIBUTE, or a sentence of AWS's
  std::string container_instance;  ///< id of the closest match; empty: the cluster has no instance

  /// What follows "(service S) " in the service's event.
  std::string event_text() const;
};

/// Places tasks of one request one after the other. Holds references: `nodes` must stay as large as they are.
class Placer {
 public:
  Placer(PlacementRequest request, std::vector<NodeView>& nodes, Random& random);
  /// Index of the node, from which the task's needs are now taken.
  tl::expected<std::size_t, Refusal> place();

 private:
  bool allowed(std::size_t node) const;
  bool fits(const NodeView& node) const;
  Refusal refuse() const;

  PlacementRequest request_;
  std::vector<NodeView>& nodes_;
  Random& random_;
  bool distinct_ = false;
  bool valid_ = true;
  std::vector<Query> changing_;        // asked for each task
  std::vector<char> member_;           // by node: all fixed expressions hold
  std::vector<std::vector<int>> bucket_of_;    // by strategy, by node: index of its attribute value
  std::vector<std::vector<int>> bucket_count_; // by strategy: tasks of the group for each attribute value
};

/// One task, without keeping a Placer.
tl::expected<std::size_t, Refusal> place(const PlacementRequest& request, std::vector<NodeView>& nodes,
                                         Random& random);

}  // namespace control
