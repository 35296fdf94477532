#include "control/health/task_lifecycle.h"

#include <doctest/doctest.h>

#include "control/deployment/service_events.h"
#include "control/health/container_health.h"

using namespace control;

namespace {

/// One task on a node, its definition, group and target, as the engine would hold them.
struct Scene {
  Instant now = instant_from_ms(1'000'000);
  model::TaskDefinition definition;
  model::Task task;
  model::TargetGroup group;
  std::vector<model::Target> targets;
  std::vector<model::TargetGroupBinding> bindings;
  bool node_alive = true;
  Scene() {
    definition.containers.push_back({.name = "app"});
    task.id = "t";
    task.cluster = "c";
    task.service = "web";
    task.deployment_id = "ecs-svc/1";
    task.container_instance = "n";
    task.instance_id = "i-1";
    task.node_address = "127.1.0.1";
    task.containers.push_back({.name = "app", .network_bindings = {{"0.0.0.0", 8080, 32768, "tcp"}}});
    group.arn = "tg";
    bindings.push_back({"tg", "app", 8080});
  }
  TaskDecision step(LifecycleOptions options = {}) {
    LifecycleView view{&task, &definition, bindings, {}, {{"tg", &group}}, node_alive};
    for (const auto& target : targets) view.targets.push_back(&target);
    TaskDecision decision = advance(view, now, Pace{}, options);
    if (decision.record) task = *decision.record;
    for (const auto& target : decision.register_targets) targets.push_back(target);
    for (auto& target : targets) {
      for (const auto& key : decision.drain_targets) {
        if (target.key() == key) { target.state = "draining"; target.draining_since = now; }
      }
    }
    for (const auto& key : decision.remove_targets) std::erase_if(targets, [&](const auto& t) { return t.key() == key; });
    return decision;
  }
  void running() {
    step();
    task.containers[0].last_status = "RUNNING";
    step();
  }
  void exit(std::optional<int> code, const std::string& reason = "") {
    task.containers[0].last_status = "STOPPED";
    task.containers[0].exit_code = code;
    task.containers[0].reason = reason;
  }
};

}  // namespace

TEST_CASE("Task_PlacedGoesPendingAndTheRuntimeStartsItOnce") {
  Scene scene;
  CHECK(scene.step().start_runtime);
  CHECK(scene.task.last_status == "PENDING");
  CHECK(!scene.step().start_runtime);
}

TEST_CASE("Task_RunningRegistersInstanceAndDynamicHostPort") {
  Scene scene;
  scene.running();
  CHECK(scene.task.last_status == "RUNNING");
  CHECK(scene.task.started_at == scene.now);
  REQUIRE(scene.targets.size() == 1);
  CHECK(scene.targets[0].key() == "tg|i-1:32768");
  CHECK(scene.targets[0].address == "127.1.0.1");
  CHECK(!scene.step().record);
}

TEST_CASE("Task_OfIpTargetGroupRegistersItsAddress") {
  Scene scene;
  scene.group.target_type = "ip";
  scene.running();
  CHECK(scene.targets.at(0).target_id == "127.1.0.1");
}

TEST_CASE("Task_StandaloneHasNoTargets") {
  Scene scene;
  scene.bindings.clear();
  scene.running();
  CHECK(scene.task.last_status == "RUNNING");
  CHECK(scene.targets.empty());
}

TEST_CASE("Task_SeveralTargetGroupsPassThroughActivating") {
  Scene scene;
  scene.bindings.push_back({"tg2", "app", 8080});
  scene.running();
  CHECK(scene.task.last_status == "ACTIVATING");
  CHECK(scene.targets.size() == 1);  // tg2 is gone: nothing to register in it
  scene.step();
  CHECK(scene.task.last_status == "RUNNING");
}

TEST_CASE("Stop_DrainsBeforeSigtermUntilIdle") {
  Scene scene;
  scene.running();
  scene.task.desired_status = "STOPPED";
  TaskDecision decision = scene.step();
  CHECK(!decision.stop_runtime);
  CHECK(decision.drain_targets == std::vector<std::string>{"tg|i-1:32768"});
  CHECK(scene.task.last_status == "DEACTIVATING");
  CHECK(scene.step().next_deadline == scene.now + seconds(300));
  scene.targets[0].idle = true;
  CHECK(scene.step().stop_runtime);
  CHECK(scene.task.last_status == "STOPPING");
  CHECK(!scene.step().stop_runtime);
  scene.exit(0);
  decision = scene.step();
  CHECK(scene.task.last_status == "STOPPED");
  CHECK(decision.forget_runtime);
  CHECK(scene.targets.empty());
}

TEST_CASE("Stop_WaitsNoLongerThanTheDeregistrationDelay") {
  Scene scene;
  scene.group.attributes["deregistration_delay.timeout_seconds"] = "20";
  scene.running();
  scene.task.desired_status = "STOPPED";
  scene.step();
  scene.now += seconds(19);
  CHECK(!scene.step().stop_runtime);
  scene.now += seconds(1);
  CHECK(scene.step().stop_runtime);
}

TEST_CASE("Stop_AwsOrderSendsSigtermWithTheDeregistration") {
  Scene scene;
  scene.running();
  scene.task.desired_status = "STOPPED";
  const TaskDecision decision = scene.step({.aws_order = true});
  CHECK(decision.stop_runtime);
  CHECK(decision.drain_targets.size() == 1);
}

TEST_CASE("Stop_KeepsTheReasonOfWhoeverAskedFirst") {
  Scene scene;
  scene.running();
  scene.task.desired_status = "STOPPED";
  scene.task.stop_code = text::kCodeUser;
  scene.task.stopped_reason = "because";
  scene.targets[0].idle = true;
  scene.step();
  scene.exit(143);
  scene.step();
  CHECK(scene.task.stop_code == "UserInitiated");
  CHECK(scene.task.stopped_reason == "because");
}

TEST_CASE("Exit_OfAnEssentialContainerLeavesTrafficAtOnce") {
  Scene scene;
  scene.running();
  scene.exit(1);
  const TaskDecision decision = scene.step();
  CHECK(scene.task.last_status == "STOPPED");
  CHECK(scene.task.stop_code == "EssentialContainerExited");
  CHECK(scene.task.stopped_reason == "Essential container in task exited");
  CHECK(scene.task.execution_stopped_at == scene.now);
  CHECK(scene.targets.empty());
  REQUIRE(decision.events.size() == 1);
  CHECK(target_events(decision.events).at(0).message == "(service web) deregistered 1 targets in (target-group tg)");
}

TEST_CASE("Exit_OfAnEssentialContainerStopsTheOthers") {
  Scene scene;
  scene.definition.containers.push_back({.name = "side", .essential = false});
  scene.task.containers.push_back({.name = "side", .essential = false});
  scene.step();
  scene.task.containers[0].last_status = scene.task.containers[1].last_status = "RUNNING";
  scene.step();
  scene.exit(1);
  CHECK(scene.step().stop_runtime);
  CHECK(scene.task.last_status == "STOPPING");
  CHECK(scene.targets.empty());
  scene.task.containers[1].last_status = "STOPPED";
  scene.step();
  CHECK(scene.task.last_status == "STOPPED");
}

TEST_CASE("Exit_OfANonEssentialContainerIsIgnored") {
  Scene scene;
  scene.definition.containers.push_back({.name = "side", .essential = false});
  scene.task.containers.push_back({.name = "side", .last_status = "STOPPED", .essential = false});
  scene.running();
  CHECK(scene.task.last_status == "RUNNING");
  CHECK(scene.task.wanted());
}

TEST_CASE("Start_FailedImagePullIsTaskFailedToStartWithTheAgentsText") {
  Scene scene;
  scene.step();
  scene.exit(std::nullopt, "CannotPullContainerError: not found");
  scene.step();
  CHECK(scene.task.stop_code == "TaskFailedToStart");
  CHECK(scene.task.stopped_reason == "CannotPullContainerError: not found");
}

TEST_CASE("Node_GoneStopsItsTasksWithTheHostsReason") {
  Scene scene;
  scene.running();
  scene.node_alive = false;
  scene.step();
  CHECK(scene.task.last_status == "STOPPED");
  CHECK(scene.task.stopped_reason == "Host EC2 (instance i-1) terminated.");
  CHECK(scene.task.stop_code == "TerminationNotice");
  CHECK(scene.targets.empty());
}

TEST_CASE("Stop_BeforeTheRuntimeKnowsTheTaskEndsItAtOnce") {
  Scene scene;
  scene.task.container_instance.clear();
  scene.task.desired_status = "STOPPED";
  const TaskDecision decision = scene.step();
  CHECK(scene.task.last_status == "STOPPED");
  CHECK(!decision.stop_runtime);
}

TEST_CASE("TaskHealth_AllEssentialContainersWithChecks") {
  Scene scene;
  CHECK(task_health(scene.task, scene.definition) == "UNKNOWN");
  scene.definition.containers[0].health_check = model::ContainerHealthCheck{};
  CHECK(task_health(scene.task, scene.definition) == "UNKNOWN");
  scene.task.containers[0].health_status = "HEALTHY";
  CHECK(task_health(scene.task, scene.definition) == "HEALTHY");
  scene.definition.containers.push_back({.name = "b", .health_check = model::ContainerHealthCheck{}});
  CHECK(task_health(scene.task, scene.definition) == "UNKNOWN");
  scene.task.containers.push_back({.name = "b", .health_status = "UNHEALTHY"});
  CHECK(task_health(scene.task, scene.definition) == "UNHEALTHY");
}

TEST_CASE("Events_OfOneTickAreMerged") {
  const TargetEvent one{TargetEvent::Kind::kRegistered, "c/web", "web", "tg", ""};
  const TargetEvent drain{TargetEvent::Kind::kDraining, "c/web", "web", "", "ecs-svc/7"};
  const auto messages = target_events({one, drain, one});
  REQUIRE(messages.size() == 2);
  CHECK(messages[0].message == "(service web) registered 2 targets in (target-group tg)");
  CHECK(messages[1].message == "(service web, taskSet ecs-svc/7) has begun draining connections on 1 tasks.");
}
