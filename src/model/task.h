// An ECS task: one running (or ended) instance of a task definition on a node.
#pragma once

#include <optional>

#include "base/time.h"
#include "base/units.h"
#include "model/network.h"
#include "model/tag.h"

namespace model {

struct NetworkBinding {
  std::string bind_ip;
  int container_port = 0, host_port = 0;
  std::string protocol = "tcp";
  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("bind_ip", self.bind_ip);
    field("container_port", self.container_port);
    field("host_port", self.host_port);
    field("protocol", self.protocol);
  }
};

struct Container {
  std::string id;  ///< UUID, the tail of its ARN
  std::string name, image, image_digest, runtime_id;
  std::string last_status = "PENDING";  ///< PENDING, RUNNING, STOPPED
  std::string health_status = "UNKNOWN";
  std::optional<int> exit_code;
  int restart_count = 0;  ///< by its restart policy
  std::string reason;
  bool essential = true;
  std::vector<NetworkBinding> network_bindings;
  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("id", self.id);
    field("name", self.name);
    field("image", self.image);
    field("image_digest", self.image_digest);
    field("runtime_id", self.runtime_id);
    field("last_status", self.last_status);
    field("health_status", self.health_status);
    field("exit_code", self.exit_code);
    field("restart_count", self.restart_count);
    field("reason", self.reason);
    field("essential", self.essential);
    field("network_bindings", self.network_bindings);
  }
};

/// The network interface of a task in mode awsvpc.
struct TaskInterface {
  std::string id;             ///< "eni-…"
  std::string attachment_id;  ///< UUID
  std::string address;        ///< its own, in 127.0.0.0/8: no other task has it before this one has ended
  std::string subnet_id;
  std::vector<std::string> security_groups;  ///< none: the VPC's default one
  bool public_address = false;
  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("id", self.id);
    field("attachment_id", self.attachment_id);
    field("address", self.address);
    field("subnet_id", self.subnet_id);
    field("security_groups", self.security_groups);
    field("public_address", self.public_address);
  }
};

struct Task {
  std::string id;  ///< 32 hexadecimal digits
  std::string arn, cluster;
  std::string service;        ///< service name, empty for a standalone task
  std::string deployment_id;  ///< "ecs-svc/…"; also startedBy of a service's task
  std::string group, started_by;
  std::string task_definition_arn;
  std::string launch_type = "EC2";  ///< EC2, FARGATE
  std::string capacity_provider;    ///< empty: of a launch type
  std::string container_instance;  ///< ContainerInstance::id; empty while not placed
  std::string instance_id;         ///< the EC2 instance below it
  std::string availability_zone;
  std::string node_address;
  std::optional<TaskInterface> network_interface;      ///< of mode awsvpc, once it is placed
  std::optional<NetworkConfiguration> wanted_network;  ///< of mode awsvpc, while it waits to be placed
  std::string last_status = "PROVISIONING";  ///< sheet A1
  std::string desired_status = "RUNNING";    ///< RUNNING or STOPPED
  std::string stop_code, stopped_reason;
  std::string health_status = "UNKNOWN";
  CpuUnits cpu;  ///< what it takes from its node
  MiB memory;
  std::vector<Container> containers;
  std::vector<int> static_host_ports;  ///< fixed ports it takes from its node (UDP: port + 65536, see control::port_slot)
  Instant created_at{};
  std::optional<Instant> pull_started_at, pull_stopped_at, started_at, stopping_at, stopped_at, execution_stopped_at;
  std::optional<Instant> drain_started_at;  ///< its targets were set draining
  std::optional<Instant> stop_sent_at;      ///< the runtime was told to stop it
  std::optional<Instant> protected_until;
  std::optional<Instant> first_healthy_at;  ///< when its service's scheduler first counted it as healthy
  bool accounted = false;  ///< its end has been counted by its service's scheduler (failed starts, circuit breaker)
  std::int64_t version = 1;
  std::string document;  ///< overrides and other echoed members (JSON)
  Tags tags;

  const std::string& key() const { return id; }
  /// "cluster/service", empty for a standalone task.
  std::string service_key() const { return service.empty() ? std::string() : cluster + "/" + service; }
  bool stopped() const { return last_status == "STOPPED"; }
  bool wanted() const { return desired_status == "RUNNING"; }
  /// On Fargate: it has no node.
  bool serverless() const { return launch_type == "FARGATE"; }
  bool placed() const { return serverless() || !container_instance.empty(); }
  /// In PROVISIONING until a node of its capacity provider has room.
  bool waiting() const { return !capacity_provider.empty() && !placed() && !stopped(); }
  /// Where its ports are: its own address, else its node's.
  const std::string& address() const { return network_interface ? network_interface->address : node_address; }

  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("id", self.id);
    field("arn", self.arn);
    field("cluster", self.cluster);
    field("service", self.service);
    field("deployment_id", self.deployment_id);
    field("group", self.group);
    field("started_by", self.started_by);
    field("task_definition_arn", self.task_definition_arn);
    field("launch_type", self.launch_type);
    field("capacity_provider", self.capacity_provider);
    field("container_instance", self.container_instance);
    field("instance_id", self.instance_id);
    field("availability_zone", self.availability_zone);
    field("node_address", self.node_address);
    field("network_interface", self.network_interface);
    field("wanted_network", self.wanted_network);
    field("last_status", self.last_status);
    field("desired_status", self.desired_status);
    field("stop_code", self.stop_code);
    field("stopped_reason", self.stopped_reason);
    field("health_status", self.health_status);
    field("cpu", self.cpu);
    field("memory", self.memory);
    field("containers", self.containers);
    field("static_host_ports", self.static_host_ports);
    field("created_at", self.created_at);
    field("pull_started_at", self.pull_started_at);
    field("pull_stopped_at", self.pull_stopped_at);
    field("started_at", self.started_at);
    field("stopping_at", self.stopping_at);
    field("stopped_at", self.stopped_at);
    field("execution_stopped_at", self.execution_stopped_at);
    field("drain_started_at", self.drain_started_at);
    field("stop_sent_at", self.stop_sent_at);
    field("protected_until", self.protected_until);
    field("first_healthy_at", self.first_healthy_at);
    field("accounted", self.accounted);
    field("version", self.version);
    field("document", self.document);
    field("tags", self.tags);
  }
};

}  // namespace model
