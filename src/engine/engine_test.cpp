#include <doctest/doctest.h>

#include <algorithm>

#include "engine/world_test.h"

namespace engine {

namespace {

/// Three nodes in cluster c and a service "web" of `desired` tasks behind a target group, RUNNING and healthy.
void run_web(World& world, int desired) {
  world.add_cluster("c");
  for (int i = 0; i < 3; ++i) world.add_node("c");
  world.add_service("web", desired, world.add_task_definition("web"), world.add_target_group("web"));
  REQUIRE(world.advance_until([&] { return world.running("web") == desired; }, minutes(5)));
}

bool has_event(const World& world, std::string_view part) {
  return std::ranges::any_of(world.events("web"),
                             [&](const std::string& text) { return text.find(part) != std::string::npos; });
}

std::string any_task(const World& world) {
  for (const std::string& id : world.state.tasks_by_service.keys("c/web")) {
    if (world.state.tasks.find(id)->wanted()) return id;
  }
  return {};
}

}  // namespace

TEST_CASE("a service on booting nodes reaches its desired count and says so") {
  World world;
  run_web(world, 4);
  CHECK(world.machine.running() == 4);
  CHECK(world.state.container_instances.size() == 3);
  CHECK(world.advance_until([&] { return has_event(world, "has reached a steady state."); }, minutes(2)));
  CHECK(has_event(world, "(service web) has started 4 tasks:"));
  CHECK(has_event(world, "(service web) registered 4 targets in (target-group"));
  CHECK(world.state.services.find("c/web")->primary()->rollout_state == "COMPLETED");
}

TEST_CASE("what introduces a task to the engine is in the environment it starts with, and its labels say what it is of") {
  std::map<std::string, drivers::ContainerSpec> started;
  World world([&](const drivers::TaskSpec& task, const drivers::ContainerSpec& container) {
    started[task.task_id] = container;
    return drivers::fake::Behaviour{};
  });
  world.introduce = [](drivers::TaskSpec& spec, const model::Task& task) {
    spec.containers[0].environment["ENGINE"] = "known to " + task.id;
  };
  run_web(world, 2);
  REQUIRE(started.size() == 2);
  for (const auto& [id, container] : started) {
    CHECK(container.environment.at("ENGINE") == "known to " + id);
    CHECK(container.labels.at("com.amazonaws.ecs.cluster") == "c");
    CHECK(container.labels.at("com.amazonaws.ecs.task-definition-family") == "web");
    CHECK(container.labels.at("com.amazonaws.ecs.task-definition-version") == "1");
  }
}

TEST_CASE("a container's start and two newest samples are known, also to the next engine, until its task ends") {
  World world;
  run_web(world, 1);
  world.advance(seconds(5));
  const std::string id = any_task(world);
  const ContainerSeen* seen = world.engine->measurements().of_container(id, "web");
  REQUIRE(seen);
  const auto started_at = seen->started_at;
  CHECK(started_at);
  CHECK(seen->usage.at - seen->before.at == seconds(1));
  CHECK_FALSE(world.engine->measurements().of_container(id, "other"));
  world.restart_engine();
  seen = world.engine->measurements().of_container(id, "web");
  REQUIRE(seen);
  CHECK(seen->started_at == started_at);
  world.set_desired("web", 0);
  REQUIRE(world.advance_until([&] { return world.state.tasks.find(id)->stopped(); }, minutes(10)));
  CHECK_FALSE(world.engine->measurements().of_container(id, "web"));
}

TEST_CASE("a second tick at the same time does nothing") {
  World world;
  run_web(world, 4);
  world.advance(minutes(3));
  const state::Commit before = world.store->commit();
  world.engine->tick();
  CHECK(world.store->commit() == before);
  CHECK_FALSE(world.engine->has_work());
}

TEST_CASE("a task that dies is replaced") {
  World world;
  run_web(world, 3);
  const std::string victim = any_task(world);
  world.machine.kill(victim, "web", 137);
  world.settle();
  CHECK(world.advance_until([&] { return world.running("web") == 3 && world.machine.starts() == 4; }, minutes(2)));
  const model::Task* dead = world.state.tasks.find(victim);
  CHECK(dead->last_status == "STOPPED");
  CHECK(dead->stop_code == "EssentialContainerExited");
  CHECK(dead->containers.at(0).exit_code == 137);
  CHECK(world.state.targets_by_task.keys(victim).empty());
}

TEST_CASE("a container that its runtime restarts keeps its task, is counted, and its health is unknown again") {
  World world;
  run_web(world, 1);
  const std::string id = any_task(world);
  const auto container = [&] { return world.state.tasks.find(id)->containers.front(); };
  world.engine->on(drivers::ContainerHealthChanged{id, "web", "HEALTHY", world.clock.now()});
  world.engine->on(drivers::ContainerRestarted{id, "web", 2, world.clock.now()});
  world.advance(seconds(30));
  CHECK(world.running("web") == 1);
  CHECK(any_task(world) == id);
  CHECK(container().restart_count == 2);
  CHECK(container().health_status == "UNKNOWN");
  CHECK(container().last_status == "RUNNING");
  CHECK_FALSE(container().exit_code);
}

TEST_CASE("a stopped task is drained before it gets its signal, and only then") {
  World world;
  run_web(world, 2);
  const std::string id = any_task(world);
  const std::string target = *world.state.targets_by_task.keys(id).begin();
  world.balancer->set_in_flight(world.state.targets.find(target)->member_id(), 1);
  world.state.tasks.update(id, [](model::Task& task) {
    task.desired_status = "STOPPED";
    task.stop_code = "UserInitiated";
    task.stopped_reason = "Task stopped by user";
  });
  world.advance(seconds(5));
  CHECK(world.state.targets.find(target)->state == "draining");
  CHECK_FALSE(world.state.tasks.find(id)->stop_sent_at);
  world.balancer->set_in_flight(world.state.targets.find(target)->member_id(), 0);
  CHECK(world.advance_until([&] { return world.state.tasks.find(id)->stopped(); }, minutes(1)));
  CHECK(world.state.tasks.find(id)->stopped_reason == "Task stopped by user");
}

TEST_CASE("an engine that died adopts its tasks: none is doubled, none is lost") {
  World world;
  run_web(world, 5);
  const std::size_t starts = world.machine.starts();
  for (int i = 0; i < 5; ++i) {
    world.restart_engine();
    world.advance(seconds(30));
  }
  CHECK(world.machine.starts() == starts);
  CHECK(world.machine.running() == 5);
  CHECK(world.running("web") == 5);
}

TEST_CASE("a task that ended while the engine was dead is replaced after the restart") {
  World world;
  run_web(world, 3);
  world.engine.reset();
  world.driver.reset();
  world.machine.kill(any_task(world), "web", 1);
  world.restart_engine();
  CHECK(world.advance_until([&] { return world.running("web") == 3; }, minutes(2)));
  CHECK(world.machine.running() == 3);
}

TEST_CASE("what runs without being known is stopped and forgotten") {
  World world;
  run_web(world, 2);
  const std::string id = any_task(world);
  world.state.tasks.erase(id);
  world.restart_engine();
  world.advance(minutes(2));
  CHECK(world.machine.running() == 2);
  CHECK(world.machine.starts() == 3);
}

TEST_CASE("a start that was decided but never reached the runtime is repeated") {
  World world;
  world.add_cluster("c");
  world.add_node("c");
  world.advance(minutes(2));
  world.add_service("web", 1, world.add_task_definition("web"));
  world.settle();
  const std::string id = any_task(world);
  REQUIRE_FALSE(id.empty());
  // As if the engine had died between commit and start: the record says PENDING, the machine knows nothing.
  World after;
  after.add_cluster("c");
  for (const auto& [key, record] : world.state.instances.all()) after.state.instances.put(record);
  for (const auto& [key, record] : world.state.container_instances.all()) after.state.container_instances.put(record);
  for (const auto& [key, record] : world.state.task_definitions.all()) after.state.task_definitions.put(record);
  for (const auto& [key, record] : world.state.services.all()) after.state.services.put(record);
  model::Task pending = *world.state.tasks.find(id);
  pending.last_status = "PENDING";
  pending.started_at.reset();
  after.state.tasks.put(pending);
  after.clock.set(world.clock.now());
  after.restart_engine();
  after.advance(minutes(1));
  CHECK(after.machine.starts() == 1);
  CHECK(after.state.tasks.find(id)->last_status == "RUNNING");
}

TEST_CASE("a lost node loses its tasks, and they are started elsewhere") {
  World world;
  run_web(world, 6);
  const std::string node = world.state.tasks.find(any_task(world))->instance_id;
  world.state.instances.update(node, [](model::Instance& instance) {
    instance.state = "shutting-down";
    instance.state_reason = "User initiated";
  });
  CHECK(world.advance_until([&] { return world.state.instances.find(node)->state == "terminated"; }, minutes(10)));
  CHECK(world.advance_until([&] { return world.running("web") == 6; }, minutes(5)));
  CHECK(world.state.container_instances.size() == 2);
  for (const std::string& id : world.state.tasks_by_service.keys("c/web")) {
    const model::Task* task = world.state.tasks.find(id);
    if (task->wanted()) CHECK(task->instance_id != node);
  }
}

TEST_CASE("a service that found no room starts its tasks when a node joins") {
  World world;
  world.add_cluster("c");
  world.add_node("c");
  world.add_service("web", 8, world.add_task_definition("web"));
  REQUIRE(world.advance_until([&] { return world.running("web") == 4; }, minutes(5)));
  CHECK(has_event(world, "was unable to place a task because no container instance met all of its requirements."));
  world.add_node("c");
  CHECK(world.advance_until([&] { return world.running("web") == 8; }, minutes(5)));
}

TEST_CASE("stopped tasks stay visible for an hour") {
  World world;
  run_web(world, 1);
  const std::string id = any_task(world);
  world.machine.kill(id, "web");
  world.advance(minutes(50));
  CHECK(world.state.tasks.find(id) != nullptr);
  world.advance(minutes(15));
  CHECK(world.state.tasks.find(id) == nullptr);
}

TEST_CASE("a target that a user deregistered is gone when its delay is over") {
  World world;
  const std::string group = world.add_target_group("mine");
  model::Target target;
  target.group_arn = group;
  target.target_id = "10.0.0.1";
  target.port = 80;
  target.address = "127.0.0.9";
  world.state.targets.put(target);
  world.advance(seconds(10));
  CHECK(world.balancer->serving(group).size() == 1);
  world.state.targets.update(target.key(), [&](model::Target& record) {
    record.state = "draining";
    record.draining_since = world.clock.now();
  });
  world.advance(seconds(290));
  CHECK(world.balancer->serving(group).empty());
  CHECK(world.state.targets.size() == 1);
  world.advance(seconds(20));
  CHECK(world.state.targets.size() == 0);
}

TEST_CASE("every target the balancer has belongs to a live task") {
  World world;
  run_web(world, 6);
  world.set_desired("web", 2);
  CHECK(world.advance_until([&] { return world.machine.running() == 2; }, minutes(15)));
  world.advance(minutes(6));
  CHECK(world.state.targets.size() == 2);
  for (const auto& [key, target] : world.state.targets.all()) {
    CHECK(world.state.tasks.find(target.task_id)->wanted());
  }
}

}  // namespace engine
