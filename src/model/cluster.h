// An ECS cluster.
#pragma once

#include <vector>

#include "base/time.h"
#include "model/capacity_provider.h"
#include "model/tag.h"

namespace model {

struct Cluster {
  std::string name, arn;
  std::string status = "ACTIVE";  ///< ACTIVE, INACTIVE
  std::vector<std::string> capacity_providers;
  std::vector<CapacityShare> default_strategy;
  bool container_insights = false;  ///< whether ECS/ContainerInsights metrics are published
  Instant created_at{};
  std::string document;  ///< settings and configuration as the API gave them (JSON)
  Tags tags;

  const std::string& key() const { return name; }
  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("name", self.name);
    field("arn", self.arn);
    field("status", self.status);
    field("capacity_providers", self.capacity_providers);
    field("default_strategy", self.default_strategy);
    field("container_insights", self.container_insights);
    field("created_at", self.created_at);
    field("document", self.document);
    field("tags", self.tags);
  }
};

}  // namespace model
