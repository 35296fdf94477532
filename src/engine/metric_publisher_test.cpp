#include "engine/metric_publisher.h"

#include <doctest/doctest.h>

#include "engine/world_test.h"

namespace engine {

namespace {

const std::map<std::string, std::string> kWeb{{"ClusterName", "c"}, {"ServiceName", "web"}};
const std::map<std::string, std::string> kCluster{{"ClusterName", "c"}};

/// Every task uses `cores` and 64 MiB.
drivers::fake::Program busy(double cores) {
  return [cores](const drivers::TaskSpec&, const drivers::ContainerSpec&) {
    return drivers::fake::Behaviour{.cores = [cores](Duration) { return cores; }, .memory_bytes = 64u << 20};
  };
}

/// Three nodes and service web of so many tasks (256 units, 128 MiB), which then run for two whole minutes.
struct Measured : World {
  explicit Measured(drivers::fake::Program program, int desired = 2) : World(std::move(program)) {
    add_cluster("c");
    for (int i = 0; i < 3; ++i) add_node("c");
    group = add_target_group("web");
    add_service("web", desired, add_task_definition("web"), group);
    REQUIRE(advance_until([&] { return running("web") == desired; }, minutes(5)));
    whole_minutes(2);
  }

  /// To a moment after the end of so many more periods, and no further.
  void whole_minutes(int count) {
    const std::int64_t end = (to_ms(clock.now()) / 60'000 + count) * 60'000;
    advance(instant_from_ms(end + 10) - clock.now());
  }
  Instant minute(int ago) const { return instant_from_ms((to_ms(clock.now()) / 60'000 - ago) * 60'000); }
  /// The minute that ended `ago` minutes before the current one began.
  std::vector<state::MetricBucket> of(const std::string& space, const std::string& name,
                                      const std::map<std::string, std::string>& dimensions, int ago = 1) const {
    return metrics->read({.metric = {space, name, dimensions}, .start = minute(ago), .end = minute(ago - 1)});
  }

  void listen() {
    model::LoadBalancer lb;
    lb.arn = balancer_arn;
    lb.name = "lb";
    state.load_balancers.put(lb);
    model::Listener listener;
    listener.arn = "listener";
    listener.load_balancer_arn = balancer_arn;
    listener.port = 80;
    listener.default_actions.push_back({.type = "forward", .target_group_arn = group});
    state.listeners.put(listener);
    settle();
  }
  std::string group;
  const std::string balancer_arn = make_arn({}, "elasticloadbalancing", "loadbalancer/app/lb/0123456789abcdef");
};

}  // namespace

TEST_CASE("ServiceCpu_IsUsedUnitsOverReservedOnes_OneSampleATask") {
  Measured world(busy(0.025));  // of 0.2 cores to a vCPU: 128 units of the 256 reserved
  const auto cpu = world.of("AWS/ECS", "CPUUtilization", kWeb);
  REQUIRE(cpu.size() == 1);
  CHECK(cpu[0].sample_count == 2);
  CHECK(cpu[0].average() == doctest::Approx(50).epsilon(0.001));
  const auto memory = world.of("AWS/ECS", "MemoryUtilization", kWeb);
  REQUIRE(memory.size() == 1);
  CHECK(memory[0].sample_count == 2);
  CHECK(memory[0].average() == doctest::Approx(50));
}

TEST_CASE("ServiceCpu_MayPassAHundredPercent") {
  Measured world(busy(0.15));  // 768 units of 256
  CHECK(world.of("AWS/ECS", "CPUUtilization", kWeb).at(0).maximum == doctest::Approx(300).epsilon(0.001));
}

TEST_CASE("ServiceCpu_CoversTheWholePeriodNotItsLastSecond") {
  // Busy in the first half of each minute of its life, idle in the second one.
  Measured world([](const drivers::TaskSpec&, const drivers::ContainerSpec&) {
    return drivers::fake::Behaviour{.cores = [](Duration running) { return running % minutes(1) < seconds(30) ? 0.05 : 0.0; }};
  });
  CHECK(world.of("AWS/ECS", "CPUUtilization", kWeb).at(0).average() == doctest::Approx(50).epsilon(0.05));
}

TEST_CASE("ServiceMetrics_NoRunningTaskNoDatapoint") {
  Measured world(busy(0.05));
  world.set_desired("web", 0);
  world.settle();
  world.whole_minutes(2);
  CHECK(world.running("web") == 0);
  CHECK(world.of("AWS/ECS", "CPUUtilization", kWeb).empty());
  CHECK(world.of("AWS/ECS", "MemoryUtilization", kWeb).empty());
}

TEST_CASE("ServiceMetrics_DatapointsAreStampedWithTheStartOfTheirPeriodAndOnePerPeriod") {
  Measured world(busy(0.05));
  world.whole_minutes(3);
  const auto points = world.metrics->read(
      {.metric = {"AWS/ECS", "CPUUtilization", kWeb}, .start = world.minute(3), .end = world.minute(-1), .period = Duration(1000)});
  REQUIRE(points.size() == 3);
  CHECK(points[0].start == world.minute(3));
  CHECK(points[2].start == world.minute(1));
}

TEST_CASE("ServiceMetrics_ATaskThatStartsInAPeriodCountsForTheTimeItRan") {
  Measured world(busy(0.025), 1);
  world.advance(seconds(20));
  world.set_desired("web", 2);
  world.settle();
  world.whole_minutes(1);
  const auto cpu = world.of("AWS/ECS", "CPUUtilization", kWeb);
  REQUIRE(cpu.size() == 1);
  CHECK(cpu[0].sample_count == 2);
  CHECK(cpu[0].minimum == doctest::Approx(50).epsilon(0.01));
  CHECK(cpu[0].maximum == doctest::Approx(50).epsilon(0.01));
}

TEST_CASE("ServiceMetrics_AnEngineThatWasAwayInventsNothing") {
  Measured world(busy(0.025));
  world.engine.reset();
  world.driver.reset();
  world.clock.advance(minutes(5));
  world.restart_engine();
  world.whole_minutes(1);  // the rest of this minute is measured
  CHECK(world.of("AWS/ECS", "CPUUtilization", kWeb, 1).at(0).average() == doctest::Approx(50).epsilon(0.01));
  for (int ago = 2; ago <= 5; ++ago) CHECK(world.of("AWS/ECS", "CPUUtilization", kWeb, ago).empty());
}

TEST_CASE("NodeAndClusterCpu_TasksThatCouldNotBeReadYetAreNotIdle") {
  Measured world(busy(0.05), 3);
  const std::string node = world.state.instances.all().begin()->first;
  world.engine.reset();
  world.driver.reset();
  world.clock.advance(world.minute(-1) - milliseconds(500) - world.clock.now());
  world.restart_engine();  // half a second before a minute ends: no task is read twice in it
  world.whole_minutes(1);
  CHECK(world.of("AWS/EC2", "CPUUtilization", {{"InstanceId", node}}).empty());
  CHECK(world.of("AWS/ECS", "CPUUtilization", kCluster).empty());
  CHECK(world.of("AWS/ECS", "MemoryUtilization", kCluster).empty());
  CHECK(world.of("AWS/ECS", "CPUReservation", kCluster).at(0).average() == doctest::Approx(25));
  world.whole_minutes(1);
  CHECK(world.of("AWS/EC2", "CPUUtilization", {{"InstanceId", node}}).at(0).average() == doctest::Approx(25).epsilon(0.01));
}

TEST_CASE("ServiceMetrics_TwentySecondsWhereTheServiceAsks") {
  Measured world(busy(0.025));
  world.state.services.update("c/web", [](model::Service& service) { service.fine_metrics = {"CPUUtilization"}; });
  world.settle();
  world.whole_minutes(2);
  const auto cpu = world.metrics->read({.metric = {"AWS/ECS", "CPUUtilization", kWeb},
                                        .start = world.minute(1),
                                        .end = world.minute(0),
                                        .period = Duration(1000)});
  REQUIRE(cpu.size() == 3);
  CHECK(cpu[1].start - cpu[0].start == seconds(20));
  CHECK(cpu[0].sample_count == 2);
  const auto memory = world.of("AWS/ECS", "MemoryUtilization", kWeb);
  CHECK(memory.at(0).sample_count == 2);
}

TEST_CASE("GroupCpu_TwentySecondsWhereAPolicyIsOfHighResolution") {
  Measured world(busy(0.05), 3);
  for (const auto& [id, record] : std::map(world.state.instances.all().begin(), world.state.instances.all().end())) {
    world.state.instances.update(id, [](model::Instance& instance) { instance.group = "nodes"; });
  }
  const auto points = [&] {
    return world.metrics->read({.metric = {"AWS/EC2", "CPUUtilization", {{"AutoScalingGroupName", "nodes"}}},
                                .start = world.minute(1),
                                .end = world.minute(0),
                                .period = Duration(1000)}).size();
  };
  world.whole_minutes(2);
  CHECK(points() == 1);
  model::ScalingPolicy policy;
  policy.arn = "p";
  policy.group = "nodes";
  policy.tracking = model::TargetTracking{.target_value = 30, .predefined_metric = "ASGAverageCPUUtilizationHighResolution"};
  world.state.scaling_policies.put(policy);
  world.settle();
  world.whole_minutes(2);
  CHECK(points() == 3);
}

TEST_CASE("ContainerInsights_OnlyWhereTheClusterAsks") {
  Measured world(busy(0.025));
  const auto find = [&](const char* name, const std::map<std::string, std::string>& dimensions) {
    return world.of("ECS/ContainerInsights", name, dimensions);
  };
  CHECK(find("CpuUtilized", kWeb).empty());
  world.state.clusters.update("c", [](model::Cluster& cluster) { cluster.container_insights = true; });
  world.settle();
  world.whole_minutes(2);
  CHECK(find("CpuUtilized", kWeb).at(0).sum == doctest::Approx(256).epsilon(0.001));  // two tasks of 128 units
  CHECK(find("CpuUtilized", kWeb).at(0).sample_count == 2);
  CHECK(find("CpuReserved", kCluster).at(0).sum == 512);
  CHECK(find("MemoryUtilized", {{"ClusterName", "c"}, {"TaskDefinitionFamily", "web"}}).at(0).average() == 64);
  CHECK(find("MemoryReserved", kWeb).at(0).average() == 128);
  CHECK(find("RunningTaskCount", kWeb).at(0).average() == 2);
  CHECK(find("PendingTaskCount", kWeb).at(0).average() == 0);
  CHECK(find("DesiredTaskCount", kWeb).at(0).average() == 2);
  CHECK(find("DeploymentCount", kWeb).at(0).average() == 1);
  CHECK(find("TaskCount", kCluster).at(0).average() == 2);
  CHECK(find("ServiceCount", kCluster).at(0).average() == 1);
  CHECK(find("ContainerInstanceCount", kCluster).at(0).average() == 3);
}

TEST_CASE("NodeCpu_IsWhatItsTasksUseOfItsCoresAndAtMostAHundred") {
  Measured world(busy(0.05), 3);
  model::Instance instance = world.state.instances.all().begin()->second;
  instance.group = "nodes";
  world.state.instances.put(instance);
  world.settle();
  world.whole_minutes(1);
  const auto cpu = world.of("AWS/EC2", "CPUUtilization", {{"InstanceId", instance.id}});
  CHECK(cpu.at(0).average() == doctest::Approx(25).epsilon(0.01));  // one task a node: 0.05 of 0.2 cores
  CHECK(world.of("AWS/EC2", "CPUUtilization", {{"AutoScalingGroupName", "nodes"}}).at(0).sample_count == 1);

  Measured hot(busy(0.9), 3);
  for (const auto& [id, node] : hot.state.instances.all()) {
    CHECK(hot.of("AWS/EC2", "CPUUtilization", {{"InstanceId", id}}).at(0).maximum == 100);
  }
}

TEST_CASE("GroupCpu_LeavesOutInstancesThatWarmUp_UnlessThereIsNothingElse") {
  Measured world(busy(0.05), 3);
  const auto samples = [&](int warm) {
    model::AutoScalingGroup group;
    group.name = "nodes";
    group.min_size = group.max_size = group.desired_capacity = 3;
    world.state.auto_scaling_groups.put(group);
    int i = 0;
    std::vector<std::string> ids;
    for (const auto& [id, instance] : world.state.instances.all()) ids.push_back(id);
    for (const std::string& id : ids) {
      world.state.instances.update(id, [&](model::Instance& record) {
        record.group = "nodes";
        record.lifecycle_state = "InService";
        record.in_service_at = i++ < warm ? world.clock.now() - hours(1) : world.clock.now();
      });
    }
    world.settle();
    world.whole_minutes(1);
    return world.of("AWS/EC2", "CPUUtilization", {{"AutoScalingGroupName", "nodes"}}).back().sample_count;
  };
  CHECK(samples(2) == 2);
  CHECK(samples(0) == 3);
}

TEST_CASE("GroupCpu_APolicysWarmupDecidesWhenANodeCounts") {
  Measured world(busy(0.05), 3);
  model::AutoScalingGroup group;
  group.name = "nodes";
  group.min_size = group.max_size = group.desired_capacity = 3;
  group.default_cooldown = 3600;
  world.state.auto_scaling_groups.put(group);
  std::vector<std::string> ids;
  for (const auto& [id, instance] : world.state.instances.all()) ids.push_back(id);
  for (const std::string& id : ids) {
    world.state.instances.update(id, [&](model::Instance& record) {
      record.group = "nodes";
      record.lifecycle_state = "InService";
      record.in_service_at = world.clock.now() - (id == ids[0] ? minutes(2) : hours(2));
    });
  }
  const auto policy = [&](const std::string& name, const std::string& type, int warmup, const std::string& metric) {
    model::ScalingPolicy one;
    one.arn = "arn:aws:autoscaling:us-east-1:1:scalingPolicy:u:autoScalingGroupName/nodes:policyName/" + name;
    one.name = name;
    one.group = "nodes";
    one.type = type;
    one.estimated_warmup = warmup;
    model::Alarm alarm;
    alarm.name = name + "-high";
    alarm.metric = {"AWS/EC2", metric, {{"AutoScalingGroupName", "nodes"}}};
    alarm.alarm_actions = {one.arn};
    world.state.alarms.put(alarm);
    world.state.scaling_policies.put(one);
    return one;
  };
  const auto samples = [&] {
    world.settle();
    world.whole_minutes(1);
    return world.of("AWS/EC2", "CPUUtilization", {{"AutoScalingGroupName", "nodes"}}).back().sample_count;
  };
  CHECK(samples() == 2);  // the group's own warm-up: an hour
  policy("network", "StepScaling", 60, "NetworkIn");
  policy("simple", "SimpleScaling", 60, "CPUUtilization");
  CHECK(samples() == 2);
  model::ScalingPolicy cpu = policy("cpu", "TargetTrackingScaling", 60, "CPUUtilization");
  policy("slow", "StepScaling", 1800, "CPUUtilization");
  CHECK(samples() == 3);  // the shortest of those that follow it
  cpu.enabled = false;
  world.state.scaling_policies.put(cpu);
  CHECK(samples() == 2);
}

TEST_CASE("ClusterMetrics_AreOverWhatItsNodesRegistered") {
  Measured world(busy(0.05), 3);  // 256 units each, of three nodes of 1024
  CHECK(world.of("AWS/ECS", "CPUReservation", kCluster).at(0).average() == doctest::Approx(25));
  CHECK(world.of("AWS/ECS", "CPUUtilization", kCluster).at(0).average() == doctest::Approx(25).epsilon(0.01));
  const double registered = static_cast<double>(world.state.container_instances.all().begin()->second.memory.value);
  CHECK(world.of("AWS/ECS", "MemoryReservation", kCluster).at(0).average() == doctest::Approx(100 * 128 / registered));
  CHECK(world.of("AWS/ECS", "MemoryUtilization", kCluster).at(0).average() == doctest::Approx(100 * 64 / registered));
}

TEST_CASE("Traffic_RequestCountIsAlwaysThereAndCodesOnlyWhenNotZero") {
  Measured world(busy(0.01));
  world.listen();
  const std::map<std::string, std::string> lb{{"LoadBalancer", "app/lb/0123456789abcdef"}};
  std::map<std::string, std::string> both = lb;
  both["TargetGroup"] = "targetgroup/web/0123456789abcdef";
  world.whole_minutes(1);
  CHECK(world.of("AWS/ApplicationELB", "RequestCount", lb).at(0).sum == 0);
  CHECK(world.of("AWS/ApplicationELB", "RequestCount", both).at(0).sum == 0);
  CHECK(world.of("AWS/ApplicationELB", "RequestCountPerTarget", both).at(0).sum == 0);
  CHECK(world.of("AWS/ApplicationELB", "HTTPCode_Target_2XX_Count", lb).empty());
  CHECK(world.of("AWS/ApplicationELB", "HealthyHostCount", both).at(0).average() == 2);
  CHECK(world.of("AWS/ApplicationELB", "UnHealthyHostCount", both).at(0).average() == 0);

  for (int i = 0; i < 3; ++i) {
    world.balancer->offer_traffic({.at = world.clock.now(),
                                   .load_balancer_id = world.balancer_arn,
                                   .group_id = world.group,
                                   .requests = 10,
                                   .target_2xx = 9,
                                   .target_5xx = 1,
                                   .latency_sampled = 10,
                                   .latency_seconds = {{0.010, 9}, {1.0, 1}}});
    world.advance(seconds(1));
  }
  world.balancer->offer_traffic(
      {.at = world.clock.now(), .load_balancer_id = world.balancer_arn, .requests = 4, .elb_502 = 1, .elb_503 = 3});
  world.whole_minutes(1);
  CHECK(world.of("AWS/ApplicationELB", "RequestCount", lb).at(0).sum == 30);  // a target was chosen for these
  CHECK(world.of("AWS/ApplicationELB", "RequestCount", both).at(0).sum == 30);
  CHECK(world.of("AWS/ApplicationELB", "RequestCountPerTarget", both).at(0).sum == 15);
  CHECK(world.of("AWS/ApplicationELB", "RequestCountPerTarget", {{"TargetGroup", both["TargetGroup"]}}).at(0).sum == 15);
  CHECK(world.of("AWS/ApplicationELB", "HTTPCode_Target_2XX_Count", both).at(0).sum == 27);
  CHECK(world.of("AWS/ApplicationELB", "HTTPCode_Target_5XX_Count", lb).at(0).sum == 3);
  CHECK(world.of("AWS/ApplicationELB", "HTTPCode_ELB_5XX_Count", lb).at(0).sum == 4);
  CHECK(world.of("AWS/ApplicationELB", "HTTPCode_ELB_503_Count", lb).at(0).sum == 3);
  CHECK(world.of("AWS/ApplicationELB", "HTTPCode_ELB_504_Count", lb).empty());
  const auto times = world.of("AWS/ApplicationELB", "TargetResponseTime", both);
  CHECK(*state::statistic_of(times.at(0), "p50") == doctest::Approx(0.010).epsilon(0.03));
  CHECK(*state::statistic_of(times.at(0), "p99") == doctest::Approx(1.0).epsilon(0.03));
  CHECK(times[0].sample_count == 30);
}

TEST_CASE("Sources_AreAskedOnceAMinute") {
  Measured world(busy(0.01));
  int asked = 0;
  world.engine->publisher().add_source([&](MetricPublisher::Minute& minute) {
    ++asked;
    minute.put("AWS/ECS/ManagedScaling", "CapacityProviderReservation", {{"CapacityProviderName", "p"}}, 200, "None");
  });
  world.whole_minutes(2);
  CHECK(asked == 2);
  CHECK(world.of("AWS/ECS/ManagedScaling", "CapacityProviderReservation", {{"CapacityProviderName", "p"}}).at(0).sum == 200);
}

TEST_CASE("Periods_ShrinkWithTheTimeScaleAndStayAlignedToTheEpoch") {
  const auto store = state::Store::in_memory();
  const state::State state(*store);
  const auto metrics = state::MetricStore::in_memory();
  const Settings settings{.pace = {20}, .addresses = AddressPlan("/test")};
  MetricPublisher publisher(state, *metrics, settings);
  const Instant start = instant_from_ms(1'700'000'000'500);
  CHECK_FALSE(publisher.publish(start));
  CHECK(publisher.next() == instant_from_ms(1'700'000'001'000));  // 20 s: each second
  CHECK(publisher.publish(publisher.next()));
  for (int i = 0; i < 3; ++i) publisher.publish(publisher.next());
  std::vector<Instant> minutes;
  publisher.add_source([&](MetricPublisher::Minute& minute) { minutes.push_back(minute.start()); });
  for (int i = 0; i < 6; ++i) publisher.publish(publisher.next());
  REQUIRE(minutes.size() == 2);
  CHECK(minutes[1] - minutes[0] == seconds(3));
  CHECK(to_ms(minutes[0]) % 3000 == 0);
}

}  // namespace engine
