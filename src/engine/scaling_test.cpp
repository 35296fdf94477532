#include <doctest/doctest.h>

#include <algorithm>

#include "control/autoscaling/tracking_alarms.h"
#include "engine/world_test.h"

namespace engine {

namespace {

const std::string kTarget = "ecs|service/c/web|ecs:service:DesiredCount";

/// Tasks take 20 s to start, so that an activity is seen in progress.
drivers::fake::Behaviour slow(const drivers::TaskSpec&, const drivers::ContainerSpec&) {
  drivers::fake::Behaviour behaviour;
  behaviour.start_delay = seconds(20);
  return behaviour;
}

/// A scalable service of `desired` RUNNING tasks on three nodes.
void run_scalable_web(World& world, int desired, int min, int max) {
  world.add_cluster("c");
  for (int i = 0; i < 3; ++i) world.add_node("c");
  world.add_service("web", desired, world.add_task_definition("web"));
  REQUIRE(world.advance_until([&] { return world.running("web") == desired; }, minutes(5)));
  model::ScalableTarget target;
  target.resource_id = "service/c/web";
  target.min_capacity = min;
  target.max_capacity = max;
  world.state.scalable_targets.put(target);
  world.settle();
}

void schedule_minimum(World& world, const std::string& name, int minimum, const std::string& rate) {
  model::ScheduledAction action;
  action.arn = action.name = name;
  action.target = kTarget;
  action.schedule = rate;
  action.min_capacity = minimum;
  action.created_at = world.clock.now();
  world.state.scheduled_actions.put(action);
  world.settle();
}

int desired(const World& world) { return world.state.services.find("c/web")->desired_count; }

/// Oldest first.
std::vector<model::TargetActivity> activities(const World& world) {
  std::vector<model::TargetActivity> found;
  for (const std::string& id : world.state.activities_by_target.keys(kTarget)) {
    found.push_back(*world.state.target_activities.find(id));
  }
  std::ranges::sort(found, [](const auto& a, const auto& b) {
    return std::pair(a.start, a.desired_count.has_value()) < std::pair(b.start, b.desired_count.has_value());
  });
  return found;
}

}  // namespace

TEST_CASE("Scaling_AScheduleRaisesTheMinimum_TheServiceFollows_TheActivityEnds") {
  World world(slow);
  run_scalable_web(world, 2, 1, 10);
  const std::string deployment = world.state.services.find("c/web")->primary()->id;
  schedule_minimum(world, "peak", 5, "rate(10 minutes)");
  world.advance(minutes(9));
  CHECK(desired(world) == 2);
  world.advance(minutes(1));
  CHECK(desired(world) == 5);
  REQUIRE(activities(world).size() == 2);
  CHECK(activities(world)[1].status == "InProgress");
  CHECK(world.advance_until([&] { return activities(world)[1].end.has_value(); }, minutes(3)));
  CHECK(activities(world)[1].status == "Successful");
  CHECK(activities(world)[1].status_message == "Successfully set desired count to 5. Change successfully fulfilled by ecs.");
  CHECK(world.running("web") == 5);
  CHECK(world.state.services.find("c/web")->primary()->id == deployment);  // a count is no new deployment
  CHECK(world.state.services.find("c/web")->deployments.size() == 1);
}

TEST_CASE("Scaling_AnActivityIsFinishedByTheNextEngine") {
  World world(slow);
  run_scalable_web(world, 2, 1, 10);
  schedule_minimum(world, "peak", 4, "rate(1 minute)");
  world.advance(minutes(1));
  REQUIRE(activities(world).back().status == "InProgress");
  world.restart_engine();
  CHECK(world.advance_until([&] { return activities(world)[1].end.has_value(); }, minutes(3)));
  CHECK(activities(world)[1].status == "Successful");
}

TEST_CASE("Scaling_AChangeByHandOverridesTheActivity") {
  World world(slow);
  run_scalable_web(world, 2, 1, 10);
  schedule_minimum(world, "peak", 4, "rate(1 minute)");
  world.advance(minutes(1));
  world.set_desired("web", 6);
  world.settle();
  CHECK(activities(world)[1].status == "Overridden");
  CHECK(world.advance_until([&] { return world.running("web") == 6; }, minutes(3)));
}

TEST_CASE("Scaling_DeletingTheServiceFailsTheActivityAndLeavesTheTarget") {
  World world(slow);
  run_scalable_web(world, 2, 1, 10);
  schedule_minimum(world, "peak", 4, "rate(1 minute)");
  world.advance(minutes(1));
  world.state.services.update("c/web", [](model::Service& service) {
    service.status = "DRAINING";
    service.desired_count = 0;
  });
  world.settle();
  CHECK(activities(world)[1].status == "Failed");
  world.advance(minutes(30));
  CHECK(world.state.scalable_targets.find(kTarget));
  CHECK(desired(world) == 0);
}

TEST_CASE("Scaling_ActivitiesAreKeptSixWeeksAndInBoundedNumber") {
  World world(slow);
  run_scalable_web(world, 2, 1, 10);
  for (int i = 0; i < 260; ++i) {
    model::TargetActivity old;
    old.id = "old" + std::to_string(1000 + i);
    old.target = kTarget;
    old.status = "Successful";
    old.cause = "a test";
    old.start = world.clock.now() - (i < 5 ? hours(24 * 50) : minutes(300 - i));
    old.end = old.start;
    world.state.target_activities.put(old);
  }
  schedule_minimum(world, "peak", 4, "rate(1 minute)");
  world.advance(minutes(1));
  CHECK(activities(world).size() == 200);
  CHECK(activities(world).back().desired_count == 4);
  CHECK_FALSE(world.state.target_activities.find("old1000"));
}

TEST_CASE("Scaling_ADatapointWakesAServiceThatWasSetToZeroByHand_ThoughNoAlarmFires") {
  World world(slow);
  run_scalable_web(world, 1, 0, 10);
  const model::MetricName backlog{"My", "Backlog", {}};
  model::ScalingPolicy policy;
  policy.arn = make_arn({}, "autoscaling", "scalingPolicy:1:resource/ecs/service/c/web:policyName/backlog");
  policy.name = "backlog";
  policy.target = kTarget;
  policy.type = "TargetTrackingScaling";
  policy.tracking.emplace().target_value = 100;
  const control::TrackingAlarms request{
      .policy = policy, .resource = "service/c/web", .metric = {.metric = backlog}, .existing = {}};
  for (model::Alarm& alarm : control::tracking_alarms(request, {}, world.clock.now(), world.random)) {
    policy.alarms.push_back(alarm.name);
    world.state.alarms.put(alarm);
  }
  world.state.scaling_policies.put(policy);
  world.settle();
  world.set_desired("web", 0);
  world.advance(minutes(10));
  CHECK(desired(world) == 0);
  world.metrics->put(backlog, summarize({5}, world.clock.now(), ""));
  world.advance(minutes(3));
  CHECK(desired(world) == 1);
}

TEST_CASE("Scaling_ASecondTickAtTheSameTimeDoesNothing") {
  World world(slow);
  run_scalable_web(world, 2, 1, 10);
  schedule_minimum(world, "peak", 4, "rate(1 minute)");
  world.advance(minutes(1));
  const state::Commit before = world.store->commit();
  world.engine->tick();
  CHECK(world.store->commit() == before);
  CHECK_FALSE(world.engine->has_work());
}

}  // namespace engine
