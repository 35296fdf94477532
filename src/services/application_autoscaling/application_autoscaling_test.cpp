#include <doctest/doctest.h>

#include "services/application_autoscaling/handlers.h"
#include "services/context_test.h"

namespace services::application_autoscaling {

namespace {

struct Fixture : ContextFixture {
  Fixture() { add_service("web", 3); }

  void add_service(const std::string& name, int desired) {
    model::Service service;
    service.cluster = "c";
    service.name = name;
    service.desired_count = desired;
    state.services.put(service);
  }
  template <class In>
  static In named(In in, const std::string& service = "web") {
    in.service_namespace = "ecs";
    in.resource_id = "service/c/" + service;
    in.scalable_dimension = "ecs:service:DesiredCount";
    return in;
  }
  auto register_target(std::optional<int> min, std::optional<int> max, const std::string& service = "web") {
    return register_scalable_target(
        context, named(op::RegisterScalableTarget::Input{.min_capacity = min, .max_capacity = max}, service));
  }
  static op::PutScalingPolicy::Input tracking(const std::string& name, double target,
                                              const std::string& metric = "ECSServiceAverageCPUUtilization") {
    op::PutScalingPolicy::Input in{.policy_name = name, .policy_type = "TargetTrackingScaling"};
    auto& given = in.target_tracking_scaling_policy_configuration.emplace();
    given.target_value = target;
    given.predefined_metric_specification = shape::PredefinedMetricSpecification{.predefined_metric_type = metric};
    return named(in);
  }
  static op::PutScalingPolicy::Input steps(const std::string& name) {
    op::PutScalingPolicy::Input in{.policy_name = name, .policy_type = "StepScaling"};
    auto& given = in.step_scaling_policy_configuration.emplace();
    given.adjustment_type = "ChangeInCapacity";
    given.step_adjustments = std::vector{shape::StepAdjustment{.metric_interval_lower_bound = 0, .scaling_adjustment = 2}};
    return named(in);
  }
  auto activities(bool not_scaled = false) {
    return *describe_scaling_activities(
                context, {.service_namespace = "ecs", .include_not_scaled_activities = not_scaled})->scaling_activities;
  }
  int desired(const std::string& service = "web") { return state.services.find("c/" + service)->desired_count; }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "Register_MovesTheCountIntoTheBoundsAtOnce_OnCreateAndOnUpdate") {
  const auto registered = register_target(5, 10);
  REQUIRE(registered);
  CHECK(registered->scalable_target_arn->find(":scalable-target/0ec5") != std::string::npos);
  CHECK(desired() == 5);
  REQUIRE(activities().size() == 1);
  CHECK(activities()[0].description == "Setting desired count to 5.");
  CHECK(activities()[0].cause == "minimum capacity was set to 5");
  CHECK(activities()[0].status_code == "InProgress");
  context.now += seconds(1);
  REQUIRE(register_target(std::nullopt, 4).error().message.find("cannot be less than minimum") != std::string::npos);
  REQUIRE(register_target(1, 4));
  CHECK(desired() == 4);
  CHECK(activities()[0].cause == "maximum capacity was set to 4");
  const auto shown = *describe_scalable_targets(context, {.service_namespace = "ecs"})->scalable_targets;
  REQUIRE(shown.size() == 1);
  CHECK(shown[0].scalable_target_arn == registered->scalable_target_arn);
  CHECK(shown[0].min_capacity == 1);
  CHECK(shown[0].suspended_state->scheduled_scaling_suspended == false);
  CHECK(shown[0].role_arn->find("AWSServiceRoleForApplicationAutoScaling_ECSService") != std::string::npos);
}

TEST_CASE_FIXTURE(Fixture, "Register_WithinTheBoundsChangesNothing") {
  REQUIRE(register_target(1, 10));
  CHECK(desired() == 3);
  CHECK(activities().empty());
}

TEST_CASE_FIXTURE(Fixture, "Register_RefusesWhatCannotBeScaled") {
  CHECK(register_target(1, 10, "gone").error().message == "ECS service doesn't exist: service/c/gone");
  CHECK(register_target(1, std::nullopt).error().code == "ValidationException");
  CHECK(register_target(-1, 4).error().code == "ValidationException");
  auto table = named(op::RegisterScalableTarget::Input{.min_capacity = 1, .max_capacity = 2});
  table.service_namespace = "dynamodb";
  CHECK(register_scalable_target(context, table).error().message.find("ECS services only") != std::string::npos);
  table.service_namespace = "ecs";
  table.resource_id = "service/web";
  CHECK(register_scalable_target(context, table).error().message.find("service/<cluster>/<service>") != std::string::npos);
  state.services.update("c/web", [](model::Service& service) { service.scheduling_strategy = "DAEMON"; });
  CHECK(register_target(1, 4).error().message.find("DAEMON") != std::string::npos);
}

TEST_CASE_FIXTURE(Fixture, "Register_SuspendedStateChangesOnlyWhatIsGiven") {
  auto in = named(op::RegisterScalableTarget::Input{.min_capacity = 1, .max_capacity = 4});
  in.suspended_state = shape::SuspendedState{.dynamic_scaling_in_suspended = true};
  REQUIRE(register_scalable_target(context, in));
  in.suspended_state = shape::SuspendedState{.scheduled_scaling_suspended = true};
  REQUIRE(register_scalable_target(context, in));
  const auto state = *describe_scalable_targets(context, {.service_namespace = "ecs"})->scalable_targets->at(0).suspended_state;
  CHECK(state.dynamic_scaling_in_suspended == true);
  CHECK(state.dynamic_scaling_out_suspended == false);
  CHECK(state.scheduled_scaling_suspended == true);
}

TEST_CASE_FIXTURE(Fixture, "TrackingPolicy_MakesItsAlarmsAndNamesThem_AndAnUpdateKeepsThem") {
  CHECK(put_scaling_policy(context, tracking("cpu", 80)).error().code == "ObjectNotFoundException");
  REQUIRE(register_target(1, 10));
  const auto put = put_scaling_policy(context, tracking("cpu", 80));
  REQUIRE(put);
  CHECK(put->policy_arn->find(":resource/ecs/service/c/web:policyName/cpu") != std::string::npos);
  REQUIRE(put->alarms->size() == 2);
  const std::string high = *put->alarms->at(0).alarm_name;
  CHECK(high.starts_with("TargetTracking-service/c/web-AlarmHigh-"));
  CHECK(state.alarms.find(high)->threshold == 80);
  const auto again = put_scaling_policy(context, tracking("cpu", 50));
  CHECK(again->policy_arn == put->policy_arn);
  CHECK(again->alarms->at(0).alarm_name == high);
  CHECK(state.alarms.find(high)->threshold == 50);
  CHECK(state.alarms.size() == 2);
  const auto shown = *describe_scaling_policies(context, {.service_namespace = "ecs"})->scaling_policies;
  REQUIRE(shown.size() == 1);
  CHECK(shown[0].target_tracking_scaling_policy_configuration->target_value == 50);
  CHECK(shown[0].target_tracking_scaling_policy_configuration->disable_scale_in == false);
  CHECK_FALSE(shown[0].target_tracking_scaling_policy_configuration->scale_in_cooldown);
  CHECK(shown[0].alarms->size() == 2);
}

TEST_CASE_FIXTURE(Fixture, "TrackingPolicy_DisablingScaleInDeletesTheLowAlarm") {
  REQUIRE(register_target(1, 10));
  REQUIRE(put_scaling_policy(context, tracking("cpu", 80)));
  auto in = tracking("cpu", 80);
  in.target_tracking_scaling_policy_configuration->disable_scale_in = true;
  CHECK(put_scaling_policy(context, in)->alarms->size() == 1);
  CHECK(state.alarms.size() == 1);
}

TEST_CASE_FIXTURE(Fixture, "TrackingPolicy_CustomizedMetricInBothForms") {
  REQUIRE(register_target(1, 10));
  auto in = tracking("queue", 10);
  auto& given = *in.target_tracking_scaling_policy_configuration;
  given.predefined_metric_specification.reset();
  given.customized_metric_specification = shape::CustomizedMetricSpecification{.metric_name = "Backlog",
                                           .namespace_ = "Mine",
                                           .dimensions = std::vector<shape::MetricDimension>{{"Queue", "q"}},
                                           .statistic = "Maximum"};
  const auto put = put_scaling_policy(context, in);
  REQUIRE(put);
  const model::Alarm* alarm = state.alarms.find(*put->alarms->at(0).alarm_name);
  CHECK(alarm->metric == model::MetricName{"Mine", "Backlog", {{"Queue", "q"}}});
  CHECK(alarm->statistic == "Maximum");
  CHECK(alarm->unit.empty());

  shape::TargetTrackingMetricDataQuery query{.id = "m1"};
  query.metric_stat = shape::TargetTrackingMetricStat{.metric = shape::TargetTrackingMetric{.metric_name = "Backlog", .namespace_ = "Mine"}, .stat = "Sum"};
  given.customized_metric_specification = shape::CustomizedMetricSpecification{.metrics = std::vector{query}};
  REQUIRE(put_scaling_policy(context, in));
  CHECK(state.alarms.find(alarm->name)->statistic == "Sum");
  given.customized_metric_specification->metrics->push_back(shape::TargetTrackingMetricDataQuery{.expression = "m1 / 2", .id = "e1"});
  CHECK(put_scaling_policy(context, in).error().message == "Exactly one element of Metrics must have ReturnData set to true.");
}

TEST_CASE_FIXTURE(Fixture, "TrackingPolicy_FollowsMetricMath") {
  REQUIRE(register_target(1, 10));
  auto in = tracking("queue", 10);
  auto& given = *in.target_tracking_scaling_policy_configuration;
  given.predefined_metric_specification.reset();
  shape::TargetTrackingMetricDataQuery depth{.id = "m1", .return_data = false};
  depth.metric_stat = shape::TargetTrackingMetricStat{.metric = shape::TargetTrackingMetric{.metric_name = "Depth", .namespace_ = "Mine"}, .stat = "Sum"};
  shape::TargetTrackingMetricDataQuery tasks = depth;
  tasks.id = "m2";
  tasks.metric_stat->metric->metric_name = "Workers";
  const shape::TargetTrackingMetricDataQuery each{.expression = "m1 / m2", .id = "e1", .label = "Depth for each worker"};
  given.customized_metric_specification = shape::CustomizedMetricSpecification{.metrics = std::vector{depth, tasks, each}};
  const auto put = put_scaling_policy(context, in);
  REQUIRE(put);
  const model::Alarm& alarm = *state.alarms.find(*put->alarms->at(0).alarm_name);
  CHECK(alarm.queries.size() == 3);
  CHECK(alarm.metrics.find("\"m1 / m2\"") != std::string::npos);
  CHECK(alarm.metric.name.empty());
  CHECK(alarm.statistic.empty());
  CHECK(alarm.period == 60);
  given.customized_metric_specification->metrics->at(2).expression = "m1 / m7";
  CHECK(put_scaling_policy(context, in).error().message.find("'m7'") != std::string::npos);
}

TEST_CASE_FIXTURE(Fixture, "TrackingPolicy_ItsAlarmsHaveAHistoryThatOutlivesThem") {
  REQUIRE(register_target(1, 10));
  auto in = tracking("cpu", 80);
  const auto put = put_scaling_policy(context, in);
  const std::string high = *put->alarms->at(0).alarm_name;
  in.target_tracking_scaling_policy_configuration->target_value = 50;
  REQUIRE(put_scaling_policy(context, in));
  op::DeleteScalingPolicy::Input gone{.policy_name = "cpu", .service_namespace = "ecs", .resource_id = in.resource_id, .scalable_dimension = in.scalable_dimension};
  REQUIRE(delete_scaling_policy(context, gone));
  CHECK(state.alarms.empty());
  std::vector<std::string> told;
  for (const auto& [key, item] : state.alarm_history.range(high + "#")) told.push_back(item.summary);
  const std::string name = "Alarm \"" + high + "\" ";
  CHECK(told == std::vector<std::string>{name + "created", name + "updated", name + "deleted"});
}

TEST_CASE_FIXTURE(Fixture, "Policies_AreRefusedWithWhatIsWrong") {
  REQUIRE(register_target(1, 10));
  const auto refusal = [&](const op::PutScalingPolicy::Input& in) {
    const auto put = put_scaling_policy(context, in);
    return put ? "accepted" : put.error().message;
  };
  REQUIRE(put_scaling_policy(context, tracking("cpu", 80)));
  CHECK(refusal(tracking("other", 60)) ==
        "Only one TargetTrackingScaling policy for a given metric specification is allowed.");
  CHECK(refusal(tracking("memory", 0, "ECSServiceAverageMemoryUtilization")) == "TargetValue must be greater than 0");
  CHECK(refusal(tracking("rds", 50, "RDSReaderAverageCPUUtilization")).find("Unsupported predefined metric") == 0);
  CHECK(refusal(tracking("alb", 50, "ALBRequestCountPerTarget")).find("Invalid resource label") == 0);
  auto predictive = tracking("p", 50);
  predictive.policy_type = "PredictiveScaling";
  CHECK(refusal(predictive).find("PredictiveScaling is not served") != std::string::npos);
  auto untyped = steps("s");
  untyped.policy_type.reset();
  CHECK(refusal(untyped).find("PolicyType is required") == 0);
  auto mixed = steps("cpu");
  CHECK(refusal(mixed).find("cannot be changed") != std::string::npos);
  auto both = steps("s");
  both.target_tracking_scaling_policy_configuration = tracking("x", 1).target_tracking_scaling_policy_configuration;
  CHECK(refusal(both).find("no other configuration") != std::string::npos);
  auto gap = steps("s");
  gap.step_scaling_policy_configuration->step_adjustments->push_back(
      shape::StepAdjustment{.metric_interval_lower_bound = 10, .scaling_adjustment = 2});
  CHECK(refusal(gap) != "accepted");
}

TEST_CASE_FIXTURE(Fixture, "StepPolicy_ShowsTheUsersAlarmsThatNameIt_AndLeavesThemWhenDeleted") {
  REQUIRE(register_target(1, 10));
  const auto put = put_scaling_policy(context, steps("steps"));
  REQUIRE(put);
  CHECK(put->alarms->empty());
  model::Alarm alarm;
  alarm.name = "mine";
  alarm.alarm_actions = {*put->policy_arn};
  state.alarms.put(alarm);
  CHECK(describe_scaling_policies(context, {.service_namespace = "ecs"})->scaling_policies->at(0).alarms->at(0).alarm_name ==
        "mine");
  REQUIRE(delete_scaling_policy(context, named(op::DeleteScalingPolicy::Input{.policy_name = "steps"})));
  CHECK(state.alarms.size() == 1);
  CHECK(delete_scaling_policy(context, named(op::DeleteScalingPolicy::Input{.policy_name = "steps"})).error().code ==
        "ObjectNotFoundException");
}

TEST_CASE_FIXTURE(Fixture, "Deregister_DeletesPoliciesTheirAlarmsAndSchedules") {
  REQUIRE(register_target(1, 10));
  REQUIRE(put_scaling_policy(context, tracking("cpu", 80)));
  REQUIRE(put_scheduled_action(context, named(op::PutScheduledAction::Input{.schedule = "rate(1 hour)",
                                                                            .scheduled_action_name = "hourly",
                                                                            .scalable_target_action = shape::ScalableTargetAction{.min_capacity = 2}})));
  REQUIRE(deregister_scalable_target(context, named(op::DeregisterScalableTarget::Input{})));
  CHECK(state.alarms.empty());
  CHECK(state.scaling_policies.empty());
  CHECK(state.scheduled_actions.empty());
  CHECK(deregister_scalable_target(context, named(op::DeregisterScalableTarget::Input{})).error().code ==
        "ObjectNotFoundException");
}

TEST_CASE_FIXTURE(Fixture, "ScheduledAction_IsPutShownUpdatedAndDeleted") {
  REQUIRE(register_target(1, 10));
  auto in = named(op::PutScheduledAction::Input{.schedule = "cron(0 8 * * ? *)",
                                                .timezone = "UTC",
                                                .scheduled_action_name = "morning",
                                                .scalable_target_action = shape::ScalableTargetAction{.min_capacity = 4, .max_capacity = 8}});
  REQUIRE(put_scheduled_action(context, in));
  auto shown = *describe_scheduled_actions(context, {.service_namespace = "ecs"})->scheduled_actions;
  REQUIRE(shown.size() == 1);
  CHECK(shown[0].schedule == "cron(0 8 * * ? *)");
  CHECK(shown[0].scheduled_action_arn->find(":scheduledActionName/morning") != std::string::npos);
  in.schedule.reset();
  in.scalable_target_action = shape::ScalableTargetAction{.min_capacity = 5};
  REQUIRE(put_scheduled_action(context, in));
  shown = *describe_scheduled_actions(context, {.service_namespace = "ecs"})->scheduled_actions;
  REQUIRE(shown.size() == 1);
  CHECK(shown[0].scalable_target_action->min_capacity == 5);
  CHECK_FALSE(shown[0].scalable_target_action->max_capacity);
  REQUIRE(delete_scheduled_action(context, named(op::DeleteScheduledAction::Input{.scheduled_action_name = "morning"})));
  CHECK(state.scheduled_actions.empty());
}

TEST_CASE_FIXTURE(Fixture, "ScheduledAction_OfARateTakesATimezoneAndShowsIt") {
  REQUIRE(register_target(1, 10));
  REQUIRE(put_scheduled_action(context, named(op::PutScheduledAction::Input{.schedule = "rate(1 hour)",
                                                                            .timezone = "UTC",
                                                                            .scheduled_action_name = "hourly",
                                                                            .scalable_target_action = shape::ScalableTargetAction{.min_capacity = 2}})));
  const auto shown = *describe_scheduled_actions(context, {.service_namespace = "ecs"})->scheduled_actions;
  REQUIRE(shown.size() == 1);
  CHECK(shown[0].timezone == "UTC");
}

TEST_CASE_FIXTURE(Fixture, "ScheduledAction_IsRefusedWithWhatIsWrong") {
  const auto refusal = [&](const std::string& schedule, const std::string& zone, std::optional<int> min,
                           std::optional<int> max) {
    op::PutScheduledAction::Input in{.scheduled_action_name = "s"};
    in.schedule = schedule;
    if (!zone.empty()) in.timezone = zone;
    in.scalable_target_action = shape::ScalableTargetAction{.min_capacity = min, .max_capacity = max};
    const auto put = put_scheduled_action(context, named(in));
    return put ? "accepted" : put.error().message;
  };
  CHECK(refusal("rate(1 hour)", "", 1, 2).find("No scalable target registered") == 0);
  REQUIRE(register_target(1, 10));
  CHECK(refusal("cron(0 8 * * * *)", "", 1, 2).find("Invalid schedule expression") == 0);
  CHECK(refusal("cron(0 8 * * ? *)", "Mars/Olympus", 1, 2).find("The time zone Mars/Olympus") == 0);
  CHECK(refusal("rate(1 hour)", "", 3, 2).find("Maximum capacity 2") == 0);
  CHECK(refusal("rate(1 hour)", "", {}, {}).find("ScalableTargetAction") == 0);
}

TEST_CASE_FIXTURE(Fixture, "Activities_NewestFirst_PagedAndNotScaledOnlyWhenAsked") {
  for (int i = 0; i < 5; ++i) {
    model::TargetActivity activity;
    activity.id = "id" + std::to_string(i);
    activity.target = "ecs|service/c/web|ecs:service:DesiredCount";
    activity.description = "number " + std::to_string(i);
    activity.cause = "a test";
    activity.start = context.now + seconds(i);
    if (i == 4) {
      activity.not_scaled_reason = "AlreadyAtMaxCapacity";
      activity.not_scaled_limit = 3;
      activity.not_scaled_current = 3;
    }
    state.target_activities.put(activity);
  }
  CHECK(activities().size() == 4);
  CHECK(activities()[0].description == "number 3");
  REQUIRE(activities(true).size() == 5);
  CHECK(activities(true)[0].not_scaled_reasons->at(0).max_capacity == 3);
  CHECK_FALSE(activities(true)[0].not_scaled_reasons->at(0).min_capacity);
  op::DescribeScalingActivities::Input in{.service_namespace = "ecs", .resource_id = "service/c/web", .max_results = 3};
  const auto first = describe_scaling_activities(context, in);
  CHECK(first->scaling_activities->size() == 3);
  in.next_token = first->next_token;
  const auto second = describe_scaling_activities(context, in);
  CHECK(second->scaling_activities->size() == 1);
  CHECK_FALSE(second->next_token);
  in.next_token = "zz";
  CHECK(describe_scaling_activities(context, in).error().code == "InvalidNextTokenException");
  for (const int size : {0, 51}) {
    in.max_results = size;
    CHECK(describe_scaling_activities(context, in).error().code == "ValidationException");
  }
  in.max_results = 50;
  in.resource_id = "service/c/other";
  in.next_token.reset();
  CHECK(describe_scaling_activities(context, in)->scaling_activities->empty());
}

TEST_CASE_FIXTURE(Fixture, "Tags_OfATargetByItsArn") {
  auto in = named(op::RegisterScalableTarget::Input{.min_capacity = 1, .max_capacity = 4});
  in.tags = std::map<std::string, std::string>{{"team", "a"}};
  const std::string arn = *register_scalable_target(context, in)->scalable_target_arn;
  REQUIRE(tag_resource(context, {.resource_arn = arn, .tags = std::map<std::string, std::string>{{"team", "b"}, {"env", "test"}}}));
  CHECK(*list_tags_for_resource(context, {.resource_arn = arn})->tags ==
        std::map<std::string, std::string>{{"env", "test"}, {"team", "b"}});
  REQUIRE(untag_resource(context, {.resource_arn = arn, .tag_keys = std::vector<std::string>{"team"}}));
  CHECK(list_tags_for_resource(context, {.resource_arn = arn})->tags->size() == 1);
  CHECK(list_tags_for_resource(context, {.resource_arn = arn + "x"}).error().code == "ResourceNotFoundException");
  CHECK_FALSE(tag_resource(context, {.resource_arn = arn, .tags = std::map<std::string, std::string>{{"aws:x", "b"}}}));
}

}  // namespace services::application_autoscaling
