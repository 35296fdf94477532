// What the service scheduler sees and what it decides. The engine fills a ServiceView from state for a service that
// changed or whose deadline came, calls reconcile() and applies the actions in order, in one transaction.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/time.h"
#include "control/placement/node_view.h"
#include "model/service.h"
#include "model/target_group.h"
#include "model/task.h"
#include "model/task_definition.h"

namespace control {

/// Looked up only when needed. Implemented by the engine over its state; answers stay valid during one reconcile().
class Surroundings {
 public:
  virtual ~Surroundings() = default;
  /// By ARN; null when it is gone.
  virtual const model::TaskDefinition* task_definition(const std::string& arn) = 0;
  /// Nodes of the service's cluster (every status), as they stand now. Asked for only to start tasks, by a DAEMON
  /// service, and by scale-in with a strategy. What the scheduler starts is taken from them, so that services
  /// reconciled in the same tick may share them.
  virtual std::vector<NodeView>& nodes() = 0;
  /// Tasks of the cluster that wait in PROVISIONING for a node of their capacity provider.
  virtual int waiting_tasks() { return 0; }
  /// By id; null when it is gone.
  virtual const model::Subnet* subnet(const std::string& id) = 0;
  /// How many more tasks can have an address of their own.
  virtual int addresses_left() = 0;
};

struct TaskView {
  const model::Task* task = nullptr;            ///< never null
  std::vector<const model::Target*> targets;    ///< registered for this task
  bool node_draining = false;                   ///< its container instance is DRAINING
  bool others_on_node = false;                  ///< of a DAEMON's there: a task that is no DAEMON's has not STOPPED yet
};

struct ServiceView {
  const model::Service* service = nullptr;  ///< never null
  std::vector<TaskView> tasks;              ///< of this service, not STOPPED
  /// STOPPED tasks of this service with accounted == false. They are accounted once (AccountTask).
  std::vector<const model::Task*> stopped;
  Surroundings* surroundings = nullptr;     ///< never null
};

/// A new task, placed unless it waits for capacity. The engine makes the record (containers, ports) from the task definition:
/// desired RUNNING, last status PROVISIONING, group "service:<name>", startedBy the deployment.
struct StartTask {
  std::string task_id;  ///< 32 hexadecimal digits, chosen here so that events can name it
  std::string deployment_id, task_definition_arn;
  const model::ContainerInstance* node = nullptr;  ///< null: it waits in PROVISIONING until its provider has one
  std::string capacity_provider;                   ///< empty: the service has a launch type
  TaskNeeds needs;      ///< cpu, memory and static_host_ports of the record
  std::string launch_type = "EC2";  ///< FARGATE: it needs no node
  /// Of mode awsvpc: what its interface is made of; no subnet: it gets one with its node.
  std::optional<model::NetworkConfiguration> network;
  const model::Subnet* subnet = nullptr;
};
/// Sets desired status STOPPED with code and reason; the task's lifecycle drains and stops it.
struct StopTask {
  std::string task_id, stop_code, reason;
};
/// The task's end is counted: sets Task::accounted.
struct AccountTask {
  std::string task_id;
};
/// The task counts as healthy for the first time: sets Task::first_healthy_at.
struct MarkHealthy {
  std::string task_id;
  Instant at;
};
/// Replaces the service's record (deployments, status, steady_since, announced…). At most one for each decision.
struct UpdateService {
  model::Service service;
};
/// Appends an event to the service; the text is complete ("(service web) has …").
struct EmitEvent {
  std::string message;
};
using ServiceAction = std::variant<StartTask, StopTask, AccountTask, MarkHealthy, UpdateService, EmitEvent>;

struct ServiceDecision {
  std::vector<ServiceAction> actions;
  /// Reconcile again then at the latest; kNever: only when something changes.
  Instant next_deadline = kNever;
  /// A task found no room: reconcile again when a node of the cluster changes or a task on one ends.
  bool waits_for_capacity = false;
};

}  // namespace control
