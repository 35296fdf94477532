// The life of one EC2 instance: pending, running (and its place in a cluster), shutting-down, terminated. Called by the
// engine for each instance that changed or whose deadline came, in a group or not.
// Always holds: an instance is terminated only when no task on it is left, or kTerminationLimit after it was asked to.
// While kDrainingHook holds it it is DRAINING, and let go when its last task is gone or kDrainingLimit is over.
// Until kHandOverLimit its services replace their tasks elsewhere first (it is DRAINING); what is left is then stopped.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/arn.h"
#include "control/deployment/service_view.h"
#include "model/cluster.h"
#include "model/container_instance.h"
#include "model/instance.h"

namespace control {

struct InstanceView {
  const model::Instance* instance = nullptr;                     ///< never null
  const model::ContainerInstance* container_instance = nullptr;  ///< null: in no cluster
  const model::Cluster* cluster = nullptr;   ///< the one its user data names (cluster_of_user_data), null if none such
  std::vector<const model::Task*> tasks;     ///< placed on it, not STOPPED
  std::string capacity_provider;             ///< of its group, in that cluster; empty: none
};

struct InstanceDecision {
  std::optional<model::Instance> record;                      ///< replaces the instance's record
  std::optional<model::ContainerInstance> container_instance; ///< to put: it joins, or stops taking tasks
  bool leaves_cluster = false;                                ///< erase its container instance
  bool remove = false;                                        ///< terminated an hour ago: erase the instance's record
  std::vector<StopTask> stop_tasks;                           ///< the host goes
  Instant next_deadline = kNever;
};

/// `boot_delay`: from launch to running, before Pace.
InstanceDecision advance_instance(const InstanceView& view, Duration boot_delay, const Account& account, Instant now,
                                  Pace pace, Random& random);

/// What ECS puts on the group of a capacity provider with managed draining.
inline constexpr const char* kDrainingHook = "ecs-managed-draining-termination-hook";

/// ECS renews the hook's heartbeat until the instance's tasks are gone, but no longer than this (sheet G; before Pace).
inline constexpr Duration kDrainingLimit = hours(48);

/// Services may take this long to replace their tasks before these are stopped (before Pace).
inline constexpr Duration kHandOverLimit = seconds(60);
/// Draining its tasks may hold a terminating instance this long (before Pace).
inline constexpr Duration kTerminationLimit = seconds(120);

}  // namespace control
