#include "control/autoscaling/tracking_alarms.h"

#include <doctest/doctest.h>

using control::predefined_metric;
using control::TrackedKind;
using control::tracking_alarms;

namespace {

constexpr Instant kNow = instant_from_ms(1'700'000'000'000);

model::ScalingPolicy policy(double target, const std::string& metric) {
  model::ScalingPolicy policy;
  policy.arn = "arn:aws:autoscaling:us-east-1:123456789012:scalingPolicy:p:resource/ecs/service/c/web:policyName/cpu";
  policy.name = "cpu";
  policy.tracking = model::TargetTracking{.target_value = target, .predefined_metric = metric};
  return policy;
}

std::vector<model::Alarm> alarms_of(TrackedKind kind, const std::string& resource, const model::ScalingPolicy& policy,
                                    const std::string& label = "") {
  Random random(1);
  const auto metric = predefined_metric(kind, resource, policy.tracking->predefined_metric, label);
  REQUIRE(metric);
  return tracking_alarms({.policy = policy, .kind = kind, .resource = resource, .metric = *metric}, {}, kNow, random);
}

}  // namespace

TEST_CASE("TrackingAlarms_OfAService_High3MinutesLow15MinutesAt90Percent") {
  const auto put = policy(80, "ECSServiceAverageCPUUtilization");
  const auto alarms = alarms_of(TrackedKind::service, "service/c/web", put);
  REQUIRE(alarms.size() == 2);
  const model::Alarm& high = alarms[0];
  CHECK(high.name.starts_with("TargetTracking-service/c/web-AlarmHigh-"));
  CHECK(high.arn == "arn:aws:cloudwatch:us-east-1:123456789012:alarm:" + high.name);
  CHECK(high.description == "DO NOT EDIT OR DELETE. For TargetTrackingScaling policy " + put.arn + ".");
  CHECK(high.metric.space == "AWS/ECS");
  CHECK(high.metric.name == "CPUUtilization");
  CHECK(high.metric.dimensions == std::map<std::string, std::string>{{"ClusterName", "c"}, {"ServiceName", "web"}});
  CHECK(high.statistic == "Average");
  CHECK(high.unit == "Percent");
  CHECK(high.period == 60);
  CHECK(high.evaluation_periods == 3);
  CHECK_FALSE(high.datapoints_to_alarm);
  CHECK(high.threshold == 80);
  CHECK(high.comparison == "GreaterThanThreshold");
  CHECK(high.treat_missing_data == "missing");
  CHECK(high.state == "INSUFFICIENT_DATA");
  CHECK(high.state_reason == "Unchecked: Initial alarm creation");
  const model::Alarm& low = alarms[1];
  CHECK(low.name.starts_with("TargetTracking-service/c/web-AlarmLow-"));
  CHECK(low.evaluation_periods == 15);
  CHECK(low.threshold == 72);
  CHECK(low.comparison == "LessThanThreshold");
}

TEST_CASE("TrackingAlarms_LowThresholdIsExactForTargetsThatAwsWasSeenWith") {
  const auto low = [](TrackedKind kind, const std::string& metric, double target, const std::string& label = "") {
    return alarms_of(kind, kind == TrackedKind::service ? "service/c/web" : "asg", policy(target, metric), label)
        .at(1)
        .threshold;
  };
  CHECK(low(TrackedKind::service, "ECSServiceAverageCPUUtilization", 30) == 27);
  CHECK(low(TrackedKind::service, "ECSServiceAverageMemoryUtilization", 70) == 63);
  CHECK(low(TrackedKind::service, "ALBRequestCountPerTarget", 1500, "app/lb/1/targetgroup/tg/2") == 1350);
  CHECK(low(TrackedKind::group, "ASGAverageCPUUtilization", 30) == 21);
  CHECK(low(TrackedKind::group, "ASGAverageCPUUtilization", 40) == 28);
  CHECK(low(TrackedKind::group, "ASGAverageCPUUtilization", 75) == 52.5);
}

TEST_CASE("TrackingAlarms_OfAGroup_LowAt70PercentOfCpu_ActionIsThePolicy") {
  const auto put = policy(30, "ASGAverageCPUUtilization");
  const auto alarms = alarms_of(TrackedKind::group, "container-asg", put);
  CHECK(alarms[0].name.starts_with("TargetTracking-container-asg-AlarmHigh-"));
  CHECK(alarms[0].metric.space == "AWS/EC2");
  CHECK(alarms[0].metric.dimensions.at("AutoScalingGroupName") == "container-asg");
  CHECK(alarms[0].alarm_actions == std::vector<std::string>{put.arn});
  CHECK(alarms[1].evaluation_periods == 15);
}

TEST_CASE("TrackingAlarms_OfACapacityProvider_High1MinuteLowBelowTheTargetItself") {
  Random random(1);
  auto put = policy(100, "");
  control::TrackedMetric metric;
  metric.metric = {"AWS/ECS/ManagedScaling", "CapacityProviderReservation",
                   {{"CapacityProviderName", "cp"}, {"ClusterName", "c"}}};
  const auto alarms = tracking_alarms(
      {.policy = put, .kind = TrackedKind::capacity_provider, .resource = "asg", .metric = metric}, {}, kNow, random);
  CHECK(alarms[0].evaluation_periods == 1);
  CHECK(alarms[0].threshold == 100);
  CHECK(alarms[1].evaluation_periods == 15);
  CHECK(alarms[1].threshold == 100);
}

TEST_CASE("TrackingAlarms_ActionOfAServicesAlarmNamesItsCreator") {
  const auto put = policy(80, "ECSServiceAverageCPUUtilization");
  const std::string action = alarms_of(TrackedKind::service, "service/c/web", put)[0].alarm_actions.at(0);
  CHECK(action.starts_with(put.arn + ":createdBy/"));
  CHECK(control::policy_of_action(action) == put.arn);
  CHECK(control::policy_of_action(put.arn) == put.arn);
}

TEST_CASE("TrackingAlarms_HighResolution_Alarms60SecondsAndScaleInKeeps15Minutes") {
  const auto alarms =
      alarms_of(TrackedKind::service, "service/c/web", policy(80, "ECSServiceAverageCPUUtilizationHighResolution"));
  CHECK(alarms[0].metric.name == "CPUUtilization");
  CHECK(alarms[0].period == 20);
  CHECK(alarms[0].evaluation_periods == 3);
  CHECK(alarms[1].period * alarms[1].evaluation_periods == 15 * 60);
}

TEST_CASE("TrackingAlarms_RequestsPerTarget_AreASumOfBalancerAndGroup") {
  const auto alarms = alarms_of(TrackedKind::service, "service/c/web", policy(1000, "ALBRequestCountPerTarget"),
                                "app/web/0123/targetgroup/web-tg/4567");
  CHECK(alarms[0].statistic == "Sum");
  CHECK(alarms[0].unit.empty());
  CHECK(alarms[0].metric.dimensions.at("LoadBalancer") == "app/web/0123");
  CHECK(alarms[0].metric.dimensions.at("TargetGroup") == "targetgroup/web-tg/4567");
}

TEST_CASE("TrackingAlarms_DisableScaleIn_HasNoLowAlarm") {
  auto put = policy(80, "ECSServiceAverageCPUUtilization");
  put.tracking->disable_scale_in = true;
  CHECK(alarms_of(TrackedKind::service, "service/c/web", put).size() == 1);
}

TEST_CASE("TrackingAlarms_OfAChangedPolicyKeepNameAndState") {
  auto put = policy(80, "ECSServiceAverageCPUUtilization");
  auto before = alarms_of(TrackedKind::service, "service/c/web", put);
  before[0].state = "ALARM";
  before[0].next_history = 9;
  put.tracking->target_value = 50;
  Random random(2);
  const auto metric = predefined_metric(TrackedKind::service, "service/c/web", "ECSServiceAverageCPUUtilization", "");
  const auto after = tracking_alarms(
      {.policy = put, .resource = "service/c/web", .metric = *metric, .existing = {&before[0], &before[1]}}, {},
      kNow + seconds(5), random);
  CHECK(after[0].name == before[0].name);
  CHECK(after[1].name == before[1].name);
  CHECK(after[0].alarm_actions == before[0].alarm_actions);
  CHECK(after[0].state == "ALARM");
  CHECK(after[0].next_history == 9);
  CHECK(after[0].threshold == 50);
  CHECK(after[1].threshold == 45);
  CHECK(after[0].configuration_updated_at == kNow + seconds(5));
}

TEST_CASE("TrackingAlarms_UnknownMetricsAndLabelsAreRefused") {
  CHECK(predefined_metric(TrackedKind::service, "service/c/web", "RDSReaderAverageCPUUtilization", "").error().code ==
        "ValidationException");
  CHECK_FALSE(predefined_metric(TrackedKind::group, "asg", "ECSServiceAverageCPUUtilization", ""));
  CHECK_FALSE(predefined_metric(TrackedKind::group, "asg", "ASGAverageNetworkInHighResolution", ""));
  CHECK_FALSE(predefined_metric(TrackedKind::service, "service/c/web", "ALBRequestCountPerTarget", "app/web/0123"));
  CHECK_FALSE(predefined_metric(TrackedKind::service, "service/c/web", "ECSServiceAverageCPUUtilization",
                                "app/lb/1/targetgroup/tg/2"));
}

TEST_CASE("TrackingAlarms_DirectionIsTheComparisons") {
  const auto alarms = alarms_of(TrackedKind::group, "asg", policy(30, "ASGAverageNetworkIn"));
  CHECK(alarms[0].metric.name == "NetworkIn");
  CHECK(alarms[0].unit == "Bytes");
  CHECK(control::scales_out(alarms[0]));
  CHECK_FALSE(control::scales_out(alarms[1]));
}
