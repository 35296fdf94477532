// Step policies, schedules and the life of activities (sheet E3 to E5), one rule a case.
#include "control/autoscaling/scene_test.h"

using control::scaling_test::Scene;
namespace not_scaled = control::not_scaled;

namespace {

model::StepScaling by(int adjustment, int cooldown = 0) {
  model::StepScaling scaling{.adjustment_type = "ChangeInCapacity", .cooldown = cooldown};
  model::StepAdjustment step{.adjustment = adjustment};
  (adjustment > 0 ? step.lower : step.upper) = 0;
  scaling.steps = {step};
  return scaling;
}

}  // namespace

TEST_CASE("StepScaling_TakesTheStepOfTheBreach") {
  Scene scene(4, 1, 20);
  scene.step("steps", 80, "GreaterThanOrEqualToThreshold",
             {.adjustment_type = "ChangeInCapacity",
              .steps = {{.lower = 0, .upper = 15, .adjustment = 1}, {.lower = 15, .adjustment = 4}},
              .cooldown = 0});
  scene.evaluate("steps-alarm", "ALARM", 84);
  scene.settle();
  CHECK(scene.desired() == 5);
  scene.follow();
  scene.now += minutes(1);
  scene.evaluate("steps-alarm", "ALARM", 95);
  scene.settle();
  CHECK(scene.desired() == 9);
  CHECK(scene.last().cause == "monitor alarm steps-alarm in state ALARM triggered policy steps");
}

TEST_CASE("StepScaling_WithinItsCooldownALargerStepAddsTheRest") {
  Scene scene(10, 1, 50);
  scene.step("steps", 80, "GreaterThanThreshold",
             {.adjustment_type = "ChangeInCapacity",
              .steps = {{.lower = 0, .upper = 15, .adjustment = 2}, {.lower = 15, .adjustment = 3}},
              .cooldown = 300});
  scene.evaluate("steps-alarm", "ALARM", 85);
  scene.settle();
  scene.follow();
  CHECK(scene.desired() == 12);
  scene.now += minutes(1);
  scene.evaluate("steps-alarm", "ALARM", 100);
  scene.settle();
  CHECK(scene.desired() == 13);
}

TEST_CASE("StepScaling_ScaleInIsNotBlockedByTrackingPoliciesThatAreContent") {
  Scene scene(10, 1, 50);
  scene.track("cpu", 80);
  scene.step("down", 20, "LessThanThreshold", by(-2));
  scene.calm("cpu", 75);
  scene.evaluate("down-alarm", "ALARM", 5);
  scene.settle();
  CHECK(scene.desired() == 8);
}

TEST_CASE("StepScaling_ScaleInYieldsToAPolicyThatWantsOut") {
  Scene scene(10, 1, 50);
  scene.track("cpu", 80);
  scene.step("down", 20, "LessThanThreshold", by(-2));
  scene.high("cpu", 88);
  scene.evaluate("down-alarm", "ALARM", 5);
  scene.settle();
  CHECK(scene.desired() == 11);
}

TEST_CASE("StepScaling_ExactCapacityIsNotReducedByACooldown") {
  Scene scene(10, 1, 50);
  scene.step("steps", 80, "GreaterThanThreshold",
             {.adjustment_type = "ExactCapacity",
              .steps = {{.lower = 0, .upper = 10, .adjustment = 12}, {.lower = 10, .adjustment = 13}},
              .cooldown = 300});
  scene.evaluate("steps-alarm", "ALARM", 85);
  scene.settle();
  scene.follow();
  CHECK(scene.desired() == 12);
  scene.now += minutes(1);
  scene.evaluate("steps-alarm", "ALARM", 95);
  scene.settle();
  CHECK(scene.desired() == 13);
}

TEST_CASE("Schedule_SetsBoundsThenMovesTheCountIntoThem_WhateverTheCooldown") {
  Scene scene(3, 1, 10);
  scene.track("cpu", 80, 300);
  scene.high("cpu", 100);
  scene.settle();
  scene.follow();
  REQUIRE(scene.target.last_out->cooldown_until > scene.now);
  model::ScheduledAction& action = scene.schedules["morning"];
  action.name = "morning";
  action.schedule = "at(2023-11-14T22:15:00)";
  action.created_at = scene.now;
  action.min_capacity = 6;
  action.max_capacity = 12;
  CHECK(scene.decide().next_deadline == instant_from_ms(1'700'000'100'000));
  scene.now = instant_from_ms(1'700'000'100'000);
  scene.settle();
  CHECK(scene.target.min_capacity == 6);
  CHECK(scene.target.max_capacity == 12);
  CHECK(scene.desired() == 6);
  const auto& activities = scene.activities;
  const auto& bounds = activities[activities.size() - 2];
  CHECK(bounds.description == "Setting min capacity to 6 and max capacity to 12");
  CHECK(bounds.cause == "scheduled action name morning was triggered");
  CHECK(bounds.status == "Successful");
  CHECK(scene.last().description == "Setting desired count to 6.");
  CHECK(scene.last().cause == "minimum capacity was set to 6");
}

TEST_CASE("Schedule_SuspendedIsMissedForGood") {
  Scene scene(3, 1, 10);
  model::ScheduledAction& action = scene.schedules["hourly"];
  action.name = "hourly";
  action.schedule = "rate(1 hour)";
  action.created_at = scene.now;
  action.min_capacity = 5;
  scene.target.scheduled_suspended = true;
  scene.now += minutes(60);
  scene.settle();
  scene.target.scheduled_suspended = false;
  scene.settle();
  CHECK(scene.desired() == 3);
  scene.now += minutes(60);
  scene.settle();
  CHECK(scene.desired() == 5);
}

TEST_CASE("Schedule_OneBoundAloneMovesTheOtherAlong") {
  Scene scene(3, 1, 4);
  model::ScheduledAction& action = scene.schedules["peak"];
  action.name = "peak";
  action.schedule = "rate(1 hour)";
  action.created_at = scene.now;
  action.min_capacity = 6;
  scene.now += hours(1);
  scene.settle();
  CHECK(scene.target.min_capacity == 6);
  CHECK(scene.target.max_capacity == 6);
  CHECK(scene.desired() == 6);
}

TEST_CASE("Schedule_InAnUnknownZoneDoesNotRun") {
  Scene scene(3, 1, 10);
  model::ScheduledAction action;
  action.schedule = "rate(1 minute)";
  action.created_at = scene.now;
  action.min_capacity = 5;
  auto view = scene.view();
  view.schedules.push_back({&action, nullptr});
  scene.now += hours(1);
  const auto decision = control::scale_service(view, scene.now, {}, scene.random);
  CHECK(decision.schedules.empty());
}

TEST_CASE("Activity_IsInProgressUntilTheServiceRunsTheCount") {
  Scene scene(3, 1, 20);
  scene.track("cpu", 80);
  scene.high("cpu", 120);
  scene.settle();
  CHECK(scene.last().status_message == "Successfully set desired count to 5. Waiting for change to be fulfilled by ecs.");
  scene.running = 4;
  scene.settle();
  CHECK(scene.last().status == "InProgress");
  scene.now += seconds(20);
  scene.follow();
  CHECK(scene.last().status == "Successful");
  CHECK(scene.last().status_message == "Successfully set desired count to 5. Change successfully fulfilled by ecs.");
  CHECK(scene.last().end == scene.now);
}

TEST_CASE("Activity_IsOverriddenByALaterChange") {
  Scene scene(3, 1, 20);
  scene.track("cpu", 80);
  scene.high("cpu", 120);
  scene.settle();
  scene.service.desired_count = 7;  // UpdateService by hand
  scene.settle();
  CHECK(scene.last().status == "Overridden");
  CHECK(scene.last().status_message == "Successfully set desired count to 5. Found it was later changed to 7.");
}

TEST_CASE("Activity_ThatTheServiceDoesNotFollowEndsUnfulfilled") {
  Scene scene(3, 1, 20);
  scene.track("cpu", 80);
  scene.high("cpu", 120);
  CHECK(scene.decide().next_deadline == scene.now + control::kUnfulfilledAfter);
  scene.now += control::kUnfulfilledAfter;
  scene.settle();
  CHECK(scene.last().status == "Unfulfilled");
}

TEST_CASE("Service_ThatIsGoneLeavesItsPoliciesInert") {
  Scene scene(3, 1, 20);
  scene.track("cpu", 80);
  scene.high("cpu", 120);
  scene.settle();
  scene.service_there = false;
  scene.settle();
  CHECK(scene.last().status == "Failed");
  const auto count = scene.activities.size();
  scene.now += minutes(1);
  scene.high("cpu", 400);
  scene.settle();
  CHECK(scene.activities.size() == count);
}

TEST_CASE("Decision_RunAgainAtTheSameInstantChangesNothing") {
  Scene scene(3, 1, 20);
  scene.track("cpu", 80);
  scene.high("cpu", 120);
  scene.settle();
  const auto again = scene.decide();
  CHECK_FALSE(again.desired_count);
  CHECK_FALSE(again.target);
  CHECK(again.policies.empty());
  CHECK(again.activities.empty());
}
