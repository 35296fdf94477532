// Random alarms over random data: what holds whatever happens.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <rapidcheck.h>

#include <cstdlib>

#include "control/alarms/reason.h"
#include "control/alarms/view_test.h"

using namespace control;
using control::testing::kNow;
using control::testing::test_alarm;
using control::testing::view_of;

namespace {

// As in the scenarios: the same histories each time, bounded; RC_PARAMS="seed=…" looks further.
void fix_seed() { setenv("RC_PARAMS", "seed=20261125 max_success=500", 0); }

model::Alarm any_alarm() {
  const int n = *rc::gen::inRange(1, 8);
  model::Alarm alarm = test_alarm(n, *rc::gen::inRange(1, n + 1), *rc::gen::element<std::string>("missing", "ignore", "breaching", "notBreaching", ""));
  alarm.comparison = *rc::gen::element<std::string>("GreaterThanThreshold", "GreaterThanOrEqualToThreshold", "LessThanThreshold", "LessThanOrEqualToThreshold");
  alarm.state = *rc::gen::element<std::string>("OK", "ALARM", "INSUFFICIENT_DATA");
  alarm.alarm_actions = {"arn:aws:autoscaling:us-east-1:1:scalingPolicy:1:p"};
  return alarm;
}

std::string any_points(const model::Alarm& alarm) {
  std::string points;
  for (int i = 0; i < evaluation_range(alarm); ++i) points += *rc::gen::element<std::string>("- ", "50 ", "70 ", "90 ");
  return points;
}

}  // namespace

TEST_CASE("Alarm_Property_EvaluatingTwiceAtTheSameTimeChangesNothing") {
  fix_seed();
  CHECK(rc::check([] {
    model::Alarm alarm = any_alarm();
    const std::string points = any_points(alarm);
    const AlarmDecision first = evaluate(view_of(alarm, points), kNow, {});
    if (first.record) alarm = *first.record;
    const AlarmDecision second = evaluate(view_of(alarm, points), kNow, {});
    RC_ASSERT(!second.record.has_value());
    RC_ASSERT(second.history.empty());
    RC_ASSERT(second.evaluation.state == first.evaluation.state);
    if (first.record) RC_ASSERT(second.actions.empty());
  }));
}

TEST_CASE("Alarm_Property_MissingDataAloneNeverCallsAPolicy") {
  fix_seed();
  CHECK(rc::check([] {
    model::Alarm alarm = any_alarm();
    alarm.treat_missing_data = *rc::gen::element<std::string>("", "missing");
    std::string gap;
    for (int i = 0; i < evaluation_range(alarm); ++i) gap += "- ";
    const AlarmDecision decision = evaluate(view_of(alarm, gap), kNow, {});
    RC_ASSERT(decision.evaluation.state == "INSUFFICIENT_DATA");
    RC_ASSERT(decision.actions.empty());
    RC_ASSERT(!decision.evaluation.value.has_value());
  }));
}

TEST_CASE("Alarm_Property_AlarmNeedsABreachUnlessGapsAreBreaches") {
  fix_seed();
  CHECK(rc::check([] {
    model::Alarm alarm = any_alarm();
    const std::string points = any_points(alarm);
    const AlarmDecision decision = evaluate(view_of(alarm, points), kNow, {});
    const Evaluation& seen = decision.evaluation;
    RC_ASSERT(static_cast<int>(seen.points.size()) == alarm.evaluation_periods);
    RC_ASSERT(seen.breaching >= 0);
    RC_ASSERT(seen.breaching <= alarm.evaluation_periods);
    if (decision.record && seen.state == "ALARM") RC_ASSERT(seen.breaching > 0);
    if (seen.breaching >= seen.needed) RC_ASSERT(seen.state == "ALARM");
  }));
}

TEST_CASE("Alarm_Property_ReasonCountsAgreeWithTheDatapoints") {
  fix_seed();
  CHECK(rc::check([] {
    const model::Alarm alarm = any_alarm();
    const AlarmDecision decision = evaluate(view_of(alarm, any_points(alarm)), kNow, {});
    if (!decision.record || decision.record->state == "INSUFFICIENT_DATA") return;
    int breaching = 0, within = 0;
    for (const AlarmPoint& point : decision.evaluation.points) {
      if (point.value) ++(breaches(alarm, *point.value) ? breaching : within);
    }
    const int count = decision.record->state == "ALARM" ? breaching : within;
    const std::string& reason = decision.record->state_reason;
    if (count == 0) {
      RC_ASSERT(reason.find("missing datapoint") != std::string::npos);
      return;
    }
    RC_ASSERT(reason.starts_with(fmt::format("Threshold Crossed: {} out of the last {} datapoints", count, alarm.evaluation_periods)));
    RC_ASSERT((reason.find(" not ") != std::string::npos) == (decision.record->state == "OK"));
    int recent = 0;  // every real point is in the reason data
    for (const char c : decision.record->state_reason_data.substr(decision.record->state_reason_data.find("recentDatapoints"))) {
      if (c == ']') break;
      recent += c == '.';
    }
    RC_ASSERT(recent == breaching + within);
  }));
}
