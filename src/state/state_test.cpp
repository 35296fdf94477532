#include <doctest/doctest.h>

#include "state/state.h"

#include "state/temporary_directory_test.h"

using state::State;
using state::Store;

namespace {
model::Task task(std::string id, std::string cluster, std::string service) {
  model::Task task;
  task.id = std::move(id);
  task.cluster = std::move(cluster);
  task.service = std::move(service);
  return task;
}
}  // namespace

TEST_CASE("a rolled back request leaves records and indexes as they were, and its keys count as changed") {
  const auto store = Store::in_memory();
  State state(*store);
  state.tasks.put(task("a", "c", "web"));
  store->commit();
  state.tasks.take_changed();
  store->commit();

  state.tasks.update("a", [](model::Task& record) { record.service = "api"; });
  state.tasks.put(task("b", "c", "web"));
  CHECK(state.tasks_by_service.keys("c/web") == std::set<std::string>{"b"});
  CHECK(store->has_pending_writes());
  store->rollback();
  CHECK_FALSE(store->has_pending_writes());
  CHECK(state.tasks.size() == 1);
  CHECK(state.tasks_by_service.keys("c/web") == std::set<std::string>{"a"});
  CHECK(state.tasks_by_service.keys("c/api").empty());
  CHECK(state.tasks.take_changed() == std::set<std::string>{"a", "b"});
}

TEST_CASE("an alarm is found by each scaling policy that its actions name, until they no longer do") {
  const auto store = Store::in_memory();
  State state(*store);
  const std::string out = "arn:aws:autoscaling:us-east-1:1:scalingPolicy:u:autoScalingGroupName/g:policyName/out";
  const std::string in = "arn:aws:autoscaling:us-east-1:1:scalingPolicy:v:resource/ecs/service/c/s:policyName/in";
  model::Alarm alarm;
  alarm.name = "high";
  alarm.alarm_actions = {out, in + ":createdBy/w", "arn:aws:sns:us-east-1:1:topic"};
  state.alarms.put(alarm);
  CHECK(state.alarms_by_policy.keys(out) == std::set<std::string>{"high"});
  CHECK(state.alarms_by_policy.keys(in) == std::set<std::string>{"high"});
  store->commit();
  state.alarms.update("high", [](model::Alarm& record) { record.alarm_actions.clear(); });
  CHECK(state.alarms_by_policy.keys(out).empty());
  store->rollback();
  CHECK(state.alarms_by_policy.keys(out) == std::set<std::string>{"high"});
}

TEST_CASE("what tasks take of a node follows them, through a rollback too") {
  const auto store = Store::in_memory();
  State state(*store);
  model::Task a = task("a", "c", "web"), b = task("b", "c", "web");
  for (model::Task* one : {&a, &b}) {
    one->container_instance = "node";
    one->group = "service:web";
    one->cpu = {256};
    one->containers.resize(1);
  }
  a.containers[0].network_bindings = {{.host_port = 32768}};
  b.static_host_ports = {80};
  state.tasks.put(a);
  state.tasks.put(b);
  store->commit();
  const auto before = state.node_uses.of("node");
  CHECK(before->cpu == CpuUnits{512});
  CHECK(before->running_tasks == 2);
  CHECK(before->tasks_by_group.at("service:web") == 2);
  CHECK(before->host_ports.contains(32768));
  CHECK(before->ports.contains(80));

  state.tasks.update("a", [](model::Task& record) { record.desired_status = "STOPPED"; });
  CHECK(state.node_uses.of("node")->running_tasks == 1);
  CHECK(state.node_uses.of("node")->cpu == CpuUnits{512});
  state.tasks.update("a", [](model::Task& record) { record.last_status = "STOPPED"; });
  state.tasks.erase("b");
  CHECK(state.node_uses.of("node")->cpu == CpuUnits{0});
  CHECK(state.node_uses.of("node")->host_ports.empty());
  store->rollback();
  CHECK(state.node_uses.of("node")->running_tasks == 2);
  CHECK(state.node_uses.of("node")->host_ports.contains(32768));
}

TEST_CASE("keys that a rolled back tick had taken count as changed again") {
  const auto store = Store::in_memory();
  State state(*store);
  state.clusters.put({.name = "c"});
  store->commit();
  CHECK(state.clusters.take_changed().size() == 1);
  state.tasks.put(task("a", "c", "web"));
  store->rollback();
  CHECK(state.clusters.take_changed() == std::set<std::string>{"c"});
  store->commit();
  store->rollback();
  CHECK(state.clusters.take_changed().empty());
}

TEST_CASE("what was flushed is there after a restart, all of it counting as changed") {
  const TemporaryDirectory directory;
  {
    auto store = Store::open(directory.path());
    REQUIRE(store);
    State state(**store);
    state.tasks.put(task("a", "c", "web"));
    state.tasks.put(task("b", "c", "web"));
    CHECK(state.next("family/web") == 1);
    (*store)->commit();
    state.tasks.erase("b");
    state.clusters.put({.name = "bytes \xff\xfe that are no text"});
    const auto last = (*store)->commit();
    bool acknowledged = false;
    (*store)->when_durable(last, [&](const Result<void>& result) { acknowledged = result.has_value(); });
    CHECK((*store)->flush());
    CHECK(acknowledged);
    CHECK((*store)->durable() == last);
  }
  auto store = Store::open(directory.path());
  REQUIRE(store);
  State state(**store);
  CHECK(state.tasks.size() == 1);
  CHECK(state.tasks.find("a")->service == "web");
  CHECK(state.tasks_by_service.keys("c/web").size() == 1);
  CHECK(state.next("family/web") == 2);
  CHECK(state.clusters.all().begin()->first == "bytes \xff\xfe that are no text");
  CHECK(state.tasks.take_changed() == std::set<std::string>{"a"});
}

TEST_CASE("a service keeps its newest 100 events, in order") {
  const auto store = Store::in_memory();
  State state(*store);
  Random random(1);
  state.services.put({.cluster = "c", .name = "web"});
  state.services.put({.cluster = "c", .name = "web2"});
  state.append_event("c/web2", "other", {}, random);
  for (int i = 1; i <= 130; ++i) state.append_event("c/web", std::to_string(i), {}, random);
  CHECK(state.service_events.size() == 101);
  std::string first, last;
  for (const auto& [key, event] : state.service_events.range("c/web#")) {
    if (first.empty()) first = event.message;
    last = event.message;
  }
  CHECK(first == "31");
  CHECK(last == "130");
  state.drop_events("c/web");
  CHECK(state.service_events.size() == 1);
}

TEST_CASE("a repeated request finds its first answer, within the bounds of count and age") {
  const TemporaryDirectory directory;
  {
    auto store = Store::open(directory.path());
    REQUIRE(store);
    (*store)->remember_reply({.id = "1", .status = 400, .headers = {{"x-amzn-RequestId", "r"}}, .body = "no"});
    (*store)->rollback();
    CHECK_FALSE((*store)->find_reply("1"));
    (*store)->remember_reply({.id = "1", .status = 400, .headers = {{"x-amzn-RequestId", "r"}}, .body = "no"});
    (*store)->commit();
  }
  auto store = Store::open(directory.path());
  REQUIRE(store);
  REQUIRE((*store)->find_reply("1"));
  CHECK((*store)->find_reply("1")->headers.at("x-amzn-RequestId") == "r");
  (*store)->remember_reply({.id = "2", .body = "later", .at = Instant(minutes(11))});
  CHECK_FALSE((*store)->find_reply("1"));
  CHECK((*store)->find_reply("2"));
}

TEST_CASE("clear empties every table in one transaction") {
  const auto store = Store::in_memory();
  State state(*store);
  state.tasks.put(task("a", "c", "web"));
  state.clusters.put({.name = "c"});
  store->clear();
  store->commit();
  CHECK(state.tasks.empty());
  CHECK(state.clusters.empty());
  CHECK(state.tasks_by_cluster.keys("c").empty());
}
