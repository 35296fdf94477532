// An ECS task definition: what a task runs and what it needs of a node.
#pragma once

#include <map>
#include <optional>
#include <string_view>

#include "base/time.h"
#include "base/units.h"
#include "model/tag.h"

namespace model {

struct PortMapping {
  std::string name;
  int container_port = 0;
  int host_port = 0;  ///< 0: dynamic (bridge)
  std::string protocol = "tcp";
  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("name", self.name);
    field("container_port", self.container_port);
    field("host_port", self.host_port);
    field("protocol", self.protocol);
  }
};

struct ContainerHealthCheck {
  std::vector<std::string> command;
  int interval = 30, timeout = 5, retries = 3, start_period = 0;  ///< seconds, as given
  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("command", self.command);
    field("interval", self.interval);
    field("timeout", self.timeout);
    field("retries", self.retries);
    field("start_period", self.start_period);
  }
};

struct ContainerDependency {
  std::string container_name, condition;
  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("container_name", self.container_name);
    field("condition", self.condition);
  }
};

struct ContainerDefinition {
  std::string name, image;
  CpuUnits cpu;
  std::optional<MiB> memory, memory_reservation;
  bool essential = true;
  bool read_only_root = false;
  std::vector<std::string> entry_point, command;
  std::map<std::string, std::string> environment;
  std::string working_directory, user;
  std::vector<PortMapping> port_mappings;
  std::vector<ContainerDependency> depends_on;
  std::optional<ContainerHealthCheck> health_check;
  std::optional<int> start_timeout, stop_timeout;  ///< seconds
  std::string log_driver;                          ///< "awslogs" or empty
  std::map<std::string, std::string> log_options;  ///< awslogs-group, awslogs-stream-prefix…
  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("name", self.name);
    field("image", self.image);
    field("cpu", self.cpu);
    field("memory", self.memory);
    field("memory_reservation", self.memory_reservation);
    field("essential", self.essential);
    field("read_only_root", self.read_only_root);
    field("entry_point", self.entry_point);
    field("command", self.command);
    field("environment", self.environment);
    field("working_directory", self.working_directory);
    field("user", self.user);
    field("port_mappings", self.port_mappings);
    field("depends_on", self.depends_on);
    field("health_check", self.health_check);
    field("start_timeout", self.start_timeout);
    field("stop_timeout", self.stop_timeout);
    field("log_driver", self.log_driver);
    field("log_options", self.log_options);
  }
};

struct PlacementConstraint {
  std::string type;        ///< distinctInstance or memberOf
  std::string expression;  ///< memberOf: cluster query language
  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("type", self.type);
    field("expression", self.expression);
  }
};

struct TaskDefinition {
  std::string family;
  int revision = 0;
  std::string arn;
  std::string status = "ACTIVE";  ///< ACTIVE, INACTIVE, DELETE_IN_PROGRESS
  std::string network_mode = "bridge";
  std::optional<CpuUnits> cpu;   ///< task level
  std::optional<MiB> memory;     ///< task level
  std::vector<ContainerDefinition> containers;
  std::vector<PlacementConstraint> placement_constraints;
  std::string task_role_arn, execution_role_arn;
  Instant registered_at{};
  std::optional<Instant> deregistered_at;
  std::string document;  ///< the taskDefinition member as the API answers it (JSON): what clients compare with
  Tags tags;

  /// "family:00000007": the revisions of a family stand in order.
  std::string key() const { return key_of(family, revision); }
  static std::string key_of(std::string_view family, int revision);
  /// Of "family:7" or an ARN that ends so; empty if it is neither.
  static std::string key_of(std::string_view reference);
  /// What placement takes from a node: task level if given, else the containers' sum (sheet C).
  CpuUnits cpu_needed() const;
  MiB memory_needed() const;

  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("family", self.family);
    field("revision", self.revision);
    field("arn", self.arn);
    field("status", self.status);
    field("network_mode", self.network_mode);
    field("cpu", self.cpu);
    field("memory", self.memory);
    field("containers", self.containers);
    field("placement_constraints", self.placement_constraints);
    field("task_role_arn", self.task_role_arn);
    field("execution_role_arn", self.execution_role_arn);
    field("registered_at", self.registered_at);
    field("deregistered_at", self.deregistered_at);
    field("document", self.document);
    field("tags", self.tags);
  }
};

}  // namespace model
