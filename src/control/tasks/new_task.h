// Makes the record of a new task, and puts it on a node: ids, containers, host ports. Called when the scheduler's
// StartTask is applied, by RunTask, and when a node has room for a task that waited.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/arn.h"
#include "base/random.h"
#include "base/time.h"
#include "control/tasks/interface.h"
#include "model/container_instance.h"
#include "model/task.h"
#include "model/task_definition.h"

namespace control {

/// Whether a task on the node has the host port.
using PortUsed = std::function<bool(int port)>;

struct NewTask {
  std::string id;  ///< 32 hexadecimal digits; empty: drawn
  const model::TaskDefinition& definition;
  const model::ContainerInstance* node = nullptr;  ///< null: it waits for one, or needs none (Fargate)
  std::string cluster;
  std::string service;        ///< empty: standalone
  std::string deployment_id;  ///< "ecs-svc/…", empty: standalone
  std::string group, started_by;
  std::string launch_type = "EC2";
  std::string capacity_provider;
  PortUsed port_used = {};  ///< needed where there is a node
  /// Of mode awsvpc: where its interface is to be, and the interface itself unless it waits.
  std::optional<model::NetworkConfiguration> network = {};
  const model::Subnet* subnet = nullptr;
  std::string address;
};

/// A task in PROVISIONING: its lifecycle takes it on. Dynamic host ports are drawn from 32768..60999 (Linux's ip_local_port_range, as the ECS agent does).
model::Task make_task(const NewTask& wanted, const Account& account, Instant now, Random& random);

/// A task that waited: its node, and ports on it. One of mode awsvpc gets its interface besides (attach_interface).
void assign_node(model::Task& task, const model::TaskDefinition& definition, const model::ContainerInstance& node,
                 const PortUsed& port_used, Random& random);

}  // namespace control
