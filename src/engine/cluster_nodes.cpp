#include "engine/cluster_nodes.h"

#include <algorithm>

namespace engine {

std::vector<control::NodeView>& Engine::ClusterNodes::of(const std::string& cluster) {
  const auto [found, added] = by_cluster_.try_emplace(cluster);
  if (!added) return found->second;
  for (const std::string& id : state_.container_instances_by_cluster.keys(cluster)) {
    found->second.push_back(control::make_node_view(*state_.container_instances.find(id), state_.node_uses.of(id)));
  }
  return found->second;
}

void Engine::ClusterNodes::renew(const std::string& cluster, const model::ContainerInstance& node) {
  std::vector<control::NodeView>& views = of(cluster);
  // In the order of their ids, as they were made.
  const auto view = std::ranges::lower_bound(views, node.id, {}, [](const control::NodeView& one) { return one.instance->id; });
  *view = control::make_node_view(node, state_.node_uses.of(node.id));
}

}  // namespace engine
