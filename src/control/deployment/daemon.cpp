#include "control/deployment/daemon.h"

#include <algorithm>

#include "control/deployment/rollout.h"
#include "control/deployment/service_events.h"
#include "control/deployment/service_scheduler.h"
#include "control/placement/query.h"

namespace control {
namespace {

// ACTIVE nodes on which every memberOf expression of the service and its task definition holds.
std::vector<NodeView*> eligible_nodes(ServicePass& pass) {
  std::vector<model::PlacementConstraint> constraints = pass.service.placement_constraints;
  const model::TaskDefinition* definition =
      pass.view.surroundings->task_definition(pass.service.deployments.front().task_definition_arn);
  if (definition == nullptr || pass.service.status != "ACTIVE") return {};
  constraints.insert(constraints.end(), definition->placement_constraints.begin(),
                     definition->placement_constraints.end());
  if (definition->network_mode == "awsvpc") {
    const Subnets subnets = pass.subnets_of(pass.service.network);
    if (subnets.empty()) return {};
    constraints.push_back(confinement(subnets));
  }
  std::vector<Query> queries;
  for (const model::PlacementConstraint& constraint : constraints) {
    if (constraint.type != "memberOf") continue;
    Result<Query> query = Query::parse(constraint.expression);
    if (!query) return {};
    queries.push_back(*std::move(query));
  }
  std::vector<NodeView*> nodes;
  for (NodeView& node : pass.nodes()) {
    if (node.open() && std::all_of(queries.begin(), queries.end(), [&](const Query& q) { return q.matches(node); })) {
      nodes.push_back(&node);
    }
  }
  return nodes;
}

}  // namespace

int daemon_nodes(ServicePass& pass) { return static_cast<int>(eligible_nodes(pass).size()); }

void schedule_daemons(ServicePass& pass, int desired) {
  const std::vector<NodeView*> nodes = eligible_nodes(pass);
  const std::string scaling = text::stop_scaling(pass.service.deployments.front().id);
  const auto eligible = [&](const std::string& id) {
    return std::any_of(nodes.begin(), nodes.end(), [&](const NodeView* node) { return node->instance->id == id; });
  };
  const bool halted = pass.service.deployments.front().rollout_state == "FAILED";
  // Sheet A4: the last to stop on a DRAINING node. One that is ill or of an older revision cannot be replaced there, so
  // it does not wait: a deployment would have to.
  const auto is_last = [&](const Entry& entry) {
    return entry.node_draining && entry.running && !entry.unhealthy && (pass.primary(entry) || halted) &&
           entry.view != nullptr && entry.view->others_on_node;
  };
  for (Entry& entry : pass.entries) {
    if (entry.wanted && !eligible(entry.node) && !is_last(entry)) pass.stop(entry, scaling);
  }

  const int lower = lower_bound_of(desired, pass.service.deployment_configuration.minimum_healthy_percent);
  int spare = pass.count([](const Entry& entry) { return entry.keeps() && entry.healthy; }) - lower;
  std::set<std::string> covered;  // nodes with the current revision, or with an older one that must stay
  for (Entry& entry : pass.entries) {
    if (!entry.wanted || entry.node_draining) continue;
    const bool current = pass.primary(entry) || halted;
    if (entry.unhealthy) {
      pass.stop_unhealthy(entry);  // at most one for each node: it cannot be replaced start-first
    } else if (!current && (!entry.healthy || spare-- > 0)) {
      pass.stop(entry, scaling);
    } else if (!covered.insert(entry.node).second) {
      pass.stop(entry, scaling);  // two on one node: never decided, but an adopted world may show it
    }
  }

  model::Deployment& primary = pass.service.deployments.front();
  if (halted || breaker_due(pass, desired)) return;
  if (primary.next_launch_at > pass.now) {
    pass.wake_at(primary.next_launch_at);
    pass.keep_announced("placement");
    return;
  }
  for (NodeView* node : nodes) {
    if (!covered.contains(node->instance->id)) pass.start_on(primary, *node);
  }
}

}  // namespace control
