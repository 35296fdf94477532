#include <doctest/doctest.h>

#include "services/autoscaling/handlers.h"
#include "services/context_test.h"

namespace services::autoscaling {
namespace {

struct PolicyWorld : services::ContextFixture {
  PolicyWorld() {
    model::AutoScalingGroup group;
    group.name = "nodes";
    group.min_size = 1;
    group.max_size = 5;
    group.desired_capacity = 2;
    state.auto_scaling_groups.put(group);
    store->commit();  // refused() undoes what came after
  }
  op::PutScalingPolicy::Input tracking(double target = 30) const {
    op::PutScalingPolicy::Input in;
    in.auto_scaling_group_name = "nodes";
    in.policy_name = "cpu";
    in.policy_type = "TargetTrackingScaling";
    auto& configuration = in.target_tracking_configuration.emplace();
    configuration.target_value = target;
    configuration.predefined_metric_specification.emplace().predefined_metric_type = "ASGAverageCPUUtilization";
    return in;
  }
  op::PutScalingPolicy::Input simple(int adjustment) const {
    op::PutScalingPolicy::Input in;
    in.auto_scaling_group_name = "nodes";
    in.policy_name = "up";
    in.adjustment_type = "ChangeInCapacity";
    in.scaling_adjustment = adjustment;
    return in;
  }
  std::string refused(const op::PutScalingPolicy::Input& in) {
    const auto answer = put_scaling_policy(context, in);
    REQUIRE_FALSE(answer);
    CHECK(answer.error().code == "ValidationError");
    store->rollback();
    return answer.error().message;
  }
  int desired() const { return state.auto_scaling_groups.find("nodes")->desired_capacity; }
};

}  // namespace

TEST_CASE("PutScalingPolicy_TargetTracking_AnswersItsAlarmsAndDescribeShowsThem") {
  PolicyWorld world;
  const auto put = put_scaling_policy(world.context, world.tracking());
  REQUIRE(put);
  CHECK(put->policy_arn->find(":autoScalingGroupName/nodes:policyName/cpu") != std::string::npos);
  REQUIRE(put->alarms->size() == 2);
  CHECK(put->alarms->at(0).alarm_name->starts_with("TargetTracking-nodes-AlarmHigh-"));
  const model::Alarm& low = *world.state.alarms.find(*put->alarms->at(1).alarm_name);
  CHECK(low.threshold == 21);
  CHECK(low.alarm_actions == std::vector<std::string>{*put->policy_arn});
  const auto described = describe_policies(world.context, {.auto_scaling_group_name = "nodes"});
  REQUIRE(described->scaling_policies->size() == 1);
  const auto& shown = described->scaling_policies->front();
  CHECK(shown.alarms->size() == 2);
  CHECK(shown.enabled == true);
  CHECK(shown.step_adjustments->empty());
  CHECK(shown.target_tracking_configuration->target_value == 30);
  CHECK(shown.target_tracking_configuration->disable_scale_in == false);
  CHECK_FALSE(shown.target_tracking_configuration->customized_metric_specification);
}

TEST_CASE("PutScalingPolicy_Again_KeepsArnAndAlarmNames_AndDropsTheLowOneWithoutScaleIn") {
  PolicyWorld world;
  const auto first = put_scaling_policy(world.context, world.tracking(30));
  auto in = world.tracking(50);
  const auto second = put_scaling_policy(world.context, in);
  CHECK(second->policy_arn == first->policy_arn);
  CHECK(second->alarms->at(0).alarm_name == first->alarms->at(0).alarm_name);
  CHECK(world.state.alarms.find(*first->alarms->at(0).alarm_name)->threshold == 50);
  in.target_tracking_configuration->disable_scale_in = true;
  CHECK(put_scaling_policy(world.context, in)->alarms->size() == 1);
  CHECK(world.state.alarms.size() == 1);
}

TEST_CASE("PutScalingPolicy_FollowsMetricMathOfOnePeriod") {
  PolicyWorld world;
  auto in = world.tracking();
  in.target_tracking_configuration->predefined_metric_specification.reset();
  auto& queries = in.target_tracking_configuration->customized_metric_specification.emplace().metrics.emplace();
  for (const char* id : {"m1", "m2"}) {
    auto& query = queries.emplace_back();
    query.id = id;
    query.return_data = false;
    auto& stat = query.metric_stat.emplace();
    stat.metric.emplace().namespace_ = "App";
    stat.metric->metric_name = id;
    stat.stat = "Sum";
    stat.period = 30;
  }
  auto& ratio = queries.emplace_back();
  ratio.id = "e1";
  ratio.expression = "m1 / m2";
  const auto put = put_scaling_policy(world.context, in);
  REQUIRE(put);
  const model::Alarm& alarm = *world.state.alarms.find(*put->alarms->at(0).alarm_name);
  CHECK(alarm.period == 30);
  CHECK(alarm.queries.size() == 3);
  in.target_tracking_configuration->customized_metric_specification->metrics->at(1).metric_stat->period = 60;
  CHECK(world.refused(in).find("must have the same Period") != std::string::npos);
  in.target_tracking_configuration->customized_metric_specification->metrics->at(1).metric_stat->period = 30;
  in.target_tracking_configuration->customized_metric_specification->metrics->at(2).expression = "m1 / m9";
  CHECK(world.refused(in).find("'m9'") != std::string::npos);
}

TEST_CASE("DeletePolicy_TakesItsAlarmsAlong_ButNotTheUsersOwn") {
  PolicyWorld world;
  const auto put = put_scaling_policy(world.context, world.tracking());
  model::Alarm users;
  users.name = "mine";
  users.alarm_actions = {*put->policy_arn};
  world.state.alarms.put(users);
  REQUIRE(delete_policy(world.context, {.auto_scaling_group_name = "nodes", .policy_name = "cpu"}));
  CHECK(world.state.scaling_policies.empty());
  CHECK(world.state.alarms.size() == 1);
  CHECK_FALSE(delete_policy(world.context, {.auto_scaling_group_name = "nodes", .policy_name = "cpu"}));
}

TEST_CASE("DeleteGroup_DeletesItsPoliciesAndTheirAlarms") {
  PolicyWorld world;
  REQUIRE(put_scaling_policy(world.context, world.tracking()));
  REQUIRE(delete_auto_scaling_group(world.context, {.auto_scaling_group_name = "nodes", .force_delete = true}));
  CHECK(world.state.scaling_policies.empty());
  CHECK(world.state.alarms.empty());
}

TEST_CASE("PutScalingPolicy_RefusesWhatItCannotDo") {
  PolicyWorld world;
  auto in = world.tracking();
  in.target_tracking_configuration->predefined_metric_specification->predefined_metric_type = "ASGAverageNetworkIn";
  CHECK(world.refused(in).find("does not measure the network") != std::string::npos);
  in = world.tracking();
  in.target_tracking_configuration->predefined_metric_specification->predefined_metric_type = "ALBRequestCountPerTarget";
  CHECK(world.refused(in).find("resource label") != std::string::npos);
  in = world.tracking();
  in.target_tracking_configuration.reset();
  CHECK(world.refused(in).find("TargetTrackingConfiguration is required") != std::string::npos);
  in = world.tracking();
  in.cooldown = 60;
  CHECK(world.refused(in) == "Cooldown is not supported by policies of type TargetTrackingScaling.");
  in = world.tracking();
  in.policy_type = "PredictiveScaling";
  CHECK(world.refused(in).find("predictive") != std::string::npos);
  in = world.tracking();
  in.auto_scaling_group_name = "none";
  CHECK(world.refused(in).find("'none' not found") != std::string::npos);
  in = world.simple(1);
  in.scaling_adjustment.reset();
  CHECK(world.refused(in).find("ScalingAdjustment is required") != std::string::npos);
  in = world.simple(1);
  in.min_adjustment_magnitude = 2;
  CHECK(world.refused(in).find("PercentChangeInCapacity") != std::string::npos);
  CHECK(world.state.scaling_policies.empty());
}

// Terraform's provider sends it with every change of a policy, whatever its type.
TEST_CASE("PutScalingPolicy_ACooldownOf0IsNone_AnotherOneIsRefusedButForSimpleScaling") {
  PolicyWorld world;
  auto in = world.tracking();
  in.cooldown = 0;
  CHECK(put_scaling_policy(world.context, in));
  world.store->commit();
  in.cooldown = 60;
  CHECK(world.refused(in).find("Cooldown") != std::string::npos);
}

TEST_CASE("PutScalingPolicy_StepsHaveNoGapsAndNoOverlaps") {
  PolicyWorld world;
  op::PutScalingPolicy::Input in;
  in.auto_scaling_group_name = "nodes";
  in.policy_name = "steps";
  in.policy_type = "StepScaling";
  in.adjustment_type = "ChangeInCapacity";
  auto& steps = in.step_adjustments.emplace();
  steps.push_back({.metric_interval_lower_bound = 10.0, .scaling_adjustment = 2});
  steps.push_back({.metric_interval_lower_bound = 0.0, .metric_interval_upper_bound = 10.0, .scaling_adjustment = 1});
  REQUIRE(put_scaling_policy(world.context, in));
  steps[1].metric_interval_upper_bound = 8.0;
  CHECK(world.refused(in).find("gaps") != std::string::npos);
  steps[1].metric_interval_upper_bound = 12.0;
  CHECK(world.refused(in).find("overlap") != std::string::npos);
}

TEST_CASE("PutScalingPolicy_CustomizedMetricIsWatchedAsGiven") {
  PolicyWorld world;
  auto in = world.tracking(100);
  in.target_tracking_configuration->predefined_metric_specification.reset();
  auto& custom = in.target_tracking_configuration->customized_metric_specification.emplace();
  custom.metric_name = "Backlog";
  custom.namespace_ = "Mine";
  custom.statistic = "Maximum";
  custom.dimensions.emplace().push_back({.name = "Queue", .value = "q"});
  const auto put = put_scaling_policy(world.context, in);
  REQUIRE(put);
  const model::Alarm& high = *world.state.alarms.find(*put->alarms->at(0).alarm_name);
  CHECK(high.metric.space == "Mine");
  CHECK(high.metric.dimensions.at("Queue") == "q");
  CHECK(high.statistic == "Maximum");
  const auto shown = describe_policies(world.context, {})->scaling_policies->front();
  CHECK(shown.target_tracking_configuration->customized_metric_specification->metric_name == "Backlog");
}

TEST_CASE("ExecutePolicy_ChangesTheCapacityWithinItsBounds_AndHonorsTheCooldownWhenAsked") {
  PolicyWorld world;
  REQUIRE(put_scaling_policy(world.context, world.simple(2)));
  op::ExecutePolicy::Input in;
  in.auto_scaling_group_name = "nodes";
  in.policy_name = "up";
  in.honor_cooldown = true;
  REQUIRE(execute_policy(world.context, in));
  CHECK(world.desired() == 4);
  CHECK(world.state.auto_scaling_groups.find("nodes")->last_cause ==
        "a user request executed policy up changing the desired capacity from 2 to 4.");
  CHECK(execute_policy(world.context, in).error().code == "ScalingActivityInProgress");
  in.honor_cooldown = false;
  REQUIRE(execute_policy(world.context, in));
  CHECK(world.desired() == 5);
  REQUIRE(put_scaling_policy(world.context, world.tracking()));
  in.policy_name = "cpu";
  CHECK_FALSE(execute_policy(world.context, in));
}

TEST_CASE("ExecutePolicy_TwiceAddsTwice") {
  PolicyWorld world;
  REQUIRE(put_scaling_policy(world.context, world.simple(1)));
  op::ExecutePolicy::Input in;
  in.auto_scaling_group_name = "nodes";
  in.policy_name = "up";
  REQUIRE(execute_policy(world.context, in));
  model::Instance young;
  young.id = "i-1";
  young.group = "nodes";
  young.lifecycle_state = "InService";
  young.in_service_at = world.context.now;
  world.state.instances.put(young);
  world.context.now += seconds(10);
  REQUIRE(execute_policy(world.context, in));
  CHECK(world.desired() == 4);
}

}  // namespace services::autoscaling
