#include "control/autoscaling/group_scaling.h"

#include <doctest/doctest.h>

#include <map>
#include <string>

using namespace control;

namespace {

constexpr const char* kArn = "arn:aws:autoscaling:us-east-1:1:scalingPolicy:u:autoScalingGroupName/nodes:policyName/";

/// A group, its policies, each with alarms whose state and value a test sets.
struct Scene {
  Instant now = instant_from_ms(1'700'000'000'000);
  Pace pace;
  model::AutoScalingGroup group;
  std::map<std::string, model::Instance> instances;
  std::map<std::string, model::ScalingPolicy> policies;
  std::map<std::string, model::Alarm> alarms;
  std::map<std::string, Evaluation> evaluations;

  explicit Scene(int desired = 2) {
    group.name = "nodes";
    group.min_size = 1;
    group.max_size = 10;
    group.desired_capacity = desired;
    for (int i = 0; i < desired; ++i) add_instance("InService");
  }
  void add_instance(const std::string& state, Duration in_service = hours(1)) {
    model::Instance one;
    one.id = "i-" + std::to_string(instances.size());
    one.lifecycle_state = state;
    if (state != "Pending") one.in_service_at = now - in_service;
    instances[one.id] = one;
  }
  model::ScalingPolicy& policy(const std::string& name, const std::string& type) {
    model::ScalingPolicy& one = policies[name];
    one.arn = kArn + name;
    one.name = name;
    one.group = group.name;
    one.type = type;
    return one;
  }
  void alarm(const std::string& name, const std::string& policy, const std::string& comparison, double threshold) {
    model::Alarm& one = alarms[name];
    one.name = name;
    one.comparison = comparison;
    one.threshold = threshold;
    one.alarm_actions = {kArn + policy};
  }
  model::ScalingPolicy& tracking(const std::string& name, double target, bool disable_scale_in = false) {
    model::ScalingPolicy& one = policy(name, "TargetTrackingScaling");
    one.tracking = model::TargetTracking{.target_value = target, .disable_scale_in = disable_scale_in};
    alarm(name + "-high", name, "GreaterThanThreshold", target);
    if (!disable_scale_in) alarm(name + "-low", name, "LessThanThreshold", target * 0.7);
    return one;
  }
  model::ScalingPolicy& step(const std::string& name, int adjustment, const std::string& type = "StepScaling",
                             const std::string& how = "ChangeInCapacity") {
    model::ScalingPolicy& one = policy(name, type);
    one.step = model::StepScaling{.adjustment_type = how, .steps = {{.adjustment = adjustment}}};
    alarm(name + "-alarm", name, "GreaterThanThreshold", 50);
    return one;
  }
  void evaluate(const std::string& alarm, const std::string& state, std::optional<double> value) {
    evaluations[alarm] = {.at = now, .state = state, .value = value, .points = {{now, value}}, .breaching = 1, .needed = 1};
  }
  GroupScalingDecision decide() const {
    GroupScalingView view{.group = &group};
    for (const auto& [id, one] : instances) view.instances.push_back(&one);
    for (const auto& [name, one] : policies) {
      GroupPolicyView& seen = view.policies.emplace_back();
      seen.policy = &one;
      for (const auto& [alarm_name, alarm] : alarms) {
        if (alarm.alarm_actions.front() != one.arn) continue;
        const auto found = evaluations.find(alarm_name);
        seen.alarms.push_back({&alarm, found == evaluations.end() ? nullptr : &found->second});
      }
    }
    return scale_group(view, now, pace);
  }
  /// Decides and applies; the desired capacity after it.
  int run() {
    GroupScalingDecision decision = decide();
    if (decision.record) group = *decision.record;
    for (model::ScalingPolicy& one : decision.policies) policies[one.name] = one;
    const GroupScalingDecision again = decide();
    CHECK_FALSE(again.record);  // level-triggered: run twice it changes nothing
    CHECK(again.policies.empty());
    return group.desired_capacity;
  }
};

}  // namespace

TEST_CASE("GroupScaling_TargetTracking_ScalesOutInProportionAndSaysWhy") {
  Scene scene(2);
  scene.tracking("cpu", 30);
  scene.evaluate("cpu-high", "ALARM", 65);
  CHECK(scene.run() == 5);  // ceil(2 * 65 / 30)
  CHECK(scene.group.last_cause ==
        "a monitor alarm cpu-high in state ALARM triggered policy cpu changing the desired capacity from 2 to 5.");
  CHECK(scene.group.last_details.find(R"("formula":"ceil(2 * 65 / 30) = 5")") != std::string::npos);
  CHECK(scene.group.last_details.find(R"("winner":"cpu")") != std::string::npos);
  CHECK(scene.group.last_details.find(R"("datapoints":[{"at":"2023-11-14T22:13:20.000Z","value":6.5E1}])") !=
        std::string::npos);
}

TEST_CASE("GroupScaling_ActsOnceOnAnEvaluation_AndAgainOnTheNext") {
  Scene scene(1);
  scene.tracking("cpu", 30).estimated_warmup = 0;
  scene.evaluate("cpu-high", "ALARM", 60);
  CHECK(scene.run() == 2);
  scene.add_instance("InService");
  scene.now += seconds(10);  // in service at once, but the evaluation is the one that brought it
  CHECK(scene.run() == 2);
  scene.now += seconds(50);
  scene.evaluate("cpu-high", "ALARM", 60);
  CHECK(scene.run() == 4);
}

TEST_CASE("GroupScaling_WarmingInstancesCountAsCapacityButNotAsMeasured") {
  Scene scene(2);
  scene.tracking("cpu", 30);
  scene.group.default_instance_warmup = 120;
  scene.evaluate("cpu-high", "ALARM", 60);
  CHECK(scene.run() == 4);
  scene.add_instance("Pending");
  scene.add_instance("Pending");
  scene.now += seconds(60);
  scene.evaluate("cpu-high", "ALARM", 60);  // still measured on the two old ones: 2 * 60 / 30 = 4 are on their way
  CHECK(scene.run() == 4);
  scene.evaluate("cpu-high", "ALARM", 80);
  CHECK(scene.run() == 6);  // only what is missing besides those: ceil(2 * 80 / 30)
}

TEST_CASE("GroupScaling_AnInstanceIsMeasuredOnceADatapointHasIt") {
  Scene scene(2);
  scene.tracking("cpu", 30).estimated_warmup = 60;
  scene.instances["i-1"].in_service_at = scene.now - seconds(62);
  scene.evaluate("cpu-high", "ALARM", 60);
  scene.evaluations["cpu-high"].points = {{scene.now - seconds(65), 60}};  // of a minute that ended before it was warm
  CHECK(scene.run() == 2);
  scene.now += seconds(60);
  scene.evaluate("cpu-high", "ALARM", 60);
  scene.evaluations["cpu-high"].points = {{scene.now - seconds(65), 60}};
  CHECK(scene.run() == 4);
}

TEST_CASE("GroupScaling_ScaleInWaitsUntilNothingWarmsUp") {
  Scene scene(2);
  scene.tracking("cpu", 30);
  scene.group.default_instance_warmup = 120;
  scene.group.desired_capacity = 3;
  scene.add_instance("InService", seconds(60));
  scene.evaluate("cpu-low", "ALARM", 5);
  CHECK(scene.run() == 3);
  scene.now += seconds(59);
  scene.evaluate("cpu-low", "ALARM", 5);
  CHECK(scene.run() == 3);
  scene.now += seconds(1);
  scene.evaluate("cpu-low", "ALARM", 5);
  CHECK(scene.run() == 1);
}

TEST_CASE("GroupScaling_WarmupIsThePolicysElseTheGroupsElseTheDefaultCooldown_AtPace") {
  Scene scene;
  model::ScalingPolicy& cpu = scene.tracking("cpu", 30);
  CHECK(instance_warmup(scene.group, &cpu) == 300);
  scene.group.default_instance_warmup = 90;
  CHECK(instance_warmup(scene.group, &cpu) == 90);
  cpu.estimated_warmup = 10;
  CHECK(instance_warmup(scene.group, &cpu) == 10);
  CHECK(instance_warmup(scene.group, nullptr) == 90);
  model::Instance young;
  young.lifecycle_state = "InService";
  young.in_service_at = scene.now - seconds(9);
  CHECK(is_warming(young, 10, scene.now, Pace{}));
  CHECK_FALSE(is_warming(young, 10, scene.now, Pace{2}));
  young.lifecycle_state = "Pending";
  CHECK(is_warming(young, 0, scene.now, Pace{}));
}

TEST_CASE("GroupScaling_TerminatingInstancesStillCountForScaleIn") {
  Scene scene(4);
  scene.tracking("cpu", 30);
  scene.evaluate("cpu-low", "ALARM", 15);
  CHECK(scene.run() == 2);
  scene.instances["i-0"].lifecycle_state = scene.instances["i-1"].lifecycle_state = "Terminating";
  scene.now += seconds(60);
  scene.evaluate("cpu-low", "ALARM", 15);  // the four that were measured need two, and two are left
  CHECK(scene.run() == 2);
}

TEST_CASE("GroupScaling_OutIfAnyPolicyWants_TheLargestWins") {
  Scene scene(2);
  scene.tracking("cpu", 30);
  scene.tracking("requests", 100);
  scene.evaluate("cpu-low", "ALARM", 5);
  scene.evaluate("requests-high", "ALARM", 190);
  CHECK(scene.run() == 4);
  Scene both(2);
  both.tracking("cpu", 30);
  both.tracking("requests", 100);
  both.evaluate("cpu-high", "ALARM", 80);
  both.evaluate("requests-high", "ALARM", 120);
  CHECK(both.run() == 6);
  CHECK(both.group.last_cause.find("triggered policy cpu ") != std::string::npos);
}

TEST_CASE("GroupScaling_InOnlyIfAllTargetTrackingPoliciesAgree_ToTheLargest") {
  Scene scene(6);
  scene.tracking("cpu", 30);
  scene.tracking("requests", 100);
  scene.evaluate("cpu-low", "ALARM", 5);
  CHECK(scene.run() == 6);
  scene.evaluate("requests-low", "INSUFFICIENT_DATA", std::nullopt);  // never read as low load
  CHECK(scene.run() == 6);
  scene.evaluate("requests-low", "OK", 90);
  CHECK(scene.run() == 6);
  scene.evaluate("requests-low", "ALARM", 50);
  CHECK(scene.run() == 3);
}

TEST_CASE("GroupScaling_PolicyWithoutScaleInDoesNotVote") {
  Scene scene(6);
  scene.tracking("cpu", 30);
  scene.tracking("requests", 100, true);
  scene.evaluate("cpu-low", "ALARM", 5);
  CHECK(scene.run() == 1);
}

TEST_CASE("GroupScaling_StepScaleInIsNotHeldByASilentTracker_ButByOneInWant") {
  Scene scene(4);
  scene.tracking("cpu", 30);
  scene.step("down", -1);
  scene.evaluate("down-alarm", "ALARM", 60);
  CHECK(scene.run() == 3);
  Scene held(4);
  held.tracking("cpu", 30);
  held.step("down", -1);
  held.evaluate("cpu-high", "ALARM", 30.5);
  held.evaluate("down-alarm", "ALARM", 60);
  CHECK(held.run() == 5);
}

TEST_CASE("GroupScaling_StepCountsWhatIsWarmingTowardItsStep") {
  Scene scene(10);
  scene.group.max_size = 20;
  model::ScalingPolicy& up = scene.step("up", 0, "StepScaling", "PercentChangeInCapacity");
  up.step->steps = {{.lower = 0.0, .upper = 10.0, .adjustment = 10}, {.lower = 10.0, .adjustment = 30}};
  scene.evaluate("up-alarm", "ALARM", 55);
  CHECK(scene.run() == 11);
  scene.add_instance("Pending");
  scene.now += seconds(60);
  scene.evaluate("up-alarm", "ALARM", 56);  // the same step again: its instance is on the way
  CHECK(scene.run() == 11);
  scene.now += seconds(60);
  scene.evaluate("up-alarm", "ALARM", 70);  // 30 % of the ten that are measured, one of them is there
  CHECK(scene.run() == 13);
}

TEST_CASE("GroupScaling_SimplePolicyWaitsForItsActivityAndThenItsCooldown") {
  // Its own cooldown, and the group's, which it has where it says none. It knows no warm-up.
  for (const auto& [own, of_group] : {std::pair(-1, 60), std::pair(60, 300)}) {
    CAPTURE(own);
    Scene scene(1);
    scene.step("up", 1, "SimpleScaling").step->cooldown = own;
    scene.group.default_cooldown = of_group;
    const auto fire = [&] {
      scene.evaluate("up-alarm", "ALARM", 90);
      return scene.run();
    };
    CHECK(fire() == 2);
    scene.add_instance("Pending");
    scene.now += seconds(100);
    CHECK(fire() == 2);  // the activity is under way
    scene.now += seconds(1);
    scene.instances["i-1"].lifecycle_state = "InService";
    scene.instances["i-1"].in_service_at = scene.now;
    CHECK(fire() == 2);  // and now its cooldown starts
    scene.now += seconds(59);
    CHECK(fire() == 2);
    scene.now += seconds(1);
    CHECK(fire() == 3);
    CHECK(scene.group.last_cause.find("triggered policy up ") != std::string::npos);
  }
}

TEST_CASE("GroupScaling_SimplePolicyTakesAwayWhileAnInstanceIsYoung") {
  Scene scene(2);
  scene.step("down", -1, "SimpleScaling").step->cooldown = 0;
  scene.instances["i-1"].in_service_at = scene.now - seconds(10);
  scene.evaluate("down-alarm", "ALARM", 90);
  CHECK(scene.run() == 1);
}

TEST_CASE("GroupScaling_StaysWithinMinAndMax_AndSaysSo") {
  Scene scene(2);
  scene.group.max_size = 3;
  scene.tracking("cpu", 30);
  scene.evaluate("cpu-high", "ALARM", 99);
  CHECK(scene.run() == 3);
  CHECK(scene.group.last_details.find(R"("clamped":true)") != std::string::npos);
  scene.add_instance("InService");
  scene.now += seconds(60);
  scene.evaluate("cpu-high", "ALARM", 99);
  CHECK(scene.run() == 3);
  scene.evaluate("cpu-high", "OK", 1);
  scene.evaluate("cpu-low", "ALARM", 0);
  CHECK(scene.run() == 1);
}

TEST_CASE("GroupScaling_NothingForDisabledActionsDisabledPoliciesSuspendedGroupsOrDeletedOnes") {
  const auto wanted = [](auto change) {
    Scene scene(2);
    scene.tracking("cpu", 30);
    scene.evaluate("cpu-high", "ALARM", 99);
    change(scene);
    return scene.run();
  };
  CHECK(wanted([](Scene&) {}) == 7);
  CHECK(wanted([](Scene& scene) { scene.alarms["cpu-high"].actions_enabled = false; }) == 2);
  CHECK(wanted([](Scene& scene) { scene.policies["cpu"].enabled = false; }) == 2);
  CHECK(wanted([](Scene& scene) { scene.group.suspended["AlarmNotification"] = "User suspended"; }) == 2);
  CHECK(wanted([](Scene& scene) { scene.group.status = "Delete in progress"; }) == 2);
}

TEST_CASE("GroupScaling_ALowMetricThatNeedsTheSameNumberTakesNothingAway") {
  Scene scene(2);
  scene.tracking("cpu", 30);
  scene.evaluate("cpu-low", "ALARM", 20);  // ceil(2 * 20 / 30) is still 2
  CHECK(scene.run() == 2);
  scene.now += seconds(60);
  scene.evaluate("cpu-low", "ALARM", 14.9);
  CHECK(scene.run() == 1);
}

TEST_CASE("GroupScaling_ManagedScaling_TheNextStepOutWaitsUntilTheLastOneIsWarm") {
  Scene scene(2);
  model::ScalingPolicy& policy = scene.tracking("ECSManagedAutoScalingPolicy-p", 100);
  policy.estimated_warmup = 300;
  for (auto& [id, one] : scene.instances) one.in_service_at = scene.now - seconds(299);
  scene.evaluate("ECSManagedAutoScalingPolicy-p-high", "ALARM", 250);
  CHECK(scene.run() == 2);
  scene.now += seconds(1);
  scene.evaluate("ECSManagedAutoScalingPolicy-p-high", "ALARM", 250);
  CHECK(scene.run() == 5);  // ceil(2 * 250 / 100), in one step
}

TEST_CASE("GroupScaling_ManagedScaling_TakesHalfOfTheGroupAtMost") {
  Scene scene(5);
  scene.group.min_size = 0;
  scene.tracking("ECSManagedAutoScalingPolicy-p", 100);
  scene.evaluate("ECSManagedAutoScalingPolicy-p-low", "ALARM", 0);
  CHECK(scene.run() == 3);
}

TEST_CASE("GroupScaling_ManagedScaling_DrainingInstancesAreNotInItsBase") {
  Scene scene(4);
  scene.tracking("ECSManagedAutoScalingPolicy-p", 100);
  scene.add_instance("Terminating:Wait");
  scene.add_instance("Terminating:Wait");
  scene.evaluate("ECSManagedAutoScalingPolicy-p-low", "ALARM", 75);  // three of the four InService are needed
  CHECK(scene.run() == 3);
}

TEST_CASE("GroupScaling_AnOldDatapointInAnAlarmIsNoReasonToScale_TheNextOneIs") {
  Scene scene(4);
  scene.tracking("cpu", 30);
  scene.evaluate("cpu-low", "ALARM", 5);
  scene.evaluations["cpu-low"].points = {{scene.now - minutes(10), 5}, {scene.now - minutes(1), std::nullopt}};
  CHECK(scene.run() == 4);
  scene.evaluations["cpu-low"].points.back().value = 5;
  CHECK(scene.run() == 1);
}
