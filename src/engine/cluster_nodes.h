// The nodes of clusters with what is left on them, built when first asked for and shared by the services of one round.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "control/deployment/service_view.h"
#include "engine/engine.h"

namespace engine {

class Engine::ClusterNodes {
 public:
  explicit ClusterNodes(const state::State& state) : state_(state) {}
  std::vector<control::NodeView>& of(const std::string& cluster);
  /// What was decided for this node is in the records now (or was dropped): it is no longer counted beside them.
  void renew(const std::string& cluster, const model::ContainerInstance& node);

 private:
  const state::State& state_;
  std::map<std::string, std::vector<control::NodeView>> by_cluster_;
};

}  // namespace engine
