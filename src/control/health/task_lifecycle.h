// The life of one task: PROVISIONING, PENDING, (ACTIVATING), RUNNING, DEACTIVATING, STOPPING, STOPPED (sheet A1).
// Called by the engine for each task that changed (its record, its containers, its targets) or whose deadline came.
// Always holds:
//  - Targets are draining, and idle or out of time, before the runtime is told to stop the task (unless aws_order).
//  - A task that ended by itself leaves its target groups at once.
//  - Applied and run again at the same time it decides nothing more.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "model/service.h"
#include "model/target_group.h"
#include "model/task.h"
#include "model/task_definition.h"

namespace control {

struct LifecycleView {
  const model::Task* task = nullptr;                  ///< never null
  const model::TaskDefinition* definition = nullptr;  ///< never null
  /// The bindings of the task's deployment; empty for a standalone task.
  std::vector<model::TargetGroupBinding> bindings;
  std::vector<const model::Target*> targets;          ///< registered for this task
  std::map<std::string, const model::TargetGroup*> groups;  ///< by ARN, of bindings and targets; a deleted one is absent
  bool node_alive = true;  ///< false: its instance is terminated, nothing runs on it any more
};

struct LifecycleOptions {
  /// AWS's order: SIGTERM at the same time as deregistration, instead of after the drain.
  bool aws_order = false;
};

/// Something that a service's event line counts; the engine gives those of one tick to target_events().
struct TargetEvent {
  enum class Kind { kRegistered, kDeregistered, kDraining };
  Kind kind = Kind::kRegistered;
  std::string service_key, service;  ///< "cluster/name", "name"
  std::string target_group_arn;      ///< kRegistered, kDeregistered
  std::string deployment_id;         ///< kDraining
};

struct TaskDecision {
  std::optional<model::Task> record;             ///< replaces the task's record
  std::vector<model::Target> register_targets;   ///< to put
  std::vector<std::string> drain_targets;        ///< keys: state draining with its reason, draining_since now
  std::vector<std::string> remove_targets;       ///< keys: to erase
  bool start_runtime = false;   ///< Driver::start, once the record is durable
  bool stop_runtime = false;    ///< Driver::stop, once the record is durable
  bool forget_runtime = false;  ///< STOPPED: Driver::forget, once the record is durable
  std::vector<TargetEvent> events;
  Instant next_deadline = kNever;
};

TaskDecision advance(const LifecycleView& view, Instant now, Pace pace, const LifecycleOptions& options = {});

/// Texts of what the tasks of one tick did, merged: one line for each service, kind and group ("registered 2 targets").
struct ServiceMessage {
  std::string service_key, message;
};
std::vector<ServiceMessage> target_events(const std::vector<TargetEvent>& events);

}  // namespace control
