// A target group and its targets.
#pragma once

#include <map>
#include <optional>

#include "base/time.h"
#include "model/tag.h"

namespace model {

struct TargetGroup {
  std::string arn, name;
  std::string protocol = "HTTP", protocol_version = "HTTP1";
  int port = 0;
  std::string vpc_id;
  std::string target_type = "instance";  ///< instance, ip
  std::string ip_address_type = "ipv4";
  bool health_check_enabled = true;
  std::string health_check_protocol = "HTTP", health_check_port = "traffic-port", health_check_path = "/";
  int health_check_interval = 30, health_check_timeout = 5;  ///< seconds, as given
  int healthy_threshold = 5, unhealthy_threshold = 2;
  std::string matcher = "200";
  std::map<std::string, std::string> attributes;
  Instant created_at{};
  Tags tags;

  const std::string& key() const { return arn; }
  /// deregistration_delay.timeout_seconds, 300 unless set.
  seconds deregistration_delay() const;

  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("arn", self.arn);
    field("name", self.name);
    field("protocol", self.protocol);
    field("protocol_version", self.protocol_version);
    field("port", self.port);
    field("vpc_id", self.vpc_id);
    field("target_type", self.target_type);
    field("ip_address_type", self.ip_address_type);
    field("health_check_enabled", self.health_check_enabled);
    field("health_check_protocol", self.health_check_protocol);
    field("health_check_port", self.health_check_port);
    field("health_check_path", self.health_check_path);
    field("health_check_interval", self.health_check_interval);
    field("health_check_timeout", self.health_check_timeout);
    field("healthy_threshold", self.healthy_threshold);
    field("unhealthy_threshold", self.unhealthy_threshold);
    field("matcher", self.matcher);
    field("attributes", self.attributes);
    field("created_at", self.created_at);
    field("tags", self.tags);
  }
};

struct Target {
  std::string group_arn;
  std::string target_id;  ///< instance id or address
  int port = 0;
  std::string address;           ///< where it really is
  std::string availability_zone;
  std::string task_id;           ///< registered by a service for this task; empty: by a user
  std::string state = "initial"; ///< initial, healthy, unhealthy, draining (sheet I)
  std::string reason = "Elb.RegistrationInProgress";
  std::string description = "Target registration is in progress";
  Instant registered_at{};
  std::optional<Instant> healthy_since, unhealthy_since, draining_since;
  bool idle = false;  ///< draining, and nothing in flight any more
  std::string blocked;  ///< how security groups keep the balancer from it; empty: they do not
  std::optional<Instant> blocked_since;

  /// "<group ARN>|<target id>:<port>"
  std::string key() const { return group_arn + "|" + member_id(); }
  std::string member_id() const { return target_id + ":" + std::to_string(port); }

  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("group_arn", self.group_arn);
    field("target_id", self.target_id);
    field("port", self.port);
    field("address", self.address);
    field("availability_zone", self.availability_zone);
    field("task_id", self.task_id);
    field("state", self.state);
    field("reason", self.reason);
    field("description", self.description);
    field("registered_at", self.registered_at);
    field("healthy_since", self.healthy_since);
    field("unhealthy_since", self.unhealthy_since);
    field("draining_since", self.draining_since);
    field("idle", self.idle);
    field("blocked", self.blocked);
    field("blocked_since", self.blocked_since);
  }
};

}  // namespace model
