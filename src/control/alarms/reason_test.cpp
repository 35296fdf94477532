// StateReason, StateReasonData and history in AWS's texts.
#include "control/alarms/reason.h"

#include <doctest/doctest.h>

#include "control/alarms/view_test.h"

using namespace control;
using control::testing::kNow;
using control::testing::test_alarm;
using control::testing::view_of;

namespace {

std::string reason(const model::Alarm& alarm, const std::string& points) {
  const AlarmDecision decision = evaluate(view_of(alarm, points), kNow, {});
  return decision.record ? decision.record->state_reason : "unchanged";
}

model::Alarm in_state(const std::string& state, int n, int m, const std::string& missing = "missing") {
  model::Alarm alarm = test_alarm(n, m, missing);
  alarm.state = state;
  return alarm;
}

}  // namespace

TEST_CASE("Reason_BreachWithDatapointsToAlarm") {
  CHECK(reason(in_state("OK", 3, 3), "0 0 84.9 90 75.25") ==
        "Threshold Crossed: 3 out of the last 3 datapoints [75.25 (14/11/23 22:13:00), 90.0 (14/11/23 22:12:00), 84.9 "
        "(14/11/23 22:11:00)] were greater than the threshold (70.0) (minimum 3 datapoints for OK -> ALARM transition).");
}

TEST_CASE("Reason_ListsOnlyTheDatapointsThatProveTheState") {
  CHECK(reason(in_state("OK", 3, 2), "0 0 90 50 80") ==
        "Threshold Crossed: 2 out of the last 3 datapoints [80.0 (14/11/23 22:13:00), 90.0 (14/11/23 22:11:00)] were greater "
        "than the threshold (70.0) (minimum 2 datapoints for OK -> ALARM transition).");
}

TEST_CASE("Reason_BackToOkNeedsNMinusMPlusOne") {
  CHECK(reason(in_state("ALARM", 1, 1), "90 90 1.01") ==
        "Threshold Crossed: 1 out of the last 1 datapoints [1.01 (14/11/23 22:13:00)] was not greater than the threshold "
        "(70.0) (minimum 1 datapoint for ALARM -> OK transition).");
  CHECK(reason(in_state("ALARM", 3, 2), "X X 90 50 60").ends_with("(minimum 2 datapoints for ALARM -> OK transition)."));
}

TEST_CASE("Reason_WithoutDatapointsToAlarmIsTheShortForm") {
  CHECK(reason(in_state("OK", 1, 0), "0 0 90") ==
        "Threshold Crossed: 1 datapoint [90.0 (14/11/23 22:13:00)] was greater than the threshold (70.0).");
  CHECK(reason(in_state("ALARM", 2, 0), "X X 0 0") ==
        "Threshold Crossed: 2 datapoints [50.0 (14/11/23 22:13:00), 50.0 (14/11/23 22:12:00)] were not greater than the "
        "threshold (70.0).");
}

TEST_CASE("Reason_FiveAndMoreShowTheNewestFive") {
  CHECK(reason(in_state("OK", 6, 6), "0 0 91 92 93 94 95 96") ==
        "Threshold Crossed: 6 out of the last 6 datapoints were greater than the threshold (70.0). The most recent "
        "datapoints which crossed the threshold: [96.0 (14/11/23 22:13:00), 95.0 (14/11/23 22:12:00), 94.0 (14/11/23 "
        "22:11:00), 93.0 (14/11/23 22:10:00), 92.0 (14/11/23 22:09:00)] (minimum 6 datapoints for OK -> ALARM transition).");
  CHECK(reason(in_state("OK", 5, 0), "0 0 91 92 93 94 95").starts_with("Threshold Crossed: 5 datapoints were greater than"));
}

TEST_CASE("Reason_MissingDatapointsThatWereFilled") {
  CHECK(reason(in_state("OK", 3, 3, "breaching"), "- - - - -") ==
        "Threshold Crossed: no datapoints were received for 3 periods and 3 missing datapoints were treated as [Breaching].");
  CHECK(reason(in_state("ALARM", 1, 1, "notBreaching"), "- - -") ==
        "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as [NonBreaching].");
  CHECK(reason(in_state("ALARM", 3, 0, "breaching"), "- - - - 1") ==
        "Threshold Crossed: 1 datapoint [1.0 (14/11/23 22:13:00)] was not greater than the threshold (70.0) and 2 missing "
        "datapoints were treated as [Breaching].");
}

TEST_CASE("Reason_InsufficientData") {
  CHECK(reason(in_state("OK", 1, 1), "- - -") == "Insufficient Data: 1 datapoint was unknown.");
  CHECK(reason(in_state("OK", 3, 3), "- - - - -") == "Insufficient Data: 3 datapoints were unknown.");
}

TEST_CASE("Reason_OperatorsAndNumbersAsAwsWritesThem") {
  model::Alarm alarm = in_state("OK", 1, 0);
  alarm.comparison = "GreaterThanOrEqualToThreshold";
  alarm.threshold = 0.0005;
  CHECK(reason(alarm, "- - 12345678").ends_with("was greater than or equal to the threshold (5.0E-4)."));
  CHECK(reason(alarm, "- - 12345678").find("[1.2345678E7 (") != std::string::npos);
  alarm.comparison = "LessThanOrEqualToThreshold";
  alarm.threshold = 100;
  CHECK(reason(alarm, "- - 50").ends_with("was less than or equal to the threshold (100.0)."));
  alarm.comparison = "LessThanThreshold";
  CHECK(reason(alarm, "- - 50").ends_with("was less than the threshold (100.0)."));
}

TEST_CASE("ReasonData_IsAwsJson") {
  model::Alarm alarm = in_state("OK", 2, 2);
  alarm.unit = "Percent";
  const AlarmDecision decision = evaluate(view_of(alarm, "0 0 80 90"), kNow, {});
  CHECK(decision.record->state_reason_data ==
        R"({"version":"1.0","queryDate":"2023-11-14T22:14:05.000+0000","startDate":"2023-11-14T22:12:00.000+0000",)"
        R"("unit":"Percent","statistic":"Average","period":60,"recentDatapoints":[80.0,90.0],"threshold":70.0,)"
        R"("evaluatedDatapoints":[{"timestamp":"2023-11-14T22:13:00.000+0000","sampleCount":1.0,"value":90.0},)"
        R"({"timestamp":"2023-11-14T22:12:00.000+0000","sampleCount":1.0,"value":80.0}]})");
}

TEST_CASE("ReasonData_WithoutDatapointsHasNoStartDate") {
  model::Alarm alarm = in_state("OK", 1, 1);
  CHECK(evaluate(view_of(alarm, "- - -"), kNow, {}).record->state_reason_data ==
        R"({"version":"1.0","queryDate":"2023-11-14T22:14:05.000+0000","statistic":"Average","period":60,)"
        R"("recentDatapoints":[],"threshold":70.0,"evaluatedDatapoints":[{"timestamp":"2023-11-14T22:13:00.000+0000"}]})");
}

TEST_CASE("History_StateUpdateHoldsBothStates") {
  const model::Alarm alarm = in_state("INSUFFICIENT_DATA", 1, 0);
  const AlarmDecision decision = evaluate(view_of(alarm, "- - 50"), kNow, {});
  const std::string& data = decision.history.at(0).data;
  CHECK(data.starts_with(R"({"version":"1.0","oldState":{"stateValue":"INSUFFICIENT_DATA","stateReason":"Unchecked: Initial )"
                         R"(alarm creation"},"newState":{"stateValue":"OK","stateReason":"Threshold Crossed: 1 datapoint [)"));
  CHECK(data.ends_with("\"stateReasonData\":" + decision.record->state_reason_data + "}}"));
}

TEST_CASE("History_ActionNamesWhatItNotifiedAndWhatItWouldHaveSaid") {
  model::Alarm alarm = in_state("OK", 1, 0);
  alarm.description = "says \"no\"";
  alarm.alarm_actions = {"arn:aws:sns:us-east-1:123456789012:t"};
  const std::string data = evaluate(view_of(alarm, "- - 90"), kNow, {}).history.at(1).data;
  CHECK(data.starts_with(R"({"actionState":"Succeeded","stateUpdateTimestamp":1700000045000,)"
                         R"("notificationResource":"arn:aws:sns:us-east-1:123456789012:t","publishedMessage":"{\"default\":)"));
  CHECK(data.find(R"(\\\"AlarmDescription\\\":\\\"says \\\\\\\"no\\\\\\\"\\\")") != std::string::npos);
  alarm.alarm_actions = {"arn:aws:autoscaling:us-east-1:123456789012:scalingPolicy:1:resource/ecs/service/c/w:policyName/p"};
  CHECK(evaluate(view_of(alarm, "- - 90"), kNow, {}).history.at(1).data.find("publishedMessage") == std::string::npos);
}

TEST_CASE("History_ConfigurationUpdate") {
  model::Alarm alarm = in_state("INSUFFICIENT_DATA", 1, 1);
  alarm.ok_actions = {"arn:aws:sns:us-east-1:123456789012:t"};
  const model::AlarmHistoryItem item = configuration_change(alarm, control::AlarmChange::created, kNow);
  CHECK(item.type == "ConfigurationUpdate");
  CHECK(item.summary == "Alarm \"cpu-high\" created");
  CHECK(item.sequence == 1);
  CHECK(alarm.next_history == 2);
  CHECK(item.data.starts_with(R"({"version":"1.0","type":"Create","createdAlarm":{"alarmName":"cpu-high","alarmArn":)"));
  CHECK(item.data.find(R"("dimensions":[{"value":"c","name":"ClusterName"},{"value":"web","name":"ServiceName"}])") !=
        std::string::npos);
  CHECK(item.data.ends_with(R"("okactions":["arn:aws:sns:us-east-1:123456789012:t"]}})"));
  CHECK(configuration_change(alarm, control::AlarmChange::updated, kNow).summary == "Alarm \"cpu-high\" updated");
}

TEST_CASE("History_AnActionOfAPolicyThatIsGoneFailed") {
  model::Alarm alarm;
  alarm.name = "a";
  alarm.alarm_actions = {"arn:aws:autoscaling:us-east-1:1:scalingPolicy:1:autoScalingGroupName/g:policyName/p"};
  const auto gone = control::set_state(alarm, "ALARM", "r", "", kNow, [](const std::string&) { return false; });
  REQUIRE(gone.history.size() == 2);
  CHECK(gone.history[1].summary == "Failed to execute action " + alarm.alarm_actions[0]);
  CHECK(gone.history[1].data.find("\"actionState\":\"Failed\"") != std::string::npos);
  const auto there = control::set_state(alarm, "ALARM", "r", "", kNow, [](const std::string&) { return true; });
  CHECK(there.history[1].summary == "Successfully executed action " + alarm.alarm_actions[0]);
}
