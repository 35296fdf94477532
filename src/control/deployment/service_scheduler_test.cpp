// The rules of sheet A3-A7 and J, one test each, in the virtual world of scenario/.
#include "control/deployment/service_scheduler.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "control/deployment/circuit_breaker.h"
#include "control/scenario/world.h"

using namespace control;
using control::testing::Behaviour;
using control::testing::World;

namespace {

/// A service "web" of revision v1 that has settled, and revisions to deploy.
struct Scene {
  World world;
  explicit Scene(int desired, int minimum = 100, int maximum = 200, int groups = 1, int grace = 0, bool check = false) {
    Behaviour slow, sick, bad;
    slow.start = seconds(60);
    sick.never_healthy = true;
    bad.cannot_pull = true;
    world.add_definition("v1", {128}, {64}, {}, 0, check);
    world.add_definition("v2", {128}, {64}, {});
    world.add_definition("slow", {128}, {64}, slow);
    world.add_definition("sick", {128}, {64}, sick);
    world.add_definition("bad", {128}, {64}, bad);
    world.add_nodes(3, "t2.micro", {"a", "b", "c"});
    model::Service made;
    made.name = "web";
    made.desired_count = desired;
    made.health_check_grace_period = grace;
    made.deployment_configuration.minimum_healthy_percent = minimum;
    made.deployment_configuration.maximum_percent = maximum;
    world.add_service(made, "v1", groups);
  }
  ~Scene() { for (const auto& failure : world.failures) FAIL_CHECK(failure); }
  model::Service& service() { return world.services.at("c/web"); }
  model::Deployment& primary() { return service().deployments.front(); }
  int living(const std::string& definition = "", const std::string& status = "") {
    int count = 0;
    for (const auto& [id, task] : world.tasks) {
      count += task.wanted() && !task.stopped() && (definition.empty() || task.task_definition_arn == "td/" + definition) &&
               (status.empty() || task.last_status == status);
    }
    return count;
  }
  int told(const std::string& text) {
    return static_cast<int>(std::count_if(world.timeline.begin(), world.timeline.end(), [&](const auto& line) {
      return line.find(text) != std::string::npos;
    }));
  }
  void run(int duration) { world.run_for(seconds(duration)); }
  void container_health(const std::string& task, const std::string& status) {
    world.task(task).containers[0].health_status = status;
    world.touch_task(world.task(task).id);
  }
};

}  // namespace

TEST_CASE("Counts_LowerRoundsUpUpperRoundsDown") {
  CHECK(lower_bound_of(2, 75) == 2);
  CHECK(upper_bound_of(3, 125) == 3);
  CHECK(lower_bound_of(4, 50) == 2);
  CHECK(upper_bound_of(4, 200) == 8);
  CHECK(lower_bound_of(0, 100) == 0);
}

TEST_CASE("Healthy_WithoutBalancerAndChecks_40SecondsAfterRunning") {
  Scene scene(1, 100, 200, 0);
  scene.run(41);
  CHECK(scene.primary().rollout_state == "IN_PROGRESS");
  scene.run(2);  // started at +2 s
  CHECK(scene.primary().rollout_state == "COMPLETED");
}

TEST_CASE("Healthy_WithBalancer_WhenTheTargetIsHealthyInEveryGroup") {
  Scene scene(1, 100, 200, 2);
  scene.run(6);
  CHECK(scene.primary().rollout_state == "IN_PROGRESS");
  scene.run(2);
  CHECK(scene.primary().rollout_state == "COMPLETED");
  CHECK(scene.world.targets.size() == 2);
}

TEST_CASE("Healthy_WithContainerChecks_WhenBothAreHealthy") {
  Scene scene(1, 100, 200, 1, 0, true);
  scene.run(30);
  CHECK(scene.primary().rollout_state == "IN_PROGRESS");
  scene.container_health("T1", "HEALTHY");
  scene.run(1);
  CHECK(scene.primary().rollout_state == "COMPLETED");
}

TEST_CASE("Unhealthy_ContainerCheckReplacesTheTaskStartFirst") {
  Scene scene(1, 100, 200, 1, 0, true);
  scene.run(10);
  scene.container_health("T1", "HEALTHY");
  scene.run(1);
  scene.container_health("T1", "UNHEALTHY");
  scene.run(1);
  CHECK(scene.living() == 2);
  scene.container_health("T2", "HEALTHY");
  scene.run(60);
  CHECK(scene.world.task("T1").stopped_reason == "Task failed container health checks");
  CHECK(scene.world.task("T1").stop_code == "ServiceSchedulerInitiated");
  CHECK(scene.living() == 1);
}

TEST_CASE("Unhealthy_ReplacementIsLaunchedFirstThenTheTaskStopped") {
  Scene scene(2);
  scene.run(30);
  scene.world.make_unhealthy("T1");
  scene.run(1);
  CHECK(scene.living() == 3);
  scene.run(60);
  CHECK(scene.living() == 2);
  CHECK(scene.world.task("T1").stopped_reason == "Task failed ELB health checks in (target-group tg/web)");
  CHECK(scene.told("is unhealthy in (target-group tg/web) due to (reason Health checks failed with these codes: [503])") == 1);
}

TEST_CASE("Unhealthy_GracePeriodFromTaskStartIgnoresChecks") {
  Scene scene(1, 100, 200, 1, 60);
  scene.run(30);
  scene.world.make_unhealthy("T1");
  scene.run(20);
  CHECK(scene.living() == 1);
  scene.run(15);  // grace ended at +62 s
  CHECK(scene.living() == 2);
}

TEST_CASE("Unhealthy_ReplacementOfAnOldRevisionInMidRolloutUsesTheSameRevision") {
  Scene scene(2);
  scene.run(30);
  scene.world.deploy("web", "slow");
  scene.run(1);
  scene.world.crash("T1");
  scene.run(5);
  CHECK(scene.living("v1") == 2);
  scene.run(200);
  CHECK(scene.living("slow") == 2);
  CHECK(scene.living("v1") == 0);
}

TEST_CASE("Rolling_DesiredCountAloneMakesNoDeployment") {
  Scene scene(2);
  scene.run(30);
  scene.world.set_desired("web", 4);
  scene.run(30);
  CHECK(scene.service().deployments.size() == 1);
  CHECK(scene.primary().desired_count == 4);
  CHECK(scene.living() == 4);
}

TEST_CASE("Rolling_OldDeploymentStaysActiveAndCompletedUntilReplaced") {
  Scene scene(2);
  scene.run(30);
  scene.world.deploy("web", "v2");
  scene.run(3);
  REQUIRE(scene.service().deployments.size() == 2);
  CHECK(scene.primary().status == "PRIMARY");
  CHECK(scene.primary().rollout_state == "IN_PROGRESS");
  CHECK(scene.primary().rollout_reason == "ECS deployment ecs-svc/2 in progress.");
  CHECK(scene.service().deployments[1].status == "ACTIVE");
  CHECK(scene.service().deployments[1].rollout_state == "COMPLETED");
  scene.run(60);
  CHECK(scene.service().deployments.size() == 1);
  CHECK(scene.primary().rollout_reason == "ECS deployment ecs-svc/2 completed.");
}

TEST_CASE("Rolling_ForceNewDeploymentOfTheSameRevisionReplacesEveryTask") {
  Scene scene(2);
  scene.run(30);
  scene.world.deploy("web", "v1");
  scene.run(60);
  CHECK(scene.world.task("T1").stopped());
  CHECK(scene.world.task("T2").stopped());
  CHECK(scene.world.task("T1").stopped_reason == "Scaling activity initiated by (deployment ecs-svc/2)");
  CHECK(scene.living() == 2);
}

TEST_CASE("Rolling_75PercentOf2StallsAndSaysSoOnce") {
  Scene scene(2, 75, 100);
  scene.run(30);
  scene.world.deploy("web", "v2");
  scene.run(3600);
  CHECK(scene.living("v1") == 2);
  CHECK(scene.told("was unable to stop or start tasks during a deployment because of the service deployment") == 1);
}

TEST_CASE("Rolling_125PercentOf3CannotStart") {
  Scene scene(3, 100, 125);
  scene.run(30);
  scene.world.deploy("web", "v2");
  scene.run(60);
  CHECK(scene.living("v2") == 0);
}

TEST_CASE("Rolling_ZeroToHundredStopsAllAtOnce") {
  Scene scene(3, 0, 100);
  scene.run(30);
  scene.world.deploy("web", "v2");
  scene.run(1);
  CHECK(scene.living("v1") == 0);
  CHECK(scene.living("v2") == 3);
}

TEST_CASE("Rolling_ANewerDeploymentReplacesAnUnfinishedOne") {
  Scene scene(2);
  scene.run(30);
  scene.world.deploy("web", "slow");
  scene.run(5);
  scene.world.deploy("web", "v2");
  scene.run(120);
  CHECK(scene.living("v2") == 2);
  CHECK(scene.living() == 2);
  CHECK(scene.service().deployments.size() == 1);
}

// It COMPLETED while nothing was desired, so it was never proven; each pass handed back the places its failures gave up.
TEST_CASE("Rolling_ARevisionThatIsNeverHealthyIsNotRestoredForEver") {
  Scene scene(0);
  scene.world.deploy("web", "sick");
  scene.run(1);
  CHECK(scene.primary().rollout_state == "COMPLETED");
  scene.world.set_desired("web", 6);
  scene.run(1);
  scene.world.deploy("web", "v2");
  scene.world.set_desired("web", 3);
  scene.run(60);
  CHECK(scene.primary().rollout_state == "COMPLETED");
  CHECK(scene.living("sick") == 0);
  CHECK(scene.living("v2", "RUNNING") == 3);
}

TEST_CASE("Protected_TasksAreSkippedByScaleInAndDeployments") {
  Scene scene(2);
  scene.run(30);
  scene.world.task("T1").protected_until = scene.world.now + minutes(2);
  scene.world.deploy("web", "v2");
  scene.run(60);
  CHECK(scene.world.task("T1").wanted());
  scene.run(90);
  CHECK(!scene.world.task("T1").wanted());
  CHECK(scene.primary().rollout_state == "COMPLETED");
}

TEST_CASE("Protected_MoreThanDesiredIsToldAsAnEvent") {
  Scene scene(2);
  scene.run(30);
  for (const char* name : {"T1", "T2"}) scene.world.task(name).protected_until = scene.world.now + minutes(2);
  scene.world.set_desired("web", 1);
  scene.run(60);
  CHECK(scene.living() == 2);
  CHECK(scene.told("The number of protected tasks are more than the desired count of tasks") == 1);
  scene.run(90);
  CHECK(scene.living() == 1);
}

TEST_CASE("Breaker_ThresholdIsHalfOfDesiredBoundedTo3And200") {
  model::CircuitBreaker breaker;
  CHECK(breaker_threshold(breaker, 1) == 3);
  CHECK(breaker_threshold(breaker, 25) == 13);
  CHECK(breaker_threshold(breaker, 800) == 200);
  breaker.threshold_type = "UNBOUNDED_PERCENT";
  CHECK(breaker_threshold(breaker, 800) == 400);
  breaker.threshold_type = "COUNT";
  breaker.threshold_value = 5;
  CHECK(breaker_threshold(breaker, 800) == 5);
}

TEST_CASE("Breaker_Stage1_CountsTasksThatEndBeforeRunningAndRollsBack") {
  Scene scene(2);
  scene.service().deployment_configuration.circuit_breaker.enable = true;
  scene.service().deployment_configuration.circuit_breaker.rollback = true;
  scene.run(30);
  scene.world.deploy("web", "bad");
  scene.run(60);
  CHECK(scene.primary().id == "ecs-svc/1");  // its old id
  CHECK(scene.primary().rollout_reason == "ECS deployment ecs-svc/1 completed.");
  CHECK(scene.service().task_definition_arn == "td/v1");
  CHECK(scene.told("(deployment ecs-svc/2) deployment failed: tasks failed to start.") == 1);
  CHECK(scene.told("rolling back to deployment ecs-svc/1.") == 1);
  CHECK(scene.living("v1") == 2);
}

TEST_CASE("Breaker_Stage2_CountsTasksReplacedForIllHealth") {
  Scene scene(2);
  scene.service().deployment_configuration.circuit_breaker.enable = true;
  scene.service().deployment_configuration.circuit_breaker.rollback = true;
  scene.run(30);
  scene.world.deploy("web", "sick");
  scene.run(120);
  CHECK(scene.primary().id == "ecs-svc/1");
  CHECK(scene.living("v1") == 2);
  CHECK(scene.living("sick") == 0);
}

TEST_CASE("Breaker_WithoutACompletedDeploymentStalls") {
  Scene scene(2);
  scene.world.deploy("web", "bad");
  scene.service().deployments.pop_back();
  scene.service().deployment_configuration.circuit_breaker.enable = true;
  scene.service().deployment_configuration.circuit_breaker.rollback = true;
  scene.run(600);
  CHECK(scene.primary().rollout_state == "FAILED");
  CHECK(scene.primary().rollout_reason == "ECS deployment circuit breaker: tasks failed to start.");
  CHECK(scene.living() == 0);
  CHECK(scene.world.tasks.size() <= 4);
}

TEST_CASE("Breaker_DoesNotCountPlacementRefusals") {
  Scene scene(2);
  scene.service().deployment_configuration.circuit_breaker.enable = true;
  scene.run(30);
  scene.world.add_definition("huge", {8000}, {64}, {});
  scene.world.deploy("web", "huge");
  scene.run(600);
  CHECK(scene.primary().rollout_state == "IN_PROGRESS");
  CHECK(scene.told("has insufficient CPU units available.") == 1);
}

TEST_CASE("Breaker_AHealthyTaskZeroesTheFailures") {
  Scene scene(1);
  scene.primary().failed_tasks = 2;
  scene.run(30);
  CHECK(scene.primary().failed_tasks == 0);
}

TEST_CASE("Throttle_DelayDoublesFrom10SecondsTo15Minutes") {
  CHECK(launch_backoff(1) == seconds(10));
  CHECK(launch_backoff(2) == seconds(20));
  CHECK(launch_backoff(7) == seconds(640));
  CHECK(launch_backoff(8) == minutes(15));
  CHECK(launch_backoff(1000) == minutes(15));
}

TEST_CASE("Throttle_FailedStartsAreSpacedOutAndReported") {
  Scene scene(1);
  scene.run(30);
  scene.world.deploy("web", "bad");
  scene.run(150);  // tries at 0, 12, 34, 76 s
  CHECK(scene.primary().launch_failures == 4);
  CHECK(scene.told("is unable to consistently start tasks successfully.") == 1);
  scene.world.deploy("web", "v2");
  scene.run(30);
  CHECK(scene.primary().rollout_state == "COMPLETED");
}

TEST_CASE("Throttle_TasksThatReachedRunningAreReplacedAtOnceIfTheyWereHealthy") {
  Scene scene(1);
  scene.run(30);
  scene.world.crash("T1");
  scene.run(1);
  CHECK(scene.living() == 1);
  CHECK(scene.primary().launch_failures == 0);
}

TEST_CASE("Draining_PendingTasksStopAtOnceRunningOnesAreReplacedFirst") {
  Scene scene(3);
  scene.run(30);
  scene.world.drain_node(1);
  scene.run(1);
  CHECK(scene.living() == 4);
  scene.run(60);
  CHECK(scene.living() == 3);
  for (const auto& [id, task] : scene.world.tasks) {
    if (task.wanted()) CHECK(scene.world.alias(task.container_instance) != "N1");
  }
}

TEST_CASE("Draining_PendingTaskOnADrainingNodeIsStoppedAtOnce") {
  Scene scene(1, 100, 100);
  scene.run(1);
  REQUIRE(scene.living("", "PENDING") == 1);
  scene.world.drain_node(1);
  scene.run(1);
  CHECK(!scene.world.task("T1").wanted());
  CHECK(scene.living() == 1);
}

TEST_CASE("Delete_DrainsThenInactive") {
  Scene scene(2);
  scene.run(30);
  scene.world.delete_service("web");
  scene.run(1);
  CHECK(scene.service().status == "DRAINING");
  scene.run(60);
  CHECK(scene.service().status == "INACTIVE");
}

TEST_CASE("Events_PlacementRefusalIsToldOnceUntilResolvedOrSixHours") {
  Scene scene(30);
  scene.run(3600);
  CHECK(scene.told("was unable to place a task") == 1);
  scene.run(6 * 3600);
  CHECK(scene.told("was unable to place a task") == 2);
}

TEST_CASE("Events_SteadyStateIsToldAgainAfterADisturbance") {
  Scene scene(1);
  scene.run(60);
  CHECK(scene.told("has reached a steady state.") == 1);
  scene.world.crash("T1");
  scene.run(60);
  CHECK(scene.told("has reached a steady state.") == 2);
}

TEST_CASE("Daemon_OneTaskOnEachActiveNodeNoneOnDrainingOnes") {
  Scene scene(0);
  model::Service daemon;
  daemon.name = "agent";
  daemon.scheduling_strategy = "DAEMON";
  daemon.deployment_configuration.minimum_healthy_percent = 0;
  daemon.deployment_configuration.maximum_percent = 100;
  scene.world.add_service(daemon, "v2", 0);
  scene.run(60);
  CHECK(scene.living("v2") == 3);
  CHECK(scene.world.services.at("c/agent").desired_count == 3);
  scene.world.drain_node(2);
  scene.run(60);
  CHECK(scene.living("v2") == 2);
  scene.world.add_nodes(1, "t2.micro", {"a"});
  scene.run(60);
  CHECK(scene.living("v2") == 3);
}
