// Whatever alarms, schedules, deployments and users do in whatever order: what always holds of service scaling.
#include <rapidcheck.h>

#include "control/autoscaling/scene_test.h"

using control::scaling_test::Scene;

namespace {

/// One minute or less of a random life; says whether some policy that may scale in had no data.
void live(Scene& scene) {
  scene.now += seconds(*rc::gen::inRange(1, 90));
  for (const char* policy : {"cpu", "memory"}) {
    switch (*rc::gen::inRange(0, 6)) {
      case 0: scene.high(policy, 80 + *rc::gen::inRange(1, 400)); break;
      case 1: scene.low(policy, *rc::gen::inRange(0, 72)); break;
      case 2: scene.calm(policy, 75); break;
      case 3: scene.no_data(policy); break;
      default: break;  // not evaluated
    }
  }
  if (*rc::gen::inRange(0, 4) == 0) scene.evaluate("steps-alarm", "ALARM", 80 + *rc::gen::inRange(0, 40));
  if (*rc::gen::inRange(0, 4) == 0) scene.evaluate("steps-alarm", "OK", 50);
  if (*rc::gen::inRange(0, 3) == 0) scene.running = scene.desired();
  if (*rc::gen::inRange(0, 5) == 0) scene.running = *rc::gen::inRange(0, scene.desired() + 1);
  auto& rollout = scene.service.deployments.front().rollout_state;
  if (*rc::gen::inRange(0, 8) == 0) rollout = rollout == "COMPLETED" ? "IN_PROGRESS" : "COMPLETED";
  if (*rc::gen::inRange(0, 12) == 0) scene.target.scale_in_suspended = !scene.target.scale_in_suspended;
  if (*rc::gen::inRange(0, 12) == 0) scene.target.scale_out_suspended = !scene.target.scale_out_suspended;
}

bool without_data(const Scene& scene, const std::string& policy) {
  const auto& low = scene.alarms.at(policy + "-AlarmLow");
  const auto evaluation = scene.evaluations.find(low.name);
  return low.state != "ALARM" || evaluation == scene.evaluations.end() || !evaluation->second.value;
}

Scene any_scene() {
  const int min = *rc::gen::inRange(0, 5), max = min + *rc::gen::inRange(0, 30);
  Scene scene(*rc::gen::inRange(min, max + 1), min, max);
  scene.track("cpu", 80, *rc::gen::inRange(0, 400));
  scene.track("memory", 80, *rc::gen::inRange(0, 400));
  scene.step("steps", 80, "GreaterThanThreshold",
             {.adjustment_type = "ChangeInCapacity",
              .steps = {{.lower = 0, .upper = 20, .adjustment = 1}, {.lower = 20, .adjustment = 4}},
              .cooldown = 120});
  return scene;
}

}  // namespace

TEST_CASE("Property_CountsStayInBounds_EveryChangeHasACause_ScaleInNeedsDataOfAll") {
  const bool held = rc::check([] {
    Scene scene = any_scene();
    for (int i = 0; i < 40; ++i) {
      live(scene);
      const int before = scene.desired();
      const std::size_t activities = scene.activities.size();
      const bool blind = without_data(scene, "cpu") || without_data(scene, "memory");
      const bool deploying = control::deployment_in_progress(scene.service);
      scene.settle();
      RC_ASSERT(scene.desired() >= scene.target.min_capacity);
      RC_ASSERT(scene.desired() <= scene.target.max_capacity);
      if (scene.desired() < before) {
        RC_ASSERT(!blind);
        RC_ASSERT(!deploying);
        RC_ASSERT(!scene.target.scale_in_suspended);
      }
      if (scene.desired() > before) RC_ASSERT(!scene.target.scale_out_suspended);
      RC_ASSERT(scene.desired() == before || scene.activities.size() > activities);
      for (const auto& activity : scene.activities) {
        RC_ASSERT(!activity.cause.empty());
        RC_ASSERT(!activity.details.empty());
        RC_ASSERT(activity.end.has_value() == (activity.status != "InProgress"));
      }
      RC_ASSERT(std::ranges::count(scene.activities, "InProgress", &model::TargetActivity::status) <= 1);
    }
  });
  CHECK(held);
}

TEST_CASE("Property_WhatHasSettledStaysSettled_AndDeadlinesLieAhead") {
  const bool held = rc::check([] {
    Scene scene = any_scene();
    for (int i = 0; i < 20; ++i) {
      live(scene);
      scene.settle();
      const auto again = scene.decide();
      RC_ASSERT(!again.desired_count && !again.target && again.policies.empty() && again.activities.empty());
      RC_ASSERT(again.next_deadline > scene.now);
    }
  });
  CHECK(held);
}
