// Sheet H, rule by rule: when an alarm is in which state, and what fires.
#include "control/alarms/alarm.h"

#include <doctest/doctest.h>

#include "control/alarms/view_test.h"

using namespace control;
using control::testing::kNow;
using control::testing::test_alarm;
using control::testing::view_of;

namespace {

const std::string kPolicy =
    "arn:aws:autoscaling:us-east-1:123456789012:scalingPolicy:1:resource/ecs/service/c/web:policyName/cpu";
const std::string kTopic = "arn:aws:sns:us-east-1:123456789012:page-me";

/// The state after an evaluation of an alarm that was in `from`.
std::string state_after(int n, int m, const std::string& missing, const std::string& points,
                        const std::string& from = "INSUFFICIENT_DATA") {
  model::Alarm alarm = test_alarm(n, m, missing);
  alarm.state = from;
  return evaluate(view_of(alarm, points), kNow, {}).evaluation.state;
}

/// "missing ignore breaching notBreaching": the four columns of AWS's tables; "held": the state did not change.
std::string row(int n, int m, const std::string& points) {
  std::string states;
  for (const std::string missing : {"missing", "ignore", "breaching", "notBreaching"}) {
    // Held is what leaves each of two different states alone.
    const std::string from_ok = state_after(n, m, missing, points, "OK");
    const std::string from_alarm = state_after(n, m, missing, points, "ALARM");
    states += (states.empty() ? "" : " ") + (from_ok == from_alarm ? from_ok : std::string("held"));
  }
  return states;
}

}  // namespace

TEST_CASE("Alarm_MissingData_3Of3_IsAwsTable") {
  CHECK(row(3, 3, "0 - X - X") == "OK OK OK OK");
  CHECK(row(3, 3, "0 - - - -") == "OK OK OK OK");
  CHECK(row(3, 3, "- - - - -") == "INSUFFICIENT_DATA held ALARM OK");
  CHECK(row(3, 3, "0 X X - X") == "ALARM ALARM ALARM ALARM");
  CHECK(row(3, 3, "- - X - -") == "ALARM held ALARM OK");
}

TEST_CASE("Alarm_MissingData_2Of3_IsAwsTable") {
  CHECK(row(3, 2, "0 - X - X") == "ALARM ALARM ALARM ALARM");
  CHECK(row(3, 2, "0 0 X 0 X") == "ALARM ALARM ALARM ALARM");
  CHECK(row(3, 2, "0 - X - -") == "OK OK ALARM OK");
  CHECK(row(3, 2, "- - - - 0") == "OK OK ALARM OK");
  CHECK(row(3, 2, "- - - X -") == "ALARM held ALARM OK");
}

TEST_CASE("Alarm_NewestNRealPointsAreUsed_AndTheMissingDataSettingIgnored") {
  for (const std::string missing : {"missing", "ignore", "breaching", "notBreaching"}) {
    CHECK(state_after(3, 3, missing, "0 0 X X X") == "ALARM");
    CHECK(state_after(3, 3, missing, "X - X X -") == "ALARM");  // three in range: the gaps do not count
    CHECK(state_after(3, 3, missing, "X - X 0 -") == "OK");
    CHECK(state_after(3, 3, missing, "X X 0 0 0") == "OK");
  }
}

TEST_CASE("Alarm_ABreachThatIsYoungDoesNotAlarmWithMissingData") {
  CHECK(state_after(3, 3, "missing", "- - - - X", "OK") == "OK");
  CHECK(state_after(3, 3, "missing", "- - - X X", "OK") == "OK");
  CHECK(state_after(3, 3, "missing", "- - - - X") == "INSUFFICIENT_DATA");  // proves neither
  CHECK(state_after(3, 3, "missing", "- - X - X") == "ALARM");
  CHECK(state_after(3, 2, "missing", "- - - - X", "OK") == "OK");
  CHECK(state_after(1, 1, "missing", "- - X") == "ALARM");
}

TEST_CASE("Alarm_MOfN_AnyMOfTheNewestN") {
  CHECK(state_after(5, 3, "missing", "0 0 X 0 X 0 X") == "ALARM");
  CHECK(state_after(5, 3, "missing", "X X 0 0 X 0 X") == "OK");  // the first two are beyond N
  CHECK(state_after(5, 1, "missing", "0 0 X 0 0 0 0") == "ALARM");
}

TEST_CASE("Alarm_MDefaultsToN") {
  CHECK(state_after(3, 0, "missing", "0 0 0 X X") == "OK");
  CHECK(state_after(3, 0, "missing", "0 0 X X X") == "ALARM");
}

TEST_CASE("Alarm_EmptyTreatMissingDataMeansMissing") { CHECK(row(3, 3, "- - X - -").starts_with("ALARM")); CHECK(state_after(3, 3, "", "- - - - -", "OK") == "INSUFFICIENT_DATA"); }

TEST_CASE("Alarm_ComparisonOperators") {
  struct { const char* name; bool below, equal, above; } operators[] = {{"GreaterThanThreshold", false, false, true},
                                                                       {"GreaterThanOrEqualToThreshold", false, true, true},
                                                                       {"LessThanThreshold", true, false, false},
                                                                       {"LessThanOrEqualToThreshold", true, true, false}};
  for (const auto& one : operators) {
    model::Alarm alarm = test_alarm(1, 1);
    alarm.comparison = one.name;
    const auto alarms = [&](const char* value) {
      return evaluate(view_of(alarm, std::string("- - ") + value), kNow, {}).evaluation.state == "ALARM";
    };
    CHECK(alarms("69.9") == one.below);
    CHECK(alarms("70") == one.equal);
    CHECK(alarms("70.1") == one.above);
  }
}

TEST_CASE("Alarm_TransitionWritesRecordAndHistoryAndFiresAllActions") {
  model::Alarm alarm = test_alarm(3, 3);
  alarm.state = "OK";
  alarm.alarm_actions = {kTopic, kPolicy};
  alarm.ok_actions = {"arn:aws:sns:us-east-1:123456789012:other"};
  const AlarmDecision decision = evaluate(view_of(alarm, "0 0 X X X"), kNow, {});
  REQUIRE(decision.record);
  CHECK(decision.record->state == "ALARM");
  CHECK(decision.record->state_updated_at == kNow);
  CHECK(decision.record->state_transitioned_at == kNow);
  CHECK(decision.actions == alarm.alarm_actions);
  REQUIRE(decision.history.size() == 3);
  CHECK(decision.history[0].type == "StateUpdate");
  CHECK(decision.history[0].summary == "Alarm updated from OK to ALARM");
  CHECK(decision.history[1].type == "Action");
  CHECK(decision.history[1].summary == "Successfully executed action " + kTopic);
  CHECK(decision.history[2].summary == "Successfully executed action " + kPolicy);
  CHECK(decision.history[2].sequence == 3);
  CHECK(decision.record->next_history == 4);
}

TEST_CASE("Alarm_UnchangedStateWritesNothing") {
  model::Alarm alarm = test_alarm(3, 3);
  alarm.state = "ALARM";
  alarm.alarm_actions = {kTopic};
  const AlarmDecision decision = evaluate(view_of(alarm, "0 X X X X"), kNow, {});
  CHECK_FALSE(decision.record);
  CHECK(decision.history.empty());
  CHECK(decision.actions.empty());  // SNS hears of transitions only
}

TEST_CASE("Alarm_ScalingPoliciesFireEachMinuteWhileTheStateLasts") {
  model::Alarm alarm = test_alarm(1, 1);
  alarm.alarm_actions = {kTopic, kPolicy};
  alarm = *evaluate(view_of(alarm, "0 0 X"), kNow, {}).record;
  for (int minute = 1; minute < 5; ++minute) {
    const Instant now = kNow + minutes(minute);
    const AlarmDecision decision = evaluate(view_of(alarm, "X X X", now), now, {});
    CHECK(decision.actions == std::vector{kPolicy});
    CHECK(decision.history.empty());
  }
}

TEST_CASE("Alarm_HighResolutionRepeatsScalingActionsEachMinuteNotEachTenSeconds") {
  model::Alarm alarm = test_alarm(3, 3);
  alarm.period = 20;
  alarm.alarm_actions = {kPolicy};
  const Instant start = kNow;
  alarm = *evaluate(view_of(alarm, "X X X X X", start), start, {}).record;
  std::vector<int> fired;
  for (int second = 10; second <= 180; second += 10) {
    const Instant now = start + seconds(second);
    if (!evaluate(view_of(alarm, "X X X X X", now), now, {}).actions.empty()) fired.push_back(second);
  }
  CHECK(fired == std::vector{60, 120, 180});
}

TEST_CASE("Alarm_DisabledActionsFireNothingButTheStateIsKept") {
  model::Alarm alarm = test_alarm(1, 1);
  alarm.alarm_actions = {kPolicy, kTopic};
  alarm.actions_enabled = false;
  const AlarmDecision decision = evaluate(view_of(alarm, "0 0 X"), kNow, {});
  CHECK(decision.actions.empty());
  REQUIRE(decision.record);
  CHECK(decision.record->state == "ALARM");
  CHECK(decision.history.size() == 1);
  const Instant later = kNow + minutes(1);
  CHECK(evaluate(view_of(*decision.record, "X X X", later), later, {}).actions.empty());
}

TEST_CASE("Alarm_EachStateHasItsOwnActions") {
  model::Alarm alarm = test_alarm(1, 1);
  alarm.state = "ALARM";
  alarm.ok_actions = {"arn:aws:sns:us-east-1:1:ok"};
  alarm.insufficient_data_actions = {"arn:aws:sns:us-east-1:1:none"};
  CHECK(evaluate(view_of(alarm, "0 0 0"), kNow, {}).actions == alarm.ok_actions);
  CHECK(evaluate(view_of(alarm, "- - -"), kNow, {}).actions == alarm.insufficient_data_actions);
}

TEST_CASE("Alarm_EvaluationSaysWhatItSaw") {
  model::Alarm alarm = test_alarm(3, 2);
  alarm.state = "OK";
  const Evaluation seen = evaluate(view_of(alarm, "0 - 81.5 0 -"), kNow, {}).evaluation;
  CHECK(seen.at == kNow);
  CHECK(seen.breaching == 1);
  CHECK(seen.needed == 2);
  CHECK(seen.value == 50);
  CHECK(seen.points.size() == 3);
  CHECK(evaluate(view_of(alarm, "- - - - -"), kNow, {}).evaluation.value == std::nullopt);
}

TEST_CASE("SetState_HoldsWhatItWasToldAndFires") {
  model::Alarm alarm = test_alarm(3, 3);
  alarm.alarm_actions = {kPolicy};
  const AlarmDecision told = set_state(alarm, "ALARM", "by hand", R"({"recentDatapoints":[10.0,95.5]})", kNow);
  REQUIRE(told.record);
  CHECK(told.record->state == "ALARM");
  CHECK(told.record->state_reason == "by hand");
  CHECK(told.actions == alarm.alarm_actions);
  CHECK(told.evaluation.value == 95.5);
  CHECK(told.history.size() == 2);
  const AlarmDecision again = set_state(*told.record, "ALARM", "still", "", kNow + seconds(1));
  CHECK(again.actions.empty());
  CHECK(again.history.empty());
  CHECK(again.record->state_reason == "still");
  CHECK(again.record->state_transitioned_at == kNow);
}

TEST_CASE("SetState_IsUndoneByTheNextEvaluation") {
  const model::Alarm alarm = test_alarm(3, 3);
  const model::Alarm told = *set_state(alarm, "ALARM", "by hand", "", kNow).record;
  const Instant next = next_evaluation(told, kNow, {});
  CHECK(next == kNow + minutes(1));
  CHECK(evaluate(view_of(told, "0 0 0 0 0", next), next, {}).evaluation.state == "OK");
}
