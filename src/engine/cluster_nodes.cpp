#include "engine/cluster_nodes.h"

namespace engine {

std::vector<control::NodeView>& Engine::ClusterNodes::of(const std::string& cluster) {
  const auto [found, added] = by_cluster_.try_emplace(cluster);
  if (!added) return found->second;
  for (const std::string& id : state_.container_instances_by_cluster.keys(cluster)) {
    std::vector<const model::Task*> tasks;
    for (const std::string& task : state_.tasks_by_container_instance.keys(id)) {
      tasks.push_back(state_.tasks.find(task));
    }
    found->second.push_back(control::make_node_view(*state_.container_instances.find(id), tasks));
  }
  return found->second;
}

}  // namespace engine
