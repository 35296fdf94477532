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

namespace {

/// Nodes N2 and N3 are of cp-a, N1 of cp-b.
void give_providers(Scene& scene) {
  for (auto& [id, node] : scene.world.nodes_by_id) {
    node.capacity_provider = scene.world.alias(id) == "N1" ? "cp-b" : "cp-a";
  }
}

/// As the strategy has it: two tasks on the first provider, what is more on the second.
void check_base_through_deployments(Scene& scene, const std::string& first, const std::string& second) {
  const auto on = [&](const std::string& provider) {
    return std::ranges::count_if(scene.world.tasks, [&](const auto& entry) {
      return entry.second.wanted() && !entry.second.stopped() && entry.second.capacity_provider == provider;
    });
  };
  scene.service().capacity_strategy = {{first, 0, 2}, {second, 1, 0}};
  scene.world.set_desired("web", 3);
  scene.run(60);
  for (const char* revision : {"v2", "v1"}) {
    scene.world.deploy("web", revision);
    scene.run(120);
    REQUIRE(scene.living(revision) == 3);
    CHECK(on(first) == 2);
    CHECK(on(second) == 1);
  }
}

}  // namespace

TEST_CASE("CapacityStrategy_BaseHoldsThroughRollingDeployments") {
  SUBCASE("on nodes") {
    Scene scene(0);
    give_providers(scene);
    check_base_through_deployments(scene, "cp-a", "cp-b");
  }
  SUBCASE("on Fargate") {
    Scene scene(0);
    scene.world.subnets["subnet-a"] = {.id = "subnet-a", .vpc_id = "vpc-1", .availability_zone = "a"};
    for (const char* revision : {"td/v1", "td/v2"}) scene.world.definitions.at(revision).network_mode = "awsvpc";
    for (auto& [arn, group] : scene.world.groups) group.target_type = "ip";
    scene.service().network = {.subnets = {"subnet-a"}};
    check_base_through_deployments(scene, "FARGATE", "FARGATE_SPOT");
  }
}

TEST_CASE("CapacityStrategy_ATaskOnADrainingNodeIsReplacedOnItsOwnProvider") {
  Scene scene(0);
  give_providers(scene);
  scene.service().capacity_strategy = {{"cp-a", 0, 1}, {"cp-b", 1, 0}};
  scene.world.set_desired("web", 1);
  scene.run(60);
  scene.world.drain_node(scene.world.alias(scene.world.task("T1").container_instance) == "N2" ? 2 : 3);
  scene.run(60);
  CHECK(!scene.world.task("T1").wanted());
  CHECK(scene.world.task("T2").capacity_provider == "cp-a");
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

// Protection holds against scale-in and deployments; what drains is stopped irrespective of it, as an AWS author has it:
// https://community.aws/content/2bMN99heQOCAAkJDC7wwB6ObVyx/manage (January 2024).
TEST_CASE("Draining_AProtectedTaskIsReplacedLikeAnyOther") {
  Scene scene(1);
  scene.run(60);
  scene.world.task("T1").protected_until = scene.world.now + minutes(10);
  scene.world.drain_node(scene.world.alias(scene.world.task("T1").container_instance).back() - '0');
  scene.run(1);
  CHECK(scene.world.task("T1").wanted());  // its replacement is not healthy yet
  scene.run(59);
  CHECK(!scene.world.task("T1").wanted());
  CHECK(scene.living() == 1);
  CHECK(scene.told("has reached a steady state.") == 2);
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

namespace {

void add_daemon(Scene& scene, const std::string& name, const std::string& definition) {
  model::Service daemon;
  daemon.name = name;
  daemon.scheduling_strategy = "DAEMON";
  daemon.deployment_configuration.minimum_healthy_percent = 0;
  daemon.deployment_configuration.maximum_percent = 100;
  scene.world.add_service(daemon, definition, 0);
}

/// Tasks of a service that are wanted, on the node "N1".
int wanted_on(Scene& scene, const std::string& service, const std::string& node) {
  return static_cast<int>(std::ranges::count_if(scene.world.tasks, [&](const auto& entry) {
    return entry.second.service == service && entry.second.wanted() &&
           scene.world.alias(entry.second.container_instance) == node;
  }));
}

/// Also those that are on their way out.
int there(Scene& scene, const std::string& service, const std::string& node) {
  return static_cast<int>(std::ranges::count_if(scene.world.tasks, [&](const auto& entry) {
    return entry.second.service == service && !entry.second.stopped() &&
           scene.world.alias(entry.second.container_instance) == node;
  }));
}

}  // namespace

TEST_CASE("Daemon_OneTaskOnEachActiveNodeNoneOnDrainingOnes") {
  Scene scene(0);
  add_daemon(scene, "agent", "v2");
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

TEST_CASE("Daemon_IsLastToStopOnADrainingNode") {
  Scene scene(3);
  add_daemon(scene, "agent", "v2");
  add_daemon(scene, "logs", "v2");  // two daemons do not wait for each other
  scene.run(120);
  REQUIRE(there(scene, "web", "N1") == 1);
  scene.world.drain_node(1);
  bool was_last = false;
  for (int second = 0; second < 60; ++second) {
    scene.run(1);
    if (there(scene, "web", "N1") > 0) CHECK(wanted_on(scene, "agent", "N1") + wanted_on(scene, "logs", "N1") == 2);
    was_last = was_last || (there(scene, "web", "N1") == 0 && there(scene, "agent", "N1") == 1);
  }
  CHECK(was_last);
  for (const char* service : {"web", "agent", "logs"}) CHECK(there(scene, service, "N1") == 0);
  CHECK(scene.world.services.at("c/agent").steady_since);
}

TEST_CASE("Daemon_OnADrainingNode_HoldsUpNoDeployment") {
  Scene scene(3, 100, 100);  // web's task there has nowhere to go
  add_daemon(scene, "agent", "v2");
  scene.run(120);
  scene.world.drain_node(1);
  scene.run(60);
  CHECK(wanted_on(scene, "agent", "N1") == 1);
  scene.world.deploy("agent", "v1");
  scene.run(60);
  CHECK(wanted_on(scene, "agent", "N1") == 0);
  CHECK(scene.world.services.at("c/agent").deployments.size() == 1);
  CHECK(scene.world.services.at("c/agent").deployments.front().rollout_state == "COMPLETED");
}
