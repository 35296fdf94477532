// What `scaleout status` shows of one service: read through the AWS APIs, and from the engine's own page where it is our
// engine. Reading is here, showing in status_text.h.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "client/aws_client.h"
#include "console/scaling_status.h"

namespace api::ecs {
struct Service;
}

namespace console {

struct ServiceName {
  std::string cluster, service;
};

struct Counts {
  int desired = 0, running = 0, pending = 0;
};

struct DeploymentStatus {
  std::string id, status, rollout_state, rollout_reason, task_definition;
  Counts tasks;
  int failed = 0;
};

struct TargetStatus {
  std::string id, state, reason, description;
  int port = 0;
};

/// Of CPU units or MiB.
struct Capacity {
  std::optional<double> used;  ///< measured; AWS does not tell
  std::int64_t reserved = 0, free = 0;
};

struct NodeStatus {
  std::string instance, type, zone, address, status;  ///< empty: not known
  int running = 0, pending = 0;
  Capacity cpu, memory;
  std::string group{};  ///< the Auto Scaling group it is of; empty: none
};

struct EventStatus {
  std::string id, message;
  std::int64_t at_ms = 0;
  std::string kind = "service";  ///< or "scaling", "nodes", "alarm"
  std::string details;           ///< of a scaling activity: the decision as data (JSON)
};

struct Status {
  ServiceName name;
  std::string status, task_definition;
  Counts tasks;
  int healthy = 0;
  std::string url;  ///< empty: no load balancer, or it cannot be told
  std::string url_problem;
  std::vector<DeploymentStatus> deployments;
  std::vector<TargetStatus> targets;
  std::vector<NodeStatus> nodes;
  std::vector<ScalingLayer> scaling;
  std::vector<EventStatus> events;  ///< oldest first
};

/// What cannot be told (no EC2, no load balancer) stays empty; a missing service is an error that names those there are.
Result<Status> read_status(client::AwsClient& aws, const ServiceName& name, const EnginePage& engine_page);

/// A missing cluster or service is an error that names those there are.
Result<api::ecs::Service> describe_service(client::AwsClient& aws, const ServiceName& name);

/// The events of a service, oldest first: the newest 100, which is what ECS keeps.
Result<std::vector<EventStatus>> read_events(client::AwsClient& aws, const ServiceName& name);

}  // namespace console
