// An ECS service, its deployments and its events.
#pragma once

#include <map>
#include <optional>

#include "base/time.h"
#include "model/capacity_provider.h"
#include "model/network.h"
#include "model/tag.h"
#include "model/task_definition.h"

namespace model {

struct PlacementStrategy {
  std::string type;   ///< spread, binpack, random
  std::string field;  ///< instanceId, attribute:X, cpu, memory
  template <class Self, class Field>
  static void visit(Self& self, Field&& visit_field) {
    visit_field("type", self.type);
    visit_field("field", self.field);
  }
};

/// Which container port a target group sends to.
struct TargetGroupBinding {
  std::string target_group_arn, container_name;
  int container_port = 0;
  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("target_group_arn", self.target_group_arn);
    field("container_name", self.container_name);
    field("container_port", self.container_port);
  }
  friend bool operator==(const TargetGroupBinding&, const TargetGroupBinding&) = default;
};

struct CircuitBreaker {
  bool enable = false, rollback = false;
  bool reset_on_healthy_task = true;
  std::string threshold_type = "BOUNDED_PERCENT";  ///< COUNT, BOUNDED_PERCENT, UNBOUNDED_PERCENT
  double threshold_value = 50;
  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("enable", self.enable);
    field("rollback", self.rollback);
    field("reset_on_healthy_task", self.reset_on_healthy_task);
    field("threshold_type", self.threshold_type);
    field("threshold_value", self.threshold_value);
  }
};

struct DeploymentConfiguration {
  int maximum_percent = 200;
  int minimum_healthy_percent = 100;
  CircuitBreaker circuit_breaker;
  std::string strategy = "ROLLING";
  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("maximum_percent", self.maximum_percent);
    field("minimum_healthy_percent", self.minimum_healthy_percent);
    field("circuit_breaker", self.circuit_breaker);
    field("strategy", self.strategy);
  }
};

/// A strategy names Fargate's providers or Auto Scaling groups', never both.
inline bool runs_on_fargate(const std::string& launch_type, const std::vector<CapacityShare>& strategy) {
  return strategy.empty() ? launch_type == "FARGATE" : is_fargate(strategy.front().provider);
}

/// One set of settings being rolled out. The newest is PRIMARY; older ones with tasks left are ACTIVE.
struct Deployment {
  std::string id;  ///< "ecs-svc/1234567890123456789"
  std::string status = "PRIMARY";
  std::string task_definition_arn;
  int desired_count = 0;
  Instant created_at{}, updated_at{};
  std::string rollout_state = "IN_PROGRESS";  ///< IN_PROGRESS, COMPLETED, FAILED
  std::string rollout_reason;
  int failed_tasks = 0;  ///< consecutive, as the API reports it
  /// Settings that a rollback must bring back with the task definition.
  std::vector<TargetGroupBinding> load_balancers;
  std::vector<PlacementConstraint> placement_constraints;
  std::vector<PlacementStrategy> placement_strategies;
  std::vector<CapacityShare> capacity_strategy;
  std::string launch_type = "EC2";  ///< EC2, FARGATE; empty: a capacity provider strategy
  NetworkConfiguration network;
  /// Launch throttle (sheet A6): starts that ended before RUNNING since one got there, and when the next may be tried.
  int launch_failures = 0;
  Instant next_launch_at{};
  bool reached_running = false;  ///< the circuit breaker's stage 2

  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("id", self.id);
    field("status", self.status);
    field("task_definition_arn", self.task_definition_arn);
    field("desired_count", self.desired_count);
    field("created_at", self.created_at);
    field("updated_at", self.updated_at);
    field("rollout_state", self.rollout_state);
    field("rollout_reason", self.rollout_reason);
    field("failed_tasks", self.failed_tasks);
    field("load_balancers", self.load_balancers);
    field("placement_constraints", self.placement_constraints);
    field("placement_strategies", self.placement_strategies);
    field("capacity_strategy", self.capacity_strategy);
    field("launch_type", self.launch_type);
    field("network", self.network);
    field("launch_failures", self.launch_failures);
    field("next_launch_at", self.next_launch_at);
    field("reached_running", self.reached_running);
  }
};

struct Service {
  std::string cluster;  ///< the cluster's name
  std::string name, arn;
  std::string status = "ACTIVE";  ///< ACTIVE, DRAINING, INACTIVE
  std::string scheduling_strategy = "REPLICA";
  std::string launch_type = "EC2";  ///< EC2, FARGATE; empty: a capacity provider strategy
  std::vector<CapacityShare> capacity_strategy;
  NetworkConfiguration network;
  int desired_count = 0;
  std::string task_definition_arn;
  std::vector<TargetGroupBinding> load_balancers;
  std::vector<PlacementConstraint> placement_constraints;
  std::vector<PlacementStrategy> placement_strategies;
  DeploymentConfiguration deployment_configuration;
  int health_check_grace_period = 0;  ///< seconds, as given
  std::vector<Deployment> deployments;  ///< newest (PRIMARY) first
  Instant created_at{};
  std::optional<Instant> steady_since;  ///< set while steady: the steady-state event is written once
  std::int64_t next_event = 1;          ///< sequence of its next ServiceEvent
  /// Conditions whose event was written and that still hold, with the time: not repeated until resolved or 6 h (sheet A7).
  std::map<std::string, Instant> announced;
  std::vector<std::string> fine_metrics;  ///< published each 20 s (monitoring): CPUUtilization, MemoryUtilization
  std::string document;  ///< members we only echo: propagateTags, platformVersion, … (JSON)
  Tags tags;

  /// "cluster/name"
  std::string key() const { return cluster + "/" + name; }
  /// Its tasks run on Fargate.
  bool serverless() const { return runs_on_fargate(launch_type, capacity_strategy); }
  Deployment* primary() { return deployments.empty() ? nullptr : &deployments.front(); }
  const Deployment* primary() const { return deployments.empty() ? nullptr : &deployments.front(); }

  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("cluster", self.cluster);
    field("name", self.name);
    field("arn", self.arn);
    field("status", self.status);
    field("scheduling_strategy", self.scheduling_strategy);
    field("launch_type", self.launch_type);
    field("capacity_strategy", self.capacity_strategy);
    field("network", self.network);
    field("desired_count", self.desired_count);
    field("task_definition_arn", self.task_definition_arn);
    field("load_balancers", self.load_balancers);
    field("placement_constraints", self.placement_constraints);
    field("placement_strategies", self.placement_strategies);
    field("deployment_configuration", self.deployment_configuration);
    field("health_check_grace_period", self.health_check_grace_period);
    field("deployments", self.deployments);
    field("created_at", self.created_at);
    field("steady_since", self.steady_since);
    field("next_event", self.next_event);
    field("announced", self.announced);
    field("fine_metrics", self.fine_metrics);
    field("document", self.document);
    field("tags", self.tags);
  }
};

/// Newest 100 of each service are kept (sheet A7).
struct ServiceEvent {
  std::string service;  ///< Service::key()
  std::int64_t sequence = 0;
  std::string id;  ///< UUID
  Instant at{};
  std::string message;

  /// "cluster/name#00000042": in order within a service.
  std::string key() const;
  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("service", self.service);
    field("sequence", self.sequence);
    field("id", self.id);
    field("at", self.at);
    field("message", self.message);
  }
};

}  // namespace model
