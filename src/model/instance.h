// EC2: launch templates, instances, and the Auto Scaling group (the node group) that keeps instances running.
#pragma once

#include <map>
#include <optional>

#include "base/time.h"
#include "model/tag.h"

namespace model {

struct LaunchTemplateVersion {
  std::int64_t number = 1;
  std::string description;
  std::string image_id, instance_type, user_data;  ///< user data base64, as given
  std::vector<std::string> security_groups;        ///< of the instances it launches, by id
  Tags instance_tags;                              ///< that the instances it launches get
  std::string document;  ///< LaunchTemplateData as given (JSON)
  Instant created_at{};
  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("number", self.number);
    field("description", self.description);
    field("image_id", self.image_id);
    field("instance_type", self.instance_type);
    field("user_data", self.user_data);
    field("security_groups", self.security_groups);
    field("instance_tags", self.instance_tags);
    field("document", self.document);
    field("created_at", self.created_at);
  }
};

struct LaunchTemplate {
  std::string id, name;
  std::int64_t default_version = 1, latest_version = 1;
  std::vector<LaunchTemplateVersion> versions;
  Instant created_at{};
  Tags tags;

  const std::string& key() const { return id; }
  /// "$Default", "$Latest", "" (default) or a number.
  const LaunchTemplateVersion* version(const std::string& wanted) const;
  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("id", self.id);
    field("name", self.name);
    field("default_version", self.default_version);
    field("latest_version", self.latest_version);
    field("versions", self.versions);
    field("created_at", self.created_at);
    field("tags", self.tags);
  }
};

/// Holds instances of a group on their way in or out until somebody says that they may go on.
struct LifecycleHook {
  std::string name;
  std::string transition;  ///< autoscaling:EC2_INSTANCE_LAUNCHING or _TERMINATING
  int heartbeat_timeout = 3600;           ///< seconds
  std::string default_result = "ABANDON";  ///< CONTINUE or ABANDON, when nobody says anything in time
  std::string document;                   ///< members that are only echoed (JSON)
  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("name", self.name);
    field("transition", self.transition);
    field("heartbeat_timeout", self.heartbeat_timeout);
    field("default_result", self.default_result);
    field("document", self.document);
  }
};

struct Instance {
  std::string id;  ///< "i-" and 17 hexadecimal digits
  std::string instance_type, image_id, user_data;
  std::string state = "pending";  ///< pending, running, shutting-down, terminated, stopped
  std::string address;            ///< its own, in 127.0.0.0/8
  std::string availability_zone, subnet_id, vpc_id;
  std::vector<std::string> security_groups;
  Instant launched_at{};
  std::optional<Instant> shutdown_at, terminated_at;
  std::optional<Instant> in_service_at;  ///< since when its group counts it as InService: warm-up and grace start there
  std::string state_reason;
  std::string launch_template_id;
  std::int64_t launch_template_version = 0;
  std::string document;  ///< other launch settings that are echoed (JSON)
  std::string reservation_id, client_token;  ///< of the RunInstances that launched it; empty in a group
  /// As its Auto Scaling group sees it; group empty: launched by RunInstances.
  std::string group;
  std::string lifecycle_state = "Pending";  ///< sheet F
  std::string health_status = "Healthy";
  std::map<std::string, Instant> hooks;  ///< lifecycle hooks it waits for: name -> until when
  bool abandoned = false;                ///< a hook of its launch said ABANDON
  bool protected_from_scale_in = false;
  Tags tags;

  const std::string& key() const { return id; }
  bool alive() const { return state == "pending" || state == "running"; }
  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("id", self.id);
    field("instance_type", self.instance_type);
    field("image_id", self.image_id);
    field("user_data", self.user_data);
    field("state", self.state);
    field("address", self.address);
    field("availability_zone", self.availability_zone);
    field("subnet_id", self.subnet_id);
    field("vpc_id", self.vpc_id);
    field("security_groups", self.security_groups);
    field("launched_at", self.launched_at);
    field("shutdown_at", self.shutdown_at);
    field("terminated_at", self.terminated_at);
    field("in_service_at", self.in_service_at);
    field("state_reason", self.state_reason);
    field("launch_template_id", self.launch_template_id);
    field("launch_template_version", self.launch_template_version);
    field("document", self.document);
    field("reservation_id", self.reservation_id);
    field("client_token", self.client_token);
    field("group", self.group);
    field("lifecycle_state", self.lifecycle_state);
    field("health_status", self.health_status);
    field("hooks", self.hooks);
    field("abandoned", self.abandoned);
    field("protected_from_scale_in", self.protected_from_scale_in);
    field("tags", self.tags);
  }
};

struct AutoScalingGroup {
  std::string name, arn;
  int min_size = 0, max_size = 0, desired_capacity = 0;
  std::string launch_template_id, launch_template_version;  ///< version as given: "$Latest", "3"
  std::vector<std::string> availability_zones, subnets;
  std::string health_check_type = "EC2";
  int health_check_grace_period = 0;  ///< seconds
  int default_cooldown = 300;
  std::optional<int> default_instance_warmup;     ///< seconds
  std::map<std::string, std::string> suspended;   ///< process -> why ("User suspended at …")
  std::vector<std::string> enabled_metrics;       ///< of the group itself: "GroupDesiredCapacity"…
  /// Simple scaling: the cooldown of the activity that is under way (seconds), and, once it is over, until when it lasts.
  std::optional<int> cooldown_after;
  Instant cooldown_until{};
  bool protect_new_instances = false;
  std::vector<std::string> termination_policies, target_group_arns;
  std::vector<LifecycleHook> hooks;
  std::string status;  ///< "Delete in progress" while it is deleted
  std::string last_cause;  ///< the sentence that explains the next activity (sheet F)
  std::string last_details;  ///< the decision behind last_cause as data (JSON); empty: a request
  Instant created_at{};
  std::string document;  ///< echoed members (JSON)
  struct GroupTag {
    std::string key, value;
    bool propagate_at_launch = false;
    template <class Self, class Field>
    static void visit(Self& self, Field&& field) {
      field("key", self.key);
      field("value", self.value);
      field("propagate_at_launch", self.propagate_at_launch);
    }
  };
  std::vector<GroupTag> tags;

  const std::string& key() const { return name; }
  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("name", self.name);
    field("arn", self.arn);
    field("min_size", self.min_size);
    field("max_size", self.max_size);
    field("desired_capacity", self.desired_capacity);
    field("launch_template_id", self.launch_template_id);
    field("launch_template_version", self.launch_template_version);
    field("availability_zones", self.availability_zones);
    field("subnets", self.subnets);
    field("health_check_type", self.health_check_type);
    field("health_check_grace_period", self.health_check_grace_period);
    field("default_cooldown", self.default_cooldown);
    field("default_instance_warmup", self.default_instance_warmup);
    field("suspended", self.suspended);
    field("enabled_metrics", self.enabled_metrics);
    field("cooldown_after", self.cooldown_after);
    field("cooldown_until", self.cooldown_until);
    field("protect_new_instances", self.protect_new_instances);
    field("termination_policies", self.termination_policies);
    field("target_group_arns", self.target_group_arns);
    field("hooks", self.hooks);
    field("status", self.status);
    field("last_cause", self.last_cause);
    field("last_details", self.last_details);
    field("created_at", self.created_at);
    field("document", self.document);
    field("tags", self.tags);
  }
};

struct ScalingActivity {
  std::string id;     ///< UUID
  std::string group;  ///< the Auto Scaling group's name
  std::string instance_id;
  std::string description, cause;
  std::string status = "InProgress";  ///< PreInService, InProgress, Successful, Failed…
  std::string status_message;
  std::string details;  ///< the decision as data (JSON), as in TargetActivity
  int progress = 0;
  Instant start{};
  std::optional<Instant> end;

  const std::string& key() const { return id; }
  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("id", self.id);
    field("group", self.group);
    field("instance_id", self.instance_id);
    field("description", self.description);
    field("cause", self.cause);
    field("status", self.status);
    field("status_message", self.status_message);
    field("details", self.details);
    field("progress", self.progress);
    field("start", self.start);
    field("end", self.end);
  }
};

}  // namespace model
