// What PutMetricAlarm refuses and keeps, and how alarms are shown.
#include <doctest/doctest.h>

#include "services/cloudwatch/handlers.h"
#include "services/context_test.h"

using namespace services;
using namespace services::cloudwatch;

namespace {

op::PutMetricAlarm::Input alarm_input(const std::string& name = "a") {
  op::PutMetricAlarm::Input in;
  in.alarm_name = name;
  in.namespace_ = "AWS/ECS";
  in.metric_name = "CPUUtilization";
  in.statistic = "Average";
  in.period = 60;
  in.evaluation_periods = 3;
  in.threshold = 80;
  in.comparison_operator = "GreaterThanThreshold";
  return in;
}

struct Fixture : ContextFixture {
  std::string refused(const op::PutMetricAlarm::Input& in) {
    const auto answer = put_metric_alarm(context, in);
    if (answer) return "accepted";
    CHECK(answer.error().code == "ValidationError");
    return answer.error().message;
  }
  api::cloudwatch::MetricAlarm shown(const std::string& name = "a") {
    op::DescribeAlarms::Input in;
    in.alarm_names = {name};
    const auto out = describe_alarms(context, in);
    REQUIRE(out->metric_alarms->size() == 1);
    return out->metric_alarms->front();
  }
  std::vector<std::string> names(op::DescribeAlarms::Input in) {
    std::vector<std::string> found;
    const auto out = describe_alarms(context, in);
    for (const auto& alarm : *out->metric_alarms) found.push_back(*alarm.alarm_name);
    return found;
  }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "PutMetricAlarm_StartsInInsufficientData") {
  CHECK(refused(alarm_input()) == "accepted");
  const auto alarm = shown();
  CHECK(alarm.state_value == "INSUFFICIENT_DATA");
  CHECK(alarm.state_reason == "Unchecked: Initial alarm creation");
  CHECK(alarm.alarm_arn == "arn:aws:cloudwatch:us-east-1:123456789012:alarm:a");
  CHECK_FALSE(alarm.datapoints_to_alarm);
  CHECK_FALSE(alarm.treat_missing_data);
  CHECK_FALSE(alarm.unit);
  CHECK(alarm.actions_enabled == true);
}

TEST_CASE_FIXTURE(Fixture, "PutMetricAlarm_OnAnExistingAlarmKeepsItsStateAndTagsAndReplacesTheRest") {
  auto in = alarm_input();
  in.alarm_actions = {{"arn:aws:sns:us-east-1:123456789012:t"}};
  in.tags = {{{.key = "k", .value = "v"}}};
  REQUIRE(put_metric_alarm(context, in));
  REQUIRE(set_alarm_state(context, {.alarm_name = "a", .state_value = "ALARM", .state_reason = "why", .state_reason_data = {}}));
  in = alarm_input();
  in.threshold = 10;
  in.tags = {{{.key = "other", .value = "ignored"}}};
  REQUIRE(put_metric_alarm(context, in));
  const auto alarm = shown();
  CHECK(alarm.state_value == "ALARM");
  CHECK(alarm.state_reason == "why");
  CHECK(alarm.threshold == 10);
  CHECK(alarm.alarm_actions->empty());
  const auto tags = list_tags(context, {.resource_arn = alarm.alarm_arn});
  REQUIRE(tags->tags->size() == 1);
  CHECK(tags->tags->front().key == "k");
}

TEST_CASE_FIXTURE(Fixture, "PutMetricAlarm_RefusesPeriods") {
  for (const int period : {1, 5, 15, 40, 61, 90}) {
    auto in = alarm_input();
    in.period = period;
    CHECK(refused(in) == "Period must be 10, 20, 30 or a multiple of 60");
  }
  for (const int period : {10, 20, 30, 60, 300, 86'400}) {
    auto in = alarm_input();
    in.period = period;
    CHECK(refused(in) == "accepted");
  }
}

TEST_CASE_FIXTURE(Fixture, "PutMetricAlarm_LooksBackADayOrAWeekAtMost") {
  auto in = alarm_input();
  in.period = 1800;
  in.evaluation_periods = 48;
  CHECK(refused(in) == "accepted");
  in.evaluation_periods = 49;
  CHECK(refused(in) == "Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400) for alarms using period < 3600");
  in.period = 86'400;
  in.evaluation_periods = 7;
  CHECK(refused(in) == "accepted");
  in.evaluation_periods = 8;
  CHECK(refused(in) == "Metrics cannot be checked across more than a week (EvaluationPeriods * Period must be <= 604800) for alarms using period >= 3600");
  in.evaluation_periods = 2'000'000'000;
  CHECK(refused(in).starts_with("Metrics cannot"));
}

TEST_CASE_FIXTURE(Fixture, "PutMetricAlarm_MIsAtMostN") {
  auto in = alarm_input();
  in.datapoints_to_alarm = 4;
  CHECK(refused(in) == "DatapointsToAlarm must be less than or equal to EvaluationPeriods");
}

TEST_CASE_FIXTURE(Fixture, "PutMetricAlarm_ExactlyOneStatistic") {
  auto in = alarm_input();
  in.extended_statistic = "p99";
  CHECK(refused(in).find("cannot be specified together") != std::string::npos);
  in.statistic.reset();
  CHECK(refused(in) == "accepted");
  CHECK(shown().extended_statistic == "p99");
  for (const char* served : {"p0", "p99.9", "p100"}) {
    in.extended_statistic = served;
    CHECK(refused(in) == "accepted");
  }
  for (const char* unserved : {"tm90", "p101", "p", "IQM", "PR(1:2)", "p9x"}) {
    in.extended_statistic = unserved;
    CHECK(refused(in).find(unserved) != std::string::npos);
  }
  in.extended_statistic.reset();
  CHECK(refused(in) == "Either Statistic or ExtendedStatistic must be specified.");
}

TEST_CASE_FIXTURE(Fixture, "PutMetricAlarm_ActionsAreArnsOfWhatCanBeDone") {
  const auto with = [&](const std::string& action) {
    auto in = alarm_input();
    in.alarm_actions = {{action}};
    return refused(in);
  };
  CHECK(with("arn:aws:sns:us-east-1:123456789012:topic") == "accepted");
  CHECK(with("arn:aws:autoscaling:us-east-1:123456789012:scalingPolicy:1:autoScalingGroupName/g:policyName/p") == "accepted");
  CHECK(with("my-policy") == "Invalid arn syntax: my-policy");
  CHECK(with("arn:aws:sns:eu-west-1:123456789012:topic") == "Invalid region eu-west-1 specified. Only us-east-1 is supported.");
  CHECK(with("arn:aws:automate:us-east-1:ec2:stop").find("arn:aws:automate:us-east-1:ec2:stop is not served") != std::string::npos);
}

TEST_CASE_FIXTURE(Fixture, "PutMetricAlarm_RefusesAnomalyDetectionByName") {
  for (const char* comparison : {"LessThanLowerOrGreaterThanUpperThreshold", "LessThanLowerThreshold", "GreaterThanUpperThreshold"}) {
    auto in = alarm_input();
    in.comparison_operator = comparison;
    CHECK(refused(in).starts_with("Anomaly detection (ComparisonOperator " + std::string(comparison) + ") is not served"));
  }
  auto in = alarm_input();
  in.threshold_metric_id = "t1";
  CHECK(refused(in).starts_with("Anomaly detection (ThresholdMetricId)"));
}

TEST_CASE_FIXTURE(Fixture, "PutMetricAlarm_WhatIsRequired") {
  auto in = alarm_input();
  in.threshold.reset();
  CHECK(refused(in) == "The parameter Threshold is required.");
  in = alarm_input();
  in.evaluation_periods.reset();
  CHECK(refused(in) == "The parameter EvaluationPeriods is required.");
  in = alarm_input();
  in.comparison_operator.reset();
  CHECK(refused(in) == "The parameter ComparisonOperator is required.");
  in = alarm_input();
  in.metric_name.reset();
  CHECK(refused(in) == "Either MetricName or Metrics must be specified.");
  in = alarm_input();
  in.treat_missing_data = "never";
  CHECK(refused(in).starts_with("Option never is not supported for TreatMissingData."));
}

TEST_CASE_FIXTURE(Fixture, "PutMetricAlarm_OneMetricStatIsAPlainMetric") {
  auto in = alarm_input();
  in.metric_name.reset();
  in.namespace_.reset();
  in.statistic.reset();
  in.period.reset();
  api::cloudwatch::MetricDataQuery query;
  query.id = "m1";
  query.metric_stat.emplace();
  query.metric_stat->metric.emplace();
  query.metric_stat->metric->namespace_ = "AWS/ECS";
  query.metric_stat->metric->metric_name = "CPUUtilization";
  query.metric_stat->period = 60;
  query.metric_stat->stat = "Average";
  in.metrics = {query};
  CHECK(refused(in) == "accepted");
  CHECK(context.state.alarms.find("a")->metric.name == "CPUUtilization");
  const auto alarm = shown();
  CHECK_FALSE(alarm.metric_name);
  REQUIRE(alarm.metrics);
  CHECK(alarm.metrics->front().metric_stat->metric->metric_name == "CPUUtilization");
  query.id = "m2";
  in.metrics->push_back(query);
  CHECK(refused(in) == "Exactly one element of the metrics list should return data.");
}

TEST_CASE_FIXTURE(Fixture, "PutMetricAlarm_MetricMathIsEvaluatedOnOneSeriesOfOnePeriod") {
  op::PutMetricAlarm::Input in;
  in.alarm_name = "a";
  in.evaluation_periods = 1;
  in.threshold = 5;
  in.comparison_operator = "GreaterThanThreshold";
  auto& queries = in.metrics.emplace();
  for (const char* id : {"m1", "m2"}) {
    auto& query = queries.emplace_back();
    query.id = id;
    query.return_data = false;
    auto& stat = query.metric_stat.emplace();
    stat.metric.emplace().namespace_ = "App";
    stat.metric->metric_name = id;
    stat.period = 300;
    stat.stat = "Sum";
  }
  auto& ratio = queries.emplace_back();
  ratio.id = "e1";
  ratio.expression = "100 * m1 / m2";
  ratio.label = "error rate";
  CHECK(refused(in) == "accepted");
  const model::Alarm& alarm = *context.state.alarms.find("a");
  CHECK(alarm.period == 300);
  CHECK(alarm.queries.size() == 3);
  CHECK(alarm.metric.name.empty());
  CHECK(shown().metrics->at(2).label == "error rate");
  CHECK_FALSE(shown().period);

  in.metrics->at(2).expression = "METRICS() * 2";
  CHECK(refused(in).find("gives several time series") != std::string::npos);
  in.metrics->at(2).expression = "ANOMALY_DETECTION_BAND(m1)";
  CHECK(refused(in).find("ANOMALY_DETECTION_BAND is not served") != std::string::npos);
  in.metrics->at(2).expression = "m1 + m3";
  CHECK(refused(in).find("'m3'") != std::string::npos);
  in.metrics->at(2).expression = "m1 + m2";
  in.metrics->at(1).metric_stat->period = 60;
  CHECK(refused(in).find("must have the same Period") != std::string::npos);
  in.metrics->at(1).metric_stat->period = 300;
  in.metrics->at(1).return_data.reset();
  CHECK(refused(in) == "Exactly one element of the metrics list should return data.");
}

TEST_CASE_FIXTURE(Fixture, "Dashboards_ArePutListedReadAndDeleted") {
  const auto put = [&](const std::string& name, const std::string& body) {
    op::PutDashboard::Input in;
    in.dashboard_name = name;
    in.dashboard_body = body;
    const auto out = put_dashboard(context, in);
    return out ? "accepted" : out.error().code;
  };
  CHECK(put("web", R"({"widgets": []})") == "accepted");
  CHECK(put("web-2", "{}") == "accepted");
  CHECK(put("other", "{}") == "accepted");
  CHECK(put("a b", "{}") == "InvalidParameterValue");
  CHECK(put("web", "{") == "DashboardInvalidInputError");
  CHECK(put("web", "[]") == "DashboardInvalidInputError");
  CHECK(put("web", R"({"widgets": 1})") == "DashboardInvalidInputError");
  const auto body = get_dashboard(context, {.dashboard_name = "web"});
  CHECK(body->dashboard_body == R"({"widgets": []})");
  CHECK(body->dashboard_arn == "arn:aws:cloudwatch::123456789012:dashboard/web");
  op::ListDashboards::Input list;
  list.dashboard_name_prefix = "web";
  const auto listed = *list_dashboards(context, list)->dashboard_entries;
  REQUIRE(listed.size() == 2);
  CHECK(listed[1].dashboard_name == "web-2");
  CHECK(listed[0].size == 15);
  CHECK(delete_dashboards(context, {.dashboard_names = {{"web", "nobody"}}}).error().code == "DashboardNotFoundError");
  CHECK(context.state.dashboards.size() == 3);
  REQUIRE(delete_dashboards(context, {.dashboard_names = {{"web"}}}));
  CHECK(get_dashboard(context, {.dashboard_name = "web"}).error().code == "DashboardNotFoundError");
}

TEST_CASE_FIXTURE(Fixture, "DescribeAlarms_Filters") {
  for (const char* name : {"cpu-high", "cpu-low", "mem"}) {
    auto in = alarm_input(name);
    if (std::string(name) == "mem") in.ok_actions = {{"arn:aws:sns:us-east-1:123456789012:t"}};
    REQUIRE(put_metric_alarm(context, in));
  }
  REQUIRE(set_alarm_state(context, {.alarm_name = "cpu-low", .state_value = "OK", .state_reason = "", .state_reason_data = {}}));
  op::DescribeAlarms::Input in;
  in.alarm_name_prefix = "cpu";
  CHECK(names(in) == std::vector<std::string>{"cpu-high", "cpu-low"});
  in.state_value = "OK";
  CHECK(names(in) == std::vector<std::string>{"cpu-low"});
  in = {};
  in.action_prefix = "arn:aws:sns";
  CHECK(names(in) == std::vector<std::string>{"mem"});
  in = {};
  in.alarm_types = {{"CompositeAlarm"}};
  CHECK(names(in).empty());
  in = {};
  in.max_records = 2;
  auto page = describe_alarms(context, in);
  REQUIRE(page->next_token);
  in.next_token = page->next_token;
  CHECK(names(in) == std::vector<std::string>{"mem"});
  in = {};
  in.alarm_names = {{"mem"}};
  in.alarm_name_prefix = "m";
  CHECK(describe_alarms(context, in).error().code == "ValidationError");
}

TEST_CASE_FIXTURE(Fixture, "DescribeAlarmsForMetric_TheSameDimensionsAndNoOthers") {
  auto in = alarm_input("with");
  in.dimensions = {{{.name = "ClusterName", .value = "c"}}};
  REQUIRE(put_metric_alarm(context, in));
  REQUIRE(put_metric_alarm(context, alarm_input("without")));
  op::DescribeAlarmsForMetric::Input query;
  query.namespace_ = "AWS/ECS";
  query.metric_name = "CPUUtilization";
  CHECK(describe_alarms_for_metric(context, query)->metric_alarms->front().alarm_name == "without");
  query.dimensions = in.dimensions;
  CHECK(describe_alarms_for_metric(context, query)->metric_alarms->front().alarm_name == "with");
  query.statistic = "Sum";
  CHECK(describe_alarms_for_metric(context, query)->metric_alarms->empty());
}

TEST_CASE_FIXTURE(Fixture, "DeleteAlarms_OneUnknownNameAndNoneIsDeleted") {
  REQUIRE(put_metric_alarm(context, alarm_input("a")));
  CHECK(delete_alarms(context, {.alarm_names = {{"a", "nobody"}}}).error().code == "ResourceNotFound");
  CHECK(context.state.alarms.find("a"));
  REQUIRE(delete_alarms(context, {.alarm_names = {{"a", "a"}}}));
  CHECK_FALSE(context.state.alarms.find("a"));
}

TEST_CASE_FIXTURE(Fixture, "DeleteAlarms_TheHistoryOutlivesTheAlarmAndANewOneOfThatNameGoesOnWithIt") {
  REQUIRE(put_metric_alarm(context, alarm_input("a")));
  REQUIRE(delete_alarms(context, {.alarm_names = {{"a"}}}));
  op::DescribeAlarmHistory::Input in;
  in.alarm_name = "a";
  auto items = *describe_alarm_history(context, in)->alarm_history_items;
  REQUIRE(items.size() == 2);
  CHECK(items[0].history_summary == "Alarm \"a\" deleted");
  REQUIRE(put_metric_alarm(context, alarm_input("a")));
  CHECK(describe_alarm_history(context, in)->alarm_history_items->size() == 3);
  context.state.expire_alarm_history(context.now + seconds(1));
  CHECK(context.state.alarm_history.empty());
}

TEST_CASE_FIXTURE(Fixture, "DescribeAlarmHistory_NewestFirstByPageAndType") {
  REQUIRE(put_metric_alarm(context, alarm_input("a")));
  REQUIRE(put_metric_alarm(context, alarm_input("a#b")));
  for (const char* state : {"OK", "ALARM", "OK"}) {
    context.now += seconds(60);
    REQUIRE(set_alarm_state(context, {.alarm_name = "a", .state_value = state, .state_reason = "r", .state_reason_data = {}}));
  }
  op::DescribeAlarmHistory::Input in;
  in.alarm_name = "a";
  in.max_records = 3;
  auto page = describe_alarm_history(context, in);
  REQUIRE(page->alarm_history_items->size() == 3);
  CHECK(page->alarm_history_items->at(0).history_summary == "Alarm updated from ALARM to OK");
  CHECK(page->alarm_history_items->at(0).alarm_type == "MetricAlarm");
  in.next_token = page->next_token;
  page = describe_alarm_history(context, in);
  REQUIRE(page->alarm_history_items->size() == 1);
  CHECK(page->alarm_history_items->at(0).history_summary == "Alarm \"a\" created");
  CHECK_FALSE(page->next_token);
  in.next_token = "zz";
  CHECK(describe_alarm_history(context, in).error().code == "InvalidNextToken");
  in = {};
  in.alarm_name = "a";
  in.scan_by = "TimestampAscending";
  in.history_item_type = "StateUpdate";
  page = describe_alarm_history(context, in);
  REQUIRE(page->alarm_history_items->size() == 3);
  CHECK(page->alarm_history_items->at(0).history_summary == "Alarm updated from INSUFFICIENT_DATA to OK");
  in.start_date = api::Timestamp{to_ms(context.now)};
  CHECK(describe_alarm_history(context, in)->alarm_history_items->size() == 1);
  CHECK(describe_alarm_history(context, {})->alarm_history_items->size() == 5);
}

TEST_CASE_FIXTURE(Fixture, "SetAlarmState_WantsJsonAndAKnownAlarm") {
  REQUIRE(put_metric_alarm(context, alarm_input()));
  CHECK(set_alarm_state(context, {.alarm_name = "b", .state_value = "OK", .state_reason = "", .state_reason_data = {}}).error().code == "ResourceNotFound");
  CHECK(set_alarm_state(context, {.alarm_name = "a", .state_value = "OK", .state_reason = "", .state_reason_data = "{"}).error().code == "InvalidFormat");
}

TEST_CASE_FIXTURE(Fixture, "AlarmActions_AreSwitchedAndUnknownNamesPassedOver") {
  REQUIRE(put_metric_alarm(context, alarm_input()));
  REQUIRE(disable_alarm_actions(context, {.alarm_names = {{"a", "nobody"}}}));
  CHECK(shown().actions_enabled == false);
  REQUIRE(enable_alarm_actions(context, {.alarm_names = {{"a"}}}));
  CHECK(shown().actions_enabled == true);
  CHECK(context.state.alarm_history.size() == 3);
}

TEST_CASE_FIXTURE(Fixture, "AlarmTags_SetAndTaken") {
  REQUIRE(put_metric_alarm(context, alarm_input()));
  const std::string arn = *shown().alarm_arn;
  REQUIRE(tag_resource(context, {.resource_arn = arn, .tags = {{{.key = "a", .value = "1"}, {.key = "b", .value = "2"}}}}));
  REQUIRE(tag_resource(context, {.resource_arn = arn, .tags = {{{.key = "a", .value = "3"}}}}));
  REQUIRE(untag_resource(context, {.resource_arn = arn, .tag_keys = {{"b"}}}));
  const auto tags = list_tags(context, {.resource_arn = arn});
  REQUIRE(tags->tags->size() == 1);
  CHECK(tags->tags->front().value == "3");
  CHECK(list_tags(context, {.resource_arn = arn + "x"}).error().code == "ResourceNotFoundException");
}
