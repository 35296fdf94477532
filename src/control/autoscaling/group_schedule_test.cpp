#include "control/autoscaling/group_schedule.h"

#include <doctest/doctest.h>

using namespace control;

namespace {

struct Scene {
  Instant now = instant_from_ms(1'700'000'000'000);  // 2023-11-14T22:13:20Z
  TimeZone zone = TimeZone::utc();
  model::AutoScalingGroup group;
  model::ScheduledAction action;
  Scene() {
    group.name = action.group = "nodes";
    group.min_size = group.desired_capacity = 1;
    group.max_size = 3;
    action.arn = "arn";
    action.created_at = now;
  }
  GroupScheduleDecision step() {
    GroupScheduleDecision decision = run_group_schedules(group, {{&action, &zone}}, now, Pace{});
    if (decision.record) group = *decision.record;
    for (const auto& ran : decision.actions) action = ran;
    return decision;
  }
};

}  // namespace

TEST_CASE("GroupSchedule_OnceAtItsStartThenGone_WithAwsCause") {
  Scene scene;
  scene.action.start = scene.now + hours(1);
  scene.action.max_capacity = 8;
  scene.action.desired_capacity = 5;
  CHECK(scene.step().next_deadline == scene.now + hours(1));
  scene.now += hours(1);
  CHECK(scene.step().finished == std::vector<std::string>{"arn"});
  CHECK(scene.group.max_size == 8);
  CHECK(scene.group.desired_capacity == 5);
  CHECK(scene.group.last_cause ==
        "a scheduled action update of AutoScalingGroup constraints to min: 1, max: 8, desired: 5 changing the desired "
        "capacity from 1 to 5.");
}

TEST_CASE("GroupSchedule_RecursAndActsOnceOnWhatWasMissed") {
  Scene scene;
  scene.action.schedule = "0 8 * * *";
  scene.action.min_capacity = 2;
  CHECK_FALSE(scene.step().record);
  scene.now += hours(24 * 3);
  const GroupScheduleDecision decision = scene.step();
  CHECK(scene.group.desired_capacity == 2);  // new bounds take the size along
  CHECK(decision.finished.empty());
  CHECK(decision.next_deadline > scene.now);
  CHECK(decision.next_deadline <= scene.now + hours(24));
  scene.group.min_size = 1;
  CHECK_FALSE(scene.step().record);
}

TEST_CASE("GroupSchedule_SuspendedItPassesWithoutEffect") {
  Scene scene;
  scene.group.suspended["ScheduledActions"] = "User suspended";
  scene.action.start = scene.now;
  scene.action.desired_capacity = 3;
  CHECK(scene.step().finished.size() == 1);
  CHECK(scene.group.desired_capacity == 1);
}

TEST_CASE("GroupSchedule_WithAStartItRunsThenAndRecursAfterIt") {
  Scene scene;
  scene.action.schedule = "0 8 * * *";
  scene.action.start = scene.now + hours(30);  // 04:13:20, after the first 08:00
  scene.action.end = scene.now + hours(24 * 3);
  scene.action.desired_capacity = 3;
  CHECK(scene.step().next_deadline == *scene.action.start);
  scene.now = *scene.action.start;
  const GroupScheduleDecision decision = scene.step();
  CHECK(scene.group.desired_capacity == 3);
  CHECK(to_iso8601(decision.next_deadline) == "2023-11-16T08:00:00.000Z");
  scene.group.desired_capacity = 1;
  CHECK_FALSE(scene.step().record);
  scene.now += hours(24 * 2);  // 08:00 of the last day is before the end
  CHECK(scene.step().finished.size() == 1);
  CHECK(scene.group.desired_capacity == 3);
}

TEST_CASE("GroupSchedule_ANewMinimumLiftsAMaximumBelowIt_AndANewMaximumLowersAMinimumAboveIt") {
  Scene scene;
  scene.action.start = scene.now;
  scene.action.min_capacity = 5;
  scene.step();
  CHECK(scene.group.min_size == 5);
  CHECK(scene.group.max_size == 5);
  Scene other;
  other.group.min_size = other.group.desired_capacity = 2;
  other.action.start = other.now;
  other.action.max_capacity = 1;
  other.step();
  CHECK(other.group.min_size == 1);
  CHECK(other.group.max_size == 1);
  CHECK(other.group.desired_capacity == 1);
}

TEST_CASE("GroupSchedule_RunTwiceAtTheSameTimeItChangesNothing") {
  Scene scene;
  scene.action.schedule = "0 8 * * *";
  scene.action.desired_capacity = 2;
  scene.now += hours(24);
  CHECK(scene.step().record);
  const GroupScheduleDecision again = scene.step();
  CHECK_FALSE(again.record);
  CHECK(again.actions.empty());
}
