#include "control/alarms/window.h"

#include <doctest/doctest.h>

#include "control/alarms/view_test.h"

using namespace control;
using control::testing::test_alarm;

namespace {
model::Alarm with_period(int seconds_, int n) {
  model::Alarm alarm = test_alarm(n, 0);
  alarm.period = seconds_;
  return alarm;
}
const Instant kMidnight = instant_from_ms(1'699'920'000'000);
}  // namespace

TEST_CASE("Evaluation_EachMinuteForPeriodsFrom60Seconds") {
  for (const int period : {60, 300}) {
    const model::Alarm alarm = with_period(period, 3);
    CHECK(next_evaluation(alarm, kMidnight, {}) == kMidnight + seconds(5));
    CHECK(next_evaluation(alarm, kMidnight + seconds(5), {}) == kMidnight + seconds(65));
    CHECK(next_evaluation(alarm, kMidnight + seconds(64), {}) == kMidnight + seconds(65));
  }
}

TEST_CASE("Evaluation_EachTenSecondsForHighResolution") {
  for (const int period : {10, 20, 30}) {
    const model::Alarm alarm = with_period(period, 3);
    CHECK(next_evaluation(alarm, kMidnight, {}) == kMidnight + seconds(2));
    CHECK(next_evaluation(alarm, kMidnight + seconds(2), {}) == kMidnight + seconds(12));
  }
}

TEST_CASE("Evaluation_EachHourWhenItLooksBackMoreThanADay") {
  const model::Alarm alarm = with_period(3600, 48);
  CHECK(next_evaluation(alarm, kMidnight + seconds(5), {}) == kMidnight + hours(1) + seconds(5));
}

TEST_CASE("Evaluation_RangeIsTwoWiderThanN") {
  CHECK(evaluation_range(with_period(60, 3)) == 5);
  CHECK(evaluation_window(with_period(60, 3), kMidnight, {}).periods == 5);
}

TEST_CASE("Evaluation_WindowSlidesByTheMinute") {
  const EvaluationWindow window = evaluation_window(with_period(300, 2), kMidnight + seconds(65), {});
  CHECK(window.end == kMidnight + minutes(1));  // not a multiple of five minutes
  CHECK(window.step == minutes(1));
  CHECK(window.steps == 5);
  CHECK(window.period() == minutes(5));
  CHECK(window.start() == window.end - minutes(20));
}

TEST_CASE("Evaluation_NewestPeriodHasEnded") {
  const model::Alarm alarm = with_period(60, 1);
  CHECK(evaluation_window(alarm, kMidnight + seconds(65), {}).end == kMidnight + minutes(1));
  CHECK(evaluation_window(alarm, kMidnight + seconds(64), {}).end == kMidnight);  // its datapoint may still be on its way
}

TEST_CASE("Evaluation_TimeScaleDividesPeriods") {
  const Pace pace{60};
  const model::Alarm alarm = with_period(300, 3);
  CHECK(evaluation_interval(alarm, pace) == seconds(1));
  const Instant next = next_evaluation(alarm, kMidnight, pace);
  CHECK(next == kMidnight + milliseconds(83));
  const EvaluationWindow window = evaluation_window(alarm, next, pace);
  CHECK(window.end == kMidnight);
  CHECK(window.period() == seconds(5));
}

TEST_CASE("Evaluation_NextIsAlwaysLater") {
  for (const double scale : {1.0, 7.0, 60.0, 1000.0, 100'000.0}) {
    for (const int period : {10, 20, 30, 60, 300, 86'400}) {
      Instant now = kMidnight;
      for (int i = 0; i < 20; ++i) {
        const Instant next = next_evaluation(with_period(period, 1), now, {scale});
        REQUIRE(next > now);
        now = next;
      }
    }
  }
}
