// What a node group's scaling policies make of its alarms (sheet F): a new desired capacity with its cause, or nothing.
// Called by the engine before reconcile_group, for a group that changed or one of whose policies' alarms was evaluated.
// Always holds: an evaluation is acted upon once (ScalingPolicy::acted_at); the result is within [min, max]; capacity that
// is still warming up is never asked for twice, and nothing is taken away while anything warms up.
#pragma once

#include <optional>
#include <vector>

#include "base/time.h"
#include "control/alarms/alarm.h"
#include "model/instance.h"
#include "model/scaling.h"

namespace control {

/// An alarm one of whose actions names the policy.
struct PolicyAlarm {
  const model::Alarm* alarm = nullptr;     ///< never null
  const Evaluation* evaluation = nullptr;  ///< the newest; null before the first since the engine's start
};

struct GroupPolicyView {
  const model::ScalingPolicy* policy = nullptr;  ///< never null
  std::vector<PolicyAlarm> alarms;
};

struct GroupScalingView {
  const model::AutoScalingGroup* group = nullptr;  ///< never null
  std::vector<const model::Instance*> instances;   ///< of the group
  std::vector<GroupPolicyView> policies;
};

struct GroupScalingDecision {
  std::optional<model::AutoScalingGroup> record;  ///< desired capacity, cause, details, cooldown
  std::vector<model::ScalingPolicy> policies;     ///< to put: what they acted upon
  Instant next_deadline = kNever;
};

GroupScalingDecision scale_group(const GroupScalingView& view, Instant now, Pace pace);

/// Seconds, before Pace: the policy's EstimatedInstanceWarmup, else DefaultInstanceWarmup, else the default cooldown.
/// `policy` null: the group's own.
int instance_warmup(const model::AutoScalingGroup& group, const model::ScalingPolicy* policy);
/// On its way into service, or in service for less than its warm-up: in no metric of the group, but capacity that a
/// scale-out counts.
bool is_warming(const model::Instance& instance, int warmup, Instant now, Pace pace);

/// What policies propose for a capacity, whoever asks: alarms above, ExecutePolicy below.
struct Capacities {
  int desired = 0;
  int warming = 0;      ///< of desired
  int terminating = 0;  ///< besides desired
};
/// At `now`: for an alarm's policy that is when its newest datapoint's period ended. A simple policy has a cooldown and
/// no warm-up: it counts what is desired, whatever comes or goes.
Capacities capacities(const GroupScalingView& view, const model::ScalingPolicy* policy, Instant now, Pace pace);
/// Step and simple policies; nothing when no step covers the breach, or nothing changes. Not clamped.
std::optional<int> adjusted(const Capacities& at, const model::StepScaling& step, double metric, double threshold);
/// The name of what ECS puts on the group of a capacity provider with managed scaling begins so.
inline constexpr const char* kManagedPolicy = "ECSManagedAutoScalingPolicy-";
bool is_managed(const model::ScalingPolicy& policy);
/// Simple scaling: its own cooldown, else the group's.
int cooldown_of(const model::ScalingPolicy& policy, const model::AutoScalingGroup& group);
/// A simple policy's activity is under way, or its cooldown lasts.
bool cools_down(const model::AutoScalingGroup& group, Instant now);

/// "a monitor alarm A in state ALARM triggered policy P changing the desired capacity from 3 to 2."
std::string cause_alarm(const std::string& alarm, const std::string& state, const std::string& policy, int from, int to);
std::string cause_executed(const std::string& policy, int from, int to);

}  // namespace control
