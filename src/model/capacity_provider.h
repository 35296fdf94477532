// An ECS capacity provider: an Auto Scaling group that ECS places tasks on, and may scale.
#pragma once

#include <string>

#include "base/time.h"
#include "model/tag.h"

namespace model {

struct CapacityProvider {
  std::string name, arn;
  std::string group, group_arn;  ///< the Auto Scaling group's name
  std::string cluster;           ///< that uses it; empty: none yet
  std::string status = "ACTIVE";  ///< ACTIVE, INACTIVE (deleted, still shown by name)
  std::string update_status;      ///< "UPDATE_COMPLETE", "DELETE_COMPLETE"; empty: never changed
  /// Managed scaling (sheet G).
  bool managed_scaling = false;
  int target_capacity = 100, minimum_step = 1, maximum_step = 10'000, instance_warmup = 300;
  bool termination_protection = false;
  bool draining = true;
  std::string policy;         ///< ARN of the scaling policy that ECS put on the group; empty: none
  std::string attachment_id;  ///< UUID of the cluster's "as_policy" attachment
  Instant created_at{};
  Tags tags;

  const std::string& key() const { return name; }
  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("name", self.name);
    field("arn", self.arn);
    field("group", self.group);
    field("group_arn", self.group_arn);
    field("cluster", self.cluster);
    field("status", self.status);
    field("update_status", self.update_status);
    field("managed_scaling", self.managed_scaling);
    field("target_capacity", self.target_capacity);
    field("minimum_step", self.minimum_step);
    field("maximum_step", self.maximum_step);
    field("instance_warmup", self.instance_warmup);
    field("termination_protection", self.termination_protection);
    field("draining", self.draining);
    field("policy", self.policy);
    field("attachment_id", self.attachment_id);
    field("created_at", self.created_at);
    field("tags", self.tags);
  }
};

/// One provider's part in a capacity provider strategy: `base` tasks first, then in the ratio of the weights.
struct CapacityShare {
  std::string provider;
  int weight = 0, base = 0;
  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("provider", self.provider);
    field("weight", self.weight);
    field("base", self.base);
  }
  friend bool operator==(const CapacityShare&, const CapacityShare&) = default;
};

/// AWS's own providers: their tasks have no node of the user's.
inline bool is_fargate(const std::string& provider) { return provider == "FARGATE" || provider == "FARGATE_SPOT"; }

}  // namespace model
