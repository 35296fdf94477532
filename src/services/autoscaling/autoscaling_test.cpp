#include <doctest/doctest.h>

#include "services/autoscaling/handlers.h"
#include "services/context_test.h"

namespace services::autoscaling {
namespace {

/// Two subnets, a launch template, and every handler's context.
struct GroupWorld : services::ContextFixture {
  GroupWorld() {
    for (const char* zone : {"a", "b"}) {
      model::Subnet subnet;
      subnet.id = std::string("subnet-") + zone;
      subnet.vpc_id = "vpc-1";
      subnet.availability_zone = std::string("us-east-1") + zone;
      subnet.default_for_az = true;
      state.subnets.put(subnet);
    }
    model::LaunchTemplate nodes;
    nodes.id = "lt-1";
    nodes.name = "nodes";
    auto& version = nodes.versions.emplace_back();
    version.image_id = "ami-1";
    version.instance_type = "t2.micro";
    state.launch_templates.put(nodes);
  }

  op::CreateAutoScalingGroup::Input request(int desired = 2) const {
    op::CreateAutoScalingGroup::Input in;
    in.auto_scaling_group_name = "group";
    in.min_size = 1;
    in.max_size = 3;
    in.desired_capacity = desired;
    in.vpc_zone_identifier = "subnet-a,subnet-b";
    in.launch_template.emplace().launch_template_name = "nodes";
    return in;
  }
  const model::AutoScalingGroup& group() const { return *state.auto_scaling_groups.find("group"); }
  void instance(const std::string& id) {
    model::Instance one;
    one.id = id;
    one.state = "running";
    one.lifecycle_state = "InService";
    one.group = "group";
    one.launched_at = context.now;
    state.instances.put(one);
  }
};

template <class Answered>
std::string error_code(const Answered& answer) {
  return answer ? "" : answer.error().code;
}
template <class Answered>
std::string error_text(const Answered& answer) {
  return answer ? "" : answer.error().message;
}

}  // namespace

TEST_CASE("CreateGroup_KeepsWhatIsDesiredAndItsCause_ZonesComeFromTheSubnets") {
  GroupWorld world;
  REQUIRE(create_auto_scaling_group(world.context, world.request()));
  CHECK(world.group().desired_capacity == 2);
  CHECK(world.group().launch_template_id == "lt-1");
  CHECK(world.group().last_cause ==
        "a user request created an AutoScalingGroup changing the desired capacity from 0 to 2.");
  const auto described = describe_auto_scaling_groups(world.context, {});
  REQUIRE(described->auto_scaling_groups->size() == 1);
  const auto& shown = described->auto_scaling_groups->front();
  CHECK(shown.availability_zones == std::vector<std::string>{"us-east-1a", "us-east-1b"});
  CHECK(shown.vpc_zone_identifier == "subnet-a,subnet-b");
  CHECK(shown.launch_template->version == "$Default");
  CHECK(shown.termination_policies == std::vector<std::string>{"Default"});
  CHECK(shown.instances->empty());
  CHECK_FALSE(shown.status);
  CHECK(error_code(create_auto_scaling_group(world.context, world.request())) == "AlreadyExists");
}

TEST_CASE("CreateGroup_RefusesWhatCannotRun") {
  GroupWorld world;
  const auto refused = [&](auto change) {
    auto in = world.request();
    change(in);
    return error_text(create_auto_scaling_group(world.context, in));
  };
  CHECK(refused([](auto& in) { in.min_size = 4; }) == "Max bound, 3, must be greater than or equal to min bound, 4");
  CHECK(refused([](auto& in) { in.desired_capacity = 9; }) ==
        "Desired capacity:9 must be between the specified min size:1 and max size:3");
  CHECK(refused([](auto& in) { in.vpc_zone_identifier = "subnet-z"; }) == "The subnet ID 'subnet-z' does not exist");
  CHECK(refused([](auto& in) { in.vpc_zone_identifier.reset(); }) ==
        "At least one Availability Zone or VPC Subnet is required.");
  CHECK(refused([](auto& in) { in.launch_template.reset(); }).starts_with("Valid requests must contain"));
  CHECK(refused([](auto& in) { in.launch_configuration_name = "old"; }).starts_with("Valid requests must contain"));
  CHECK(refused([](auto& in) { in.mixed_instances_policy.emplace(); }).find("mixed instances") != std::string::npos);
  CHECK(refused([](auto& in) { in.launch_template->version = "7"; }).find("specified version 7") != std::string::npos);
  CHECK(refused([](auto& in) { in.max_instance_lifetime = 3600; }).find("from 86400 to 31536000") != std::string::npos);
  CHECK(refused([](auto& in) { in.max_instance_lifetime = 86'400; }).find("does not replace instances") != std::string::npos);
  CHECK(world.state.auto_scaling_groups.empty());
  CHECK(refused([](auto& in) { in.max_instance_lifetime = 0; }) == "");
}

TEST_CASE("DescribeGroups_PagesWithinAWSsLimits_AndATokenIsOurs") {
  GroupWorld world;
  for (const char* name : {"a", "b", "c"}) {
    auto in = world.request();
    in.auto_scaling_group_name = name;
    REQUIRE(create_auto_scaling_group(world.context, in));
  }
  op::DescribeAutoScalingGroups::Input in;
  for (const int records : {0, -1, 101}) {
    in.max_records = records;
    CHECK(error_code(describe_auto_scaling_groups(world.context, in)) == "ValidationError");
  }
  in.max_records = 1;
  const auto first = describe_auto_scaling_groups(world.context, in);
  world.state.auto_scaling_groups.erase("a");
  in.next_token = first->next_token;
  CHECK(describe_auto_scaling_groups(world.context, in)->auto_scaling_groups->at(0).auto_scaling_group_name == "b");
  in.next_token = "zz";
  CHECK(error_code(describe_auto_scaling_groups(world.context, in)) == "InvalidNextToken");
  op::DescribeAutoScalingInstances::Input instances;
  instances.max_records = 51;
  CHECK(error_code(describe_auto_scaling_instances(world.context, instances)) == "ValidationError");
}

TEST_CASE("SetDesiredCapacity_StaysWithinTheBounds") {
  GroupWorld world;
  REQUIRE(create_auto_scaling_group(world.context, world.request()));
  const auto set = [&](int to) {
    return set_desired_capacity(world.context, {.auto_scaling_group_name = "group", .desired_capacity = to});
  };
  CHECK(error_text(set(4)) == "New SetDesiredCapacity value 4 is above max value 3 for the AutoScalingGroup.");
  CHECK(error_text(set(0)) == "New SetDesiredCapacity value 0 is below min value 1 for the AutoScalingGroup.");
  REQUIRE(set(3));
  CHECK(world.group().last_cause ==
        "a user request explicitly set group desired capacity changing the desired capacity from 2 to 3.");
  CHECK(error_text(set_desired_capacity(world.context, {.auto_scaling_group_name = "none", .desired_capacity = 1})) ==
        "AutoScalingGroup name not found - AutoScalingGroup 'none' not found");
}

TEST_CASE("UpdateGroup_NewBoundsTakeTheCapacityAlong") {
  GroupWorld world;
  REQUIRE(create_auto_scaling_group(world.context, world.request()));
  op::UpdateAutoScalingGroup::Input in;
  in.auto_scaling_group_name = "group";
  in.min_size = 0;
  in.max_size = 0;
  REQUIRE(update_auto_scaling_group(world.context, in));
  CHECK(world.group().desired_capacity == 0);
  CHECK(world.group().last_cause == "a user request update of AutoScalingGroup constraints to min: 0, max: 0, desired: 0 "
                                    "changing the desired capacity from 2 to 0.");
}

TEST_CASE("TerminateInstance_AnswersTheActivity_DecrementStopsAtTheMinimum") {
  GroupWorld world;
  REQUIRE(create_auto_scaling_group(world.context, world.request()));
  world.instance("i-1");
  world.instance("i-2");
  const auto terminate = [&](const std::string& id, bool decrement) {
    op::TerminateInstanceInAutoScalingGroup::Input in;
    in.instance_id = id;
    in.should_decrement_desired_capacity = decrement;
    return terminate_instance_in_auto_scaling_group(world.context, in);
  };
  const auto first = terminate("i-1", true);
  REQUIRE(first);
  CHECK(first->activity->description == "Terminating EC2 instance: i-1");
  CHECK(first->activity->cause == "At 2023-11-14T22:13:20Z instance i-1 was taken out of service in response to a user "
                                  "request, shrinking the capacity from 2 to 1.");
  CHECK(world.group().desired_capacity == 1);
  CHECK(world.state.instances.find("i-1")->state == "shutting-down");
  CHECK(terminate("i-1", false)->activity->activity_id == first->activity->activity_id);
  CHECK(error_text(terminate("i-2", true)).starts_with("Currently, desiredSize equals minSize (1)."));
  CHECK(error_code(terminate("i-9", false)) == "ValidationError");
  const auto activities = describe_scaling_activities(world.context, {.auto_scaling_group_name = "group"});
  CHECK(activities->activities->size() == 1);
}

TEST_CASE("DeleteGroup_WithInstancesNeedsForce") {
  GroupWorld world;
  REQUIRE(create_auto_scaling_group(world.context, world.request()));
  world.instance("i-1");
  const auto remove = [&](bool force) {
    return delete_auto_scaling_group(world.context, {.auto_scaling_group_name = "group", .force_delete = force});
  };
  CHECK(error_code(remove(false)) == "ResourceInUse");
  world.state.instances.update("i-1", [](auto& one) { one.state = "shutting-down"; });
  CHECK(error_code(remove(false)) == "ScalingActivityInProgress");
  REQUIRE(remove(true));
  CHECK(describe_auto_scaling_groups(world.context, {})->auto_scaling_groups->front().status == "Delete in progress");
}

TEST_CASE("SetInstanceHealth_RespectsTheGracePeriodUnlessTold") {
  GroupWorld world;
  auto in = world.request();
  in.health_check_grace_period = 300;
  REQUIRE(create_auto_scaling_group(world.context, in));
  world.instance("i-1");
  op::SetInstanceHealth::Input sick;
  sick.instance_id = "i-1";
  sick.health_status = "Unhealthy";
  REQUIRE(set_instance_health(world.context, sick));
  CHECK(world.state.instances.find("i-1")->health_status == "Healthy");
  sick.should_respect_grace_period = false;
  REQUIRE(set_instance_health(world.context, sick));
  CHECK(describe_auto_scaling_instances(world.context, {})->auto_scaling_instances->front().health_status == "UNHEALTHY");
}

TEST_CASE("SetInstanceHealth_GraceBeginsInService") {
  GroupWorld world;
  auto in = world.request();
  in.health_check_grace_period = 60;
  REQUIRE(create_auto_scaling_group(world.context, in));
  world.instance("i-1");
  op::SetInstanceHealth::Input sick;
  sick.instance_id = "i-1";
  sick.health_status = "Unhealthy";
  const auto called = [&](Duration later) {
    world.context.now += later;
    REQUIRE(set_instance_health(world.context, sick));
    return world.state.instances.find("i-1")->health_status;
  };
  world.state.instances.update("i-1", [](model::Instance& one) { one.lifecycle_state = "Pending:Wait"; });
  CHECK(called(minutes(5)) == "Healthy");
  world.state.instances.update("i-1", [&](model::Instance& one) {
    one.lifecycle_state = "InService";
    one.in_service_at = world.context.now;
  });
  CHECK(called(seconds(59)) == "Healthy");
  CHECK(called(seconds(1)) == "Unhealthy");
}

TEST_CASE("GroupTags_AreShownFilteredAndTakenAway") {
  GroupWorld world;
  REQUIRE(create_auto_scaling_group(world.context, world.request()));
  api::autoscaling::Tag tag;
  tag.resource_id = "group";
  tag.resource_type = "auto-scaling-group";
  tag.key = "AmazonECSManaged";
  tag.value = "";
  tag.propagate_at_launch = true;
  REQUIRE(create_or_update_tags(world.context, {.tags = std::vector{tag}}));
  CHECK(describe_tags(world.context, {})->tags->front().propagate_at_launch == true);
  op::DescribeAutoScalingGroups::Input filtered;
  filtered.filters.emplace().push_back({.name = "tag-key", .values = std::vector<std::string>{"other"}});
  CHECK(describe_auto_scaling_groups(world.context, filtered)->auto_scaling_groups->empty());
  REQUIRE(delete_tags(world.context, {.tags = std::vector{tag}}));
  CHECK(world.group().tags.empty());
}

}  // namespace services::autoscaling
