// What security groups let through, read off the records. Made by the engine for one round of decisions, and by what
// explains it to people; both ask control/health/reach.h.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "control/health/reach.h"
#include "state/state.h"

namespace engine {

class Reach {
 public:
  explicit Reach(const state::State& state) : state_(state) {}

  /// Why the balancer does not reach the target; empty: it does, or no balancer uses its group.
  std::string blocked(const model::Target& target, const model::TargetGroup& group);
  /// From where clients may connect to the listener; absent: from everywhere.
  std::optional<std::vector<std::string>> admitted(const model::Listener& listener) const;

 private:
  control::Side side_of(const model::LoadBalancer& balancer) const;
  control::Side side_of(const model::Instance& instance) const;
  /// One that has an address of its own.
  control::Side side_of(const model::Task& task) const;
  void add_groups(control::Side& side, const std::vector<std::string>& ids, const std::string& vpc_id) const;
  const model::LoadBalancer* balancer_of(const std::string& group_arn);

  const state::State& state_;
  std::optional<std::map<std::string, const model::LoadBalancer*>> balancers_;  ///< by target group, when first needed
};

}  // namespace engine
