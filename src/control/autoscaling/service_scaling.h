// Application Auto Scaling's decisions for one scalable target (sheet E): what its policies, schedules and bounds make of
// the service's desired count, and how earlier changes went. Called by the engine when an alarm of the target was
// evaluated, when its records or its service changed, and at the deadlines it returns. Pure; run again at the same
// instant it decides nothing new.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/time.h"
#include "base/time_zone.h"
#include "control/alarms/alarm.h"
#include "model/alarm.h"
#include "model/scaling.h"
#include "model/service.h"

namespace control {

/// An alarm that a policy listens to, and what its last evaluation saw (null: none yet).
struct AlarmSeen {
  const model::Alarm* alarm = nullptr;
  const Evaluation* evaluation = nullptr;
};

struct PolicyView {
  const model::ScalingPolicy* policy = nullptr;
  std::vector<AlarmSeen> alarms;  ///< target tracking: those it owns; step scaling: those whose alarm action it is
};

struct ScheduleView {
  const model::ScheduledAction* action = nullptr;
  const TimeZone* zone = nullptr;  ///< null: its zone is not known here, so it cannot run
};

struct TargetView {
  const model::ScalableTarget* target = nullptr;  ///< never null
  std::vector<PolicyView> policies;
  std::vector<ScheduleView> schedules;
  const model::Service* service = nullptr;  ///< null: there is no ACTIVE service of that name
  int running = 0;                          ///< RUNNING and wanted tasks: the base capacity (not the desired count)
  Instant empty_since{};    ///< when the last of its tasks stopped; kNever: one has not. Looked at from 0 only
  std::vector<const model::TargetActivity*> in_progress;
  const model::TargetActivity* newest = nullptr;  ///< of any status; null: none yet
};

struct TargetDecision {
  std::optional<int> desired_count;  ///< the service's, when it changes
  std::optional<model::ScalableTarget> target;
  std::vector<model::ScalingPolicy> policies;
  std::vector<model::ScheduledAction> schedules;
  std::vector<model::TargetActivity> activities;  ///< new ones, and earlier ones that ended
  Instant next_deadline = kNever;
};

TargetDecision scale_service(const TargetView& view, Instant now, Pace pace, Random& random);

/// A change of desired count that has begun.
model::TargetActivity setting_desired_count(const std::string& target, int count, std::string cause, Instant now,
                                            Random& random);

/// Where `count` must move to stand within the target's bounds, and the cause in AWS's words. Also for
/// RegisterScalableTarget, which moves it at once.
struct BoundsMove {
  int count = 0;
  std::string cause;
};
std::optional<BoundsMove> move_into_bounds(const model::ScalableTarget& target, int count);

/// Whether the service replaces one revision by another: scale-in waits, scale-out goes on (sheet E1).
bool deployment_in_progress(const model::Service& service);

/// Reasons that DescribeScalingActivities knows, and ours (CooldownInEffect…), which AWS does not report.
namespace not_scaled {
inline constexpr const char* kAtMax = "AlreadyAtMaxCapacity";
inline constexpr const char* kAtMin = "AlreadyAtMinCapacity";
inline constexpr const char* kAtDesired = "AlreadyAtDesiredCapacity";
inline constexpr const char* kFlapping = "AutoScalingAnticipatedFlapping";  ///< another policy would scale out again
inline constexpr const char* kUnscalable = "TargetServicePutResourceAsUnscalable";  ///< scale-in during a deployment
inline constexpr const char* kCooldown = "CooldownInEffect";
inline constexpr const char* kSuspended = "ScalingSuspended";
inline constexpr const char* kNoData = "PolicyWithoutData";  ///< scale-in needs every policy's data
}  // namespace not_scaled

/// An activity in progress that its service has not followed for this long is Unfulfilled. AWS publishes no figure.
inline constexpr Duration kUnfulfilledAfter = minutes(30);

}  // namespace control
