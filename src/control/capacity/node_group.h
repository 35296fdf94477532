// An Auto Scaling group keeps its desired number of instances (sheet F). Called by the engine for a group that changed,
// one of whose instances changed, or whose deadline came. Fixed size: scaling policies change desired_capacity elsewhere.
// Always holds: applied and run again at the same time it decides nothing more.
#pragma once

#include <vector>

#include "base/random.h"
#include "base/time.h"
#include "model/instance.h"
#include "model/network.h"

namespace control {

struct GroupView {
  const model::AutoScalingGroup* group = nullptr;              ///< never null
  std::vector<const model::Instance*> instances;               ///< of the group, also terminated ones still listed
  const model::LaunchTemplate* launch_template = nullptr;      ///< null: deleted
  std::vector<const model::Subnet*> subnets;                   ///< those of the group that exist
  std::vector<const model::ScalingActivity*> activities;       ///< in progress
};

struct GroupDecision {
  /// To put: new ones (address empty: the engine gives each its own) and changed ones (shutting-down, lifecycle).
  std::vector<model::Instance> instances;
  std::vector<model::ScalingActivity> activities;  ///< to put
  std::optional<model::AutoScalingGroup> record;   ///< replaces the group's record
  bool remove = false;                             ///< being deleted, and its last instance is gone
  Instant next_deadline = kNever;
};

GroupDecision reconcile_group(const GroupView& view, Instant now, Pace pace, Random& random);

/// Until when an instance that begins to wait for the hook now does, unless somebody says before that it may go on.
Instant hook_ends(const model::LifecycleHook& hook, Instant now, Pace pace);

/// Causes that services write to AutoScalingGroup::last_cause, without the "At <time> " before them (sheet F).
std::string cause_created(int desired);
std::string cause_desired_set(int from, int to);
std::string cause_updated(int min, int max, int desired, int from, int to);

}  // namespace control
