#include <doctest/doctest.h>

#include "services/autoscaling/handlers.h"
#include "services/context_test.h"

namespace services::autoscaling {

namespace {

struct ScheduleWorld : services::ContextFixture {
  ScheduleWorld() {
    model::AutoScalingGroup group;
    group.name = "nodes";
    group.min_size = group.desired_capacity = 1;
    group.max_size = 3;
    state.auto_scaling_groups.put(group);
  }
  op::PutScheduledUpdateGroupAction::Input request(const std::string& name) const {
    op::PutScheduledUpdateGroupAction::Input in;
    in.auto_scaling_group_name = "nodes";
    in.scheduled_action_name = name;
    in.recurrence = "0 8 * * *";
    in.desired_capacity = 2;
    return in;
  }
  std::string refusal(const op::PutScheduledUpdateGroupAction::Input& in) {
    const auto put = put_scheduled_update_group_action(context, in);
    return put ? "" : put.error().message;
  }
  std::vector<api::autoscaling::ScheduledUpdateGroupAction> shown(op::DescribeScheduledActions::Input in = {}) {
    return *describe_scheduled_actions(context, in)->scheduled_update_group_actions;
  }
  api::Timestamp in_hours(int count) const { return {to_ms(context.now + hours(count))}; }
};

}  // namespace

TEST_CASE("PutSchedule_ShowsTheNextOccurrenceAsItsStart") {
  ScheduleWorld world;  // 2023-11-14T22:13:20Z
  REQUIRE(put_scheduled_update_group_action(world.context, world.request("morning")));
  const auto shown = world.shown();
  REQUIRE(shown.size() == 1);
  CHECK(shown[0].scheduled_action_arn->starts_with(
      "arn:aws:autoscaling:us-east-1:123456789012:scheduledUpdateGroupAction:"));
  CHECK(shown[0].scheduled_action_arn->ends_with(":autoScalingGroupName/nodes:scheduledActionName/morning"));
  CHECK(to_iso8601(instant_from_ms(shown[0].start_time->ms)) == "2023-11-15T08:00:00.000Z");
  CHECK(shown[0].time_zone == "Etc/UTC");
  CHECK(shown[0].desired_capacity == 2);
  CHECK_FALSE(shown[0].min_size);
}

TEST_CASE("PutSchedule_WhatAnUpdateLeavesOutStays_AndTheArnToo") {
  ScheduleWorld world;
  REQUIRE(put_scheduled_update_group_action(world.context, world.request("morning")));
  const auto arn = world.shown()[0].scheduled_action_arn;
  op::PutScheduledUpdateGroupAction::Input in;
  in.auto_scaling_group_name = "nodes";
  in.scheduled_action_name = "morning";
  in.max_size = 9;
  REQUIRE(put_scheduled_update_group_action(world.context, in));
  const auto shown = world.shown();
  REQUIRE(shown.size() == 1);
  CHECK(shown[0].scheduled_action_arn == arn);
  CHECK(shown[0].recurrence == "0 8 * * *");
  CHECK(shown[0].desired_capacity == 2);
  CHECK(shown[0].max_size == 9);
}

TEST_CASE("PutSchedule_RefusesWhatCannotRun") {
  ScheduleWorld world;
  const auto refused = [&](auto change) {
    auto in = world.request("bad");
    change(in);
    return world.refusal(in);
  };
  CHECK(refused([](auto& in) { in.desired_capacity.reset(); }) ==
        "At least one of MinSize, MaxSize and DesiredCapacity must be specified.");
  CHECK(refused([](auto& in) { in.recurrence.reset(); }) == "Either StartTime or Recurrence must be specified.");
  CHECK(refused([&](auto& in) { in.start_time = world.in_hours(-1); }) == "Given start time is in the past");
  CHECK(refused([](auto& in) { in.recurrence = "99 8 * * *"; }) != "");
  CHECK(refused([](auto& in) { in.time_zone = "Mars/Olympus"; }).starts_with("Invalid TimeZone 'Mars/Olympus'"));
  CHECK(refused([](auto& in) { in.min_size = 3; }) ==
        "Desired capacity:2 must be between the specified min size:3 and max size:2");
  CHECK(refused([](auto& in) { in.auto_scaling_group_name = "none"; }).find("not found") != std::string::npos);
  CHECK(world.shown().empty());
}

TEST_CASE("PutSchedule_AGroupHasA125AtMost") {
  ScheduleWorld world;
  for (int i = 0; i < 125; ++i) {
    REQUIRE(put_scheduled_update_group_action(world.context, world.request("action" + std::to_string(i))));
  }
  CHECK(put_scheduled_update_group_action(world.context, world.request("more")).error().code == "LimitExceeded");
}

TEST_CASE("BatchPut_ListsWhatFailedAndPutsTheOthers_BatchDeleteToo") {
  ScheduleWorld world;
  op::BatchPutScheduledUpdateGroupAction::Input in;
  in.auto_scaling_group_name = "nodes";
  auto& actions = in.scheduled_update_group_actions.emplace();
  actions.emplace_back().scheduled_action_name = "good";
  actions.back().start_time = world.in_hours(1);
  actions.back().min_size = 2;
  actions.emplace_back().scheduled_action_name = "late";
  actions.back().start_time = world.in_hours(-1);
  actions.back().min_size = 2;
  const auto put = batch_put_scheduled_update_group_action(world.context, in);
  REQUIRE(put);
  REQUIRE(put->failed_scheduled_update_group_actions->size() == 1);
  CHECK(put->failed_scheduled_update_group_actions->front().scheduled_action_name == "late");
  CHECK(put->failed_scheduled_update_group_actions->front().error_message == "Given start time is in the past");
  REQUIRE(world.shown().size() == 1);

  op::BatchDeleteScheduledAction::Input away;
  away.auto_scaling_group_name = "nodes";
  away.scheduled_action_names = std::vector<std::string>{"good", "late"};
  const auto deleted = batch_delete_scheduled_action(world.context, away);
  REQUIRE(deleted);
  REQUIRE(deleted->failed_scheduled_actions->size() == 1);
  CHECK(deleted->failed_scheduled_actions->front().error_code == "ValidationError");
  CHECK(world.shown().empty());
}

TEST_CASE("DescribeSchedules_ByNameAndByTime_DeleteTakesOneAway") {
  ScheduleWorld world;
  REQUIRE(put_scheduled_update_group_action(world.context, world.request("morning")));
  auto once = world.request("once");
  once.recurrence.reset();
  once.start_time = world.in_hours(48);
  REQUIRE(put_scheduled_update_group_action(world.context, once));
  op::DescribeScheduledActions::Input in;
  in.end_time = world.in_hours(24);
  REQUIRE(world.shown(in).size() == 1);
  CHECK(world.shown(in)[0].scheduled_action_name == "morning");
  in.scheduled_action_names = std::vector<std::string>{"once", "unknown"};  // names given: times are ignored
  REQUIRE(world.shown(in).size() == 1);
  CHECK(world.shown(in)[0].scheduled_action_name == "once");

  op::DeleteScheduledAction::Input away;
  away.auto_scaling_group_name = "nodes";
  away.scheduled_action_name = "once";
  CHECK(delete_scheduled_action(world.context, away));
  CHECK(delete_scheduled_action(world.context, away).error().message ==
        "Scheduled action name not found - Scheduled action 'once' not found");
}

TEST_CASE("DeletingTheGroup_TakesItsScheduledActionsAway") {
  ScheduleWorld world;
  REQUIRE(put_scheduled_update_group_action(world.context, world.request("morning")));
  op::DeleteAutoScalingGroup::Input in;
  in.auto_scaling_group_name = "nodes";
  REQUIRE(delete_auto_scaling_group(world.context, in));
  CHECK(world.state.scheduled_actions.all().empty());
}

}  // namespace services::autoscaling
