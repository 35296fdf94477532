#include <doctest/doctest.h>

#include <algorithm>

#include "control/capacity/instance_lifecycle.h"
#include "control/capacity/node_group.h"
#include "control/capacity/user_data.h"

using namespace control;

namespace {

struct Scene {
  Instant now = instant_from_ms(1'700'000'000'000);
  Random random{1};
  model::AutoScalingGroup group;
  model::LaunchTemplate launch_template;
  std::map<std::string, model::Instance> instances;
  std::map<std::string, model::ScalingActivity> activities;
  Scene() {
    group.name = "nodes";
    group.desired_capacity = 2;
    group.availability_zones = {"a", "b"};
    group.last_cause = cause_created(2);
    launch_template.id = group.launch_template_id = "lt";
    launch_template.versions.push_back({.instance_type = "t2.micro"});
  }
  GroupDecision step() {
    GroupView view{&group, {}, &launch_template, {}, {}};
    for (const auto& [id, instance] : instances) view.instances.push_back(&instance);
    for (const auto& [id, activity] : activities) if (!activity.end) view.activities.push_back(&activity);
    GroupDecision decision = reconcile_group(view, now, Pace{}, random);
    for (const auto& instance : decision.instances) instances[instance.id] = instance;
    for (const auto& activity : decision.activities) activities[activity.id] = activity;
    if (decision.record) group = *decision.record;
    return decision;
  }
  /// InService in zone a for that long.
  void serves(const std::string& id, Duration age = hours(1), const std::string& launched_from = "lt",
              int version = 1) {
    model::Instance one;
    one.id = id;
    one.state = "running";
    one.lifecycle_state = "InService";
    one.availability_zone = "a";
    one.launched_at = now - age;
    one.launch_template_id = launched_from;
    one.launch_template_version = version;
    instances[id] = one;
  }
  /// Scales in by one at a time; whom that takes.
  std::vector<std::string> taken(int count, const std::vector<std::string>& policies = {}) {
    group.termination_policies = policies;
    std::vector<std::string> ids;
    for (group.desired_capacity = static_cast<int>(instances.size()); count > 0; --count) {
      --group.desired_capacity;
      for (const model::Instance& instance : step().instances) ids.push_back(instance.id);
    }
    return ids;
  }
  void become(const std::string& from, const std::string& to) {
    for (auto& [id, instance] : instances) if (instance.state == from) instance.state = to;
  }
  int in_zone(const std::string& zone) {
    int count = 0;
    for (const auto& [id, one] : instances) count += one.alive() && one.availability_zone == zone;
    return count;
  }
};

}  // namespace

TEST_CASE("Group_LaunchesWhatIsMissingBalancedOverZones") {
  Scene scene;
  scene.group.desired_capacity = 4;
  const GroupDecision decision = scene.step();
  CHECK(decision.instances.size() == 4);
  CHECK(scene.in_zone("a") == 2);
  CHECK(scene.in_zone("b") == 2);
  REQUIRE(decision.activities.size() == 4);
  CHECK(decision.activities[0].description.starts_with("Launching a new EC2 instance: i-"));
  CHECK(decision.activities[0].cause ==
        "At 2023-11-14T22:13:20Z a user request created an AutoScalingGroup changing the desired capacity from 0 to 2.  "
        "At 2023-11-14T22:13:20Z an instance was started in response to a difference between desired and actual "
        "capacity, increasing the capacity from 0 to 1.");
  CHECK(scene.step().instances.empty());
}

TEST_CASE("Group_RunningInstanceIsInServiceAndItsActivitySuccessful") {
  Scene scene;
  scene.step();
  scene.become("pending", "running");
  const GroupDecision decision = scene.step();
  CHECK(decision.instances.at(0).lifecycle_state == "InService");
  CHECK(decision.activities.at(0).status == "Successful");
  CHECK(decision.activities.at(0).progress == 100);
}

TEST_CASE("Group_SurplusGoesFromTheZoneWithMostSkippingProtected") {
  Scene scene;
  scene.group.desired_capacity = 3;
  scene.step();
  scene.become("pending", "running");
  scene.step();
  scene.group.desired_capacity = 2;
  scene.step();
  CHECK(scene.in_zone("a") == 1);
  CHECK(scene.in_zone("b") == 1);
  for (auto& [id, instance] : scene.instances) instance.protected_from_scale_in = true;
  scene.group.desired_capacity = 0;
  CHECK(scene.step().instances.empty());
}

TEST_CASE("Group_DefaultPolicyTakesTheOldestLaunchTemplateVersion") {
  Scene scene;
  scene.group.availability_zones = {"a"};
  scene.step();
  scene.become("pending", "running");
  scene.step();
  scene.instances.rbegin()->second.launch_template_version = 0;
  scene.group.desired_capacity = 1;
  scene.step();
  CHECK(scene.instances.rbegin()->second.state == "shutting-down");
}

namespace {

using Ids = std::vector<std::string>;

/// Version numbers of two templates say nothing of their age; launch configurations are older than any template.
Ids order_of_templates(const Ids& policies) {
  Scene scene;
  scene.serves("i-new1", hours(1), "lt", 1);
  scene.serves("i-new2", hours(1), "lt", 2);
  scene.serves("i-old", hours(1), "lt-former", 5);
  scene.serves("i-oldest", hours(1), "configuration:nodes");
  return scene.taken(3, policies);
}

std::string first_by_age(const std::string& policy) {
  Scene scene;
  scene.serves("i-1", minutes(150));
  scene.serves("i-2", minutes(290));  // 10 minutes to its next hour
  scene.serves("i-3", minutes(300));
  scene.serves("i-4", minutes(20));
  return scene.taken(1, {policy}).at(0);
}

}  // namespace

TEST_CASE("Group_DefaultPolicyTakesInstancesOfAFormerTemplateFirst") {
  CHECK(order_of_templates({}) == Ids{"i-oldest", "i-old", "i-new1"});
}

TEST_CASE("Group_DefaultPolicyTakesInstancesOfAFormerLaunchConfigurationFirst") {
  Scene scene;
  scene.launch_template.id = scene.group.launch_template_id = "configuration:green";
  for (const char* id : {"i-1", "i-3"}) scene.serves(id, hours(1), "configuration:blue");
  for (const char* id : {"i-0", "i-2"}) scene.serves(id, hours(1), "configuration:green");
  Ids taken = scene.taken(2);
  std::sort(taken.begin(), taken.end());
  CHECK(taken == Ids{"i-1", "i-3"});
}

TEST_CASE("Group_OldestLaunchTemplateTakesAFormerTemplatesInstancesThenTheOldestVersions") {
  CHECK(order_of_templates({"OldestLaunchTemplate"}) == Ids{"i-oldest", "i-old", "i-new1"});
}

TEST_CASE("Group_OldestInstanceTakesWhatWasLaunchedFirst") { CHECK(first_by_age("OldestInstance") == "i-3"); }

TEST_CASE("Group_NewestInstanceTakesWhatWasLaunchedLast") { CHECK(first_by_age("NewestInstance") == "i-4"); }

TEST_CASE("Group_ClosestToNextInstanceHourTakesWhatHasUsedMostOfItsHour") {
  CHECK(first_by_age("ClosestToNextInstanceHour") == "i-2");
}

TEST_CASE("Group_OfSeveralTerminationPoliciesALaterOneDecidesAmongEquals") {
  Scene scene;
  scene.serves("i-1", hours(1), "lt", 2);
  scene.serves("i-2", hours(2), "lt", 1);
  scene.serves("i-3", hours(3), "lt", 1);
  CHECK(scene.taken(2, {"OldestLaunchTemplate", "NewestInstance"}) == Ids{"i-2", "i-3"});
}

TEST_CASE("Group_ReplacesATerminatedInstanceWithAwsSentences") {
  Scene scene;
  scene.step();
  scene.become("pending", "running");
  scene.step();
  scene.instances.begin()->second.state = "terminated";
  const GroupDecision decision = scene.step();
  REQUIRE(decision.activities.size() == 2);
  CHECK(decision.activities[0].cause.find("in response to an EC2 health check indicating it has been terminated or stopped.") != std::string::npos);
  CHECK(decision.activities[1].cause.find("an instance was launched in response to an unhealthy instance needing to be replaced.") != std::string::npos);
  CHECK(scene.in_zone("a") + scene.in_zone("b") == 2);
}

namespace {

model::LifecycleHook hook(const std::string& transition, const std::string& result = "ABANDON", int heartbeat = 60) {
  return {.name = "hook", .transition = transition, .heartbeat_timeout = heartbeat, .default_result = result};
}
constexpr const char* kOnLaunch = "autoscaling:EC2_INSTANCE_LAUNCHING";
constexpr const char* kOnTermination = "autoscaling:EC2_INSTANCE_TERMINATING";

int in_state(const Scene& scene, const std::string& lifecycle) {
  int count = 0;
  for (const auto& [id, one] : scene.instances) count += one.lifecycle_state == lifecycle;
  return count;
}

}  // namespace

TEST_CASE("Group_TerminationHookHoldsARunningInstanceUntilItIsCompletedOrItsHeartbeatIsOver") {
  Scene scene;
  scene.group.hooks = {hook(kOnTermination)};
  scene.step();
  scene.become("pending", "running");
  scene.step();
  scene.group.desired_capacity = 0;
  const GroupDecision decision = scene.step();
  CHECK(in_state(scene, "Terminating:Wait") == 2);
  CHECK(decision.activities.at(0).status == "MidLifecycleAction");
  CHECK(scene.step().next_deadline == scene.now + seconds(60));
  CHECK(scene.instances.begin()->second.state == "running");
  scene.instances.begin()->second.hooks.clear();  // completed
  scene.step();
  CHECK(in_state(scene, "Terminating:Proceed") == 1);
  CHECK(scene.instances.begin()->second.state == "shutting-down");
  scene.now += seconds(60);
  scene.step();
  CHECK(in_state(scene, "Terminating:Proceed") == 2);
  scene.become("shutting-down", "terminated");
  CHECK(scene.step().activities.at(0).status == "Successful");
  CHECK(in_state(scene, "Terminated") == 2);
}

TEST_CASE("Group_LaunchHookKeepsAnInstanceOutOfService_AbandonedItIsReplaced") {
  Scene scene;
  scene.group.desired_capacity = 1;
  scene.group.hooks = {hook(kOnLaunch)};
  scene.step();
  scene.become("pending", "running");
  scene.step();
  CHECK(in_state(scene, "Pending:Wait") == 1);
  CHECK(scene.instances.size() == 1);
  scene.now += seconds(60);  // nobody said anything: ABANDON
  scene.step();
  CHECK(in_state(scene, "InService") == 0);
  CHECK(in_state(scene, "Pending") == 1);
  scene.become("pending", "running");
  scene.step();
  for (auto& [id, one] : scene.instances) one.hooks.clear();  // completed with CONTINUE
  scene.step();
  CHECK(in_state(scene, "InService") == 1);
}

TEST_CASE("Group_SuspendedProcessesDoNothing") {
  Scene scene;
  scene.group.suspended["Launch"] = "User suspended";
  CHECK(scene.step().instances.empty());
  scene.group.suspended.clear();
  scene.step();
  scene.become("pending", "running");
  scene.step();
  scene.group.suspended["Terminate"] = "User suspended";
  scene.group.desired_capacity = 1;
  CHECK(scene.step().instances.empty());
  scene.group.suspended = {{"ReplaceUnhealthy", "User suspended"}};
  scene.group.desired_capacity = 2;
  scene.instances.begin()->second.health_status = "Unhealthy";
  CHECK(scene.step().instances.empty());
  scene.group.suspended.clear();
  CHECK(scene.step().instances.size() == 2);
}

TEST_CASE("Group_DeletedGoesWithItsLastInstance") {
  Scene scene;
  scene.step();
  scene.group.status = "Delete in progress";
  CHECK(!scene.step().remove);
  scene.become("shutting-down", "terminated");
  CHECK(scene.step().remove);
}

TEST_CASE("Instance_BootsThenJoinsItsClusterWithAttributes") {
  Random random(1);
  const Instant now = instant_from_ms(1'000'000);
  model::Instance instance;
  instance.id = "i-1";
  instance.instance_type = "t2.micro";
  instance.availability_zone = "a";
  instance.launched_at = now;
  model::Cluster cluster;
  cluster.name = "web";
  InstanceView view{&instance, nullptr, &cluster, {}};
  CHECK(advance_instance(view, seconds(30), {}, now, Pace{}, random).next_deadline == now + seconds(30));
  CHECK(advance_instance(view, seconds(30), {}, now, Pace{10}, random).next_deadline == now + seconds(3));
  const auto decision = advance_instance(view, seconds(30), {}, now + seconds(30), Pace{}, random);
  CHECK(decision.record->state == "running");
  REQUIRE(decision.container_instance);
  CHECK(decision.container_instance->cpu == CpuUnits{1024});
  CHECK(decision.container_instance->memory == MiB{983});
  CHECK(decision.container_instance->attributes.at("ecs.availability-zone") == "a");
  view.cluster = nullptr;
  CHECK(!advance_instance(view, seconds(30), {}, now + seconds(30), Pace{}, random).container_instance);
}

TEST_CASE("Instance_ShuttingDownHandsOverThenStopsItsTasksAndIsTerminatedAfterTheLast") {
  Random random(1);
  const Instant now = instant_from_ms(1'000'000);
  model::Instance instance;
  instance.id = "i-1";
  instance.state = "shutting-down";
  model::ContainerInstance node;
  model::Task task;
  task.id = "t";
  InstanceView view{&instance, &node, nullptr, {&task}};
  auto decision = advance_instance(view, seconds(0), {}, now, Pace{}, random);
  CHECK(decision.stop_tasks.at(0).reason == "Host EC2 (instance i-1) terminated.");
  CHECK(decision.container_instance->status == "DRAINING");
  instance = *decision.record;
  CHECK(instance.state == "shutting-down");
  CHECK(decision.next_deadline == now + kHandOverLimit);
  task.service = "web";  // its service replaces it elsewhere first
  CHECK(advance_instance(view, seconds(0), {}, now + seconds(59), Pace{}, random).stop_tasks.empty());
  CHECK(advance_instance(view, seconds(0), {}, now + seconds(60), Pace{}, random).stop_tasks.size() == 1);
  CHECK(advance_instance(view, seconds(0), {}, now + seconds(60), Pace{}, random).next_deadline == now + kTerminationLimit);
  view.tasks.clear();
  decision = advance_instance(view, seconds(0), {}, now, Pace{}, random);
  CHECK(decision.record->state == "terminated");
  CHECK(decision.leaves_cluster);
}

TEST_CASE("UserData_NamesTheCluster") {
  CHECK(cluster_of_user_data("IyEvYmluL2Jhc2gKZWNobyBFQ1NfQ0xVU1RFUj1jb250YWluZXItY2x1c3RlciA+PiAvZXRjL2Vjcy9lY3MuY29uZmlnCg==") == "container-cluster");
  CHECK(cluster_of_user_data("RUNTX0NMVVNURVI9ImEiCiMgRUNTX0NMVVNURVI9Ygo=") == "a");  // ECS_CLUSTER="a", then a comment
  CHECK(cluster_of_user_data("") == "default");
  CHECK(cluster_of_user_data("not base64 at all!") == "default");
}
