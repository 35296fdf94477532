// What Application Auto Scaling and EC2 Auto Scaling keep: targets that may be scaled, policies, schedules, activities.
// One ScalingPolicy serves both layers: a service's belongs to a ScalableTarget, a node group's to an AutoScalingGroup.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "model/tag.h"

namespace model {

/// What a change of capacity leaves behind for the next decision (sheet E2: cooldowns).
struct LastScaling {
  Instant at{};
  Instant cooldown_until{};
  int change = 0;  ///< how much was added (or, for scale-in, taken)
  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("at", self.at);
    field("cooldown_until", self.cooldown_until);
    field("change", self.change);
  }
};

/// An ECS service's desired count, made scalable.
struct ScalableTarget {
  std::string service_namespace = "ecs";
  std::string resource_id;  ///< "service/cluster/name"
  std::string dimension = "ecs:service:DesiredCount";
  std::string arn, role_arn;
  int min_capacity = 0, max_capacity = 0;
  bool scale_in_suspended = false, scale_out_suspended = false, scheduled_suspended = false;
  Instant created_at{};
  std::optional<LastScaling> last_out, last_in;
  Tags tags;

  /// "ecs|service/cluster/name|ecs:service:DesiredCount"
  std::string key() const { return service_namespace + "|" + resource_id + "|" + dimension; }
  /// Service::key() of an ECS service: "cluster/name".
  std::string service_key() const { return resource_id.starts_with("service/") ? resource_id.substr(8) : ""; }
  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("service_namespace", self.service_namespace);
    field("resource_id", self.resource_id);
    field("dimension", self.dimension);
    field("arn", self.arn);
    field("role_arn", self.role_arn);
    field("min_capacity", self.min_capacity);
    field("max_capacity", self.max_capacity);
    field("scale_in_suspended", self.scale_in_suspended);
    field("scale_out_suspended", self.scale_out_suspended);
    field("scheduled_suspended", self.scheduled_suspended);
    field("created_at", self.created_at);
    field("last_out", self.last_out);
    field("last_in", self.last_in);
    field("tags", self.tags);
  }
};

/// Bounds are relative to the alarm's threshold; absent: infinite (sheet E3).
struct StepAdjustment {
  std::optional<double> lower, upper;
  int adjustment = 0;
  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("lower", self.lower);
    field("upper", self.upper);
    field("adjustment", self.adjustment);
  }
};

struct StepScaling {
  std::string adjustment_type;  ///< ChangeInCapacity, ExactCapacity, PercentChangeInCapacity
  std::vector<StepAdjustment> steps;
  std::optional<int> minimum_magnitude;  ///< of a percent change
  std::string aggregation = "Average";
  int cooldown = 300;  ///< seconds
  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("adjustment_type", self.adjustment_type);
    field("steps", self.steps);
    field("minimum_magnitude", self.minimum_magnitude);
    field("aggregation", self.aggregation);
    field("cooldown", self.cooldown);
  }
};

struct TargetTracking {
  double target_value = 0;
  std::string predefined_metric;  ///< "ECSServiceAverageCPUUtilization"; empty: customized
  std::string resource_label;     ///< of ALBRequestCountPerTarget
  std::string customized;         ///< CustomizedMetricSpecification as given (JSON)
  int scale_out_cooldown = 300, scale_in_cooldown = 300;  ///< seconds; not used by node groups
  bool disable_scale_in = false;
  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("target_value", self.target_value);
    field("predefined_metric", self.predefined_metric);
    field("resource_label", self.resource_label);
    field("customized", self.customized);
    field("scale_out_cooldown", self.scale_out_cooldown);
    field("scale_in_cooldown", self.scale_in_cooldown);
    field("disable_scale_in", self.disable_scale_in);
  }
};

struct ScalingPolicy {
  std::string arn, name;
  std::string target;  ///< ScalableTarget::key(); empty: a node group's
  std::string group;   ///< AutoScalingGroup::name; empty: a scalable target's
  std::string type;    ///< TargetTrackingScaling, StepScaling, SimpleScaling
  std::optional<StepScaling> step;
  std::optional<TargetTracking> tracking;
  std::optional<int> estimated_warmup;  ///< seconds; node groups only
  bool enabled = true;
  std::vector<std::string> alarms;  ///< names of the alarms it made and owns (target tracking)
  Instant created_at{};
  Instant acted_at{};  ///< the alarm evaluation that was acted upon last: none is acted upon twice
  std::string document;  ///< members that are only echoed (JSON)

  const std::string& key() const { return arn; }
  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("arn", self.arn);
    field("name", self.name);
    field("target", self.target);
    field("group", self.group);
    field("type", self.type);
    field("step", self.step);
    field("tracking", self.tracking);
    field("estimated_warmup", self.estimated_warmup);
    field("enabled", self.enabled);
    field("alarms", self.alarms);
    field("created_at", self.created_at);
    field("acted_at", self.acted_at);
    field("document", self.document);
  }
};

/// A scheduled change of bounds (service) or of bounds and size (node group).
struct ScheduledAction {
  std::string arn, name;
  std::string target, group;  ///< as ScalingPolicy's
  std::string schedule;       ///< "at(…)", "rate(…)", "cron(…)"; a node group's recurrence as given, or empty
  std::string timezone;
  std::optional<Instant> start, end;
  std::optional<int> min_capacity, max_capacity, desired_capacity;
  Instant created_at{};
  std::optional<Instant> last_run;

  const std::string& key() const { return arn; }
  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("arn", self.arn);
    field("name", self.name);
    field("target", self.target);
    field("group", self.group);
    field("schedule", self.schedule);
    field("timezone", self.timezone);
    field("start", self.start);
    field("end", self.end);
    field("min_capacity", self.min_capacity);
    field("max_capacity", self.max_capacity);
    field("desired_capacity", self.desired_capacity);
    field("created_at", self.created_at);
    field("last_run", self.last_run);
  }
};

/// What Application Auto Scaling did, or decided not to do, and why.
struct TargetActivity {
  std::string id;      ///< UUID
  std::string target;  ///< ScalableTarget::key()
  std::string description, cause;
  std::string status = "InProgress";  ///< Pending, InProgress, Successful, Overridden, Unfulfilled, Failed
  std::string status_message;
  std::string not_scaled_reason;  ///< AlreadyAtMaxCapacity…; set: shown only with IncludeNotScaledActivities
  std::optional<int> not_scaled_current, not_scaled_limit;
  std::optional<int> desired_count;  ///< that it set; absent: it set none
  std::string details;  ///< the decision as data (JSON): inputs, datapoints, arithmetic, cooldowns, winner
  Instant start{};
  std::optional<Instant> end;

  const std::string& key() const { return id; }
  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("id", self.id);
    field("target", self.target);
    field("description", self.description);
    field("cause", self.cause);
    field("status", self.status);
    field("status_message", self.status_message);
    field("not_scaled_reason", self.not_scaled_reason);
    field("not_scaled_current", self.not_scaled_current);
    field("not_scaled_limit", self.not_scaled_limit);
    field("desired_count", self.desired_count);
    field("details", self.details);
    field("start", self.start);
    field("end", self.end);
  }
};

}  // namespace model
