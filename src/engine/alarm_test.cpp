// Alarms in the whole engine: when they are evaluated, what they read, what is written, who must react.
#include <doctest/doctest.h>

#include "control/alarms/alarm.h"
#include "engine/world_test.h"

using engine::World;

namespace {

const model::MetricName kMetric{"Test", "load", {{"who", "web"}}};

model::Alarm alarm_named(const std::string& name, Instant now) {
  model::Alarm alarm;
  alarm.name = name;
  alarm.arn = make_arn({}, "cloudwatch", "alarm:" + name);
  alarm.metric = kMetric;
  alarm.statistic = "Average";
  alarm.evaluation_periods = 3;
  alarm.threshold = 70;
  alarm.state_reason = "Unchecked: Initial alarm creation";
  alarm.state_updated_at = alarm.state_transitioned_at = now;
  return alarm;
}

/// A datapoint at each multiple of `step` until `end`.
void publish(World& world, double value, Duration length, Duration step = seconds(60)) {
  for (const Instant end = world.clock.now() + length; world.clock.now() < end;) {
    const Instant start = instant_from_ms(to_ms(world.clock.now()) / step.count() * step.count());
    world.advance(start + step - world.clock.now());  // stamped with its start, written at its end
    world.metrics->put(kMetric, {.at = start, .sample_count = 1, .sum = value, .minimum = value, .maximum = value,
                                 .values = {{value, 1}}, .unit = "Percent"});
  }
}

std::string state_of(const World& world, const std::string& name = "a") { return world.state.alarms.find(name)->state; }

std::vector<std::string> history(const World& world, const std::string& name = "a") {
  std::vector<std::string> texts;
  for (const auto& [key, item] : world.state.alarm_history.range(name + "#")) texts.push_back(item.summary);
  return texts;
}

}  // namespace

TEST_CASE("Alarm_FollowsItsMetricEachMinute") {
  World world;
  world.state.alarms.put(alarm_named("a", world.clock.now()));
  publish(world, 50, minutes(4));
  CHECK(state_of(world) == "OK");
  publish(world, 90, minutes(2));
  CHECK(state_of(world) == "OK");
  publish(world, 90, minutes(1));
  world.advance(seconds(4));
  CHECK(state_of(world) == "OK");
  world.advance(seconds(1));  // five seconds after the period's end
  CHECK(state_of(world) == "ALARM");
  CHECK(history(world) == std::vector<std::string>{"Alarm updated from INSUFFICIENT_DATA to OK", "Alarm updated from OK to ALARM"});
  const control::Evaluation& seen = world.engine->evaluations().at("a");
  CHECK(seen.breaching == 3);
  CHECK(seen.value == 90);
}

TEST_CASE("Alarm_UnchangedStateCommitsNothing") {
  World world;
  world.state.alarms.put(alarm_named("a", world.clock.now()));
  publish(world, 50, minutes(3));
  world.advance(seconds(10));
  const auto before = world.state.alarms.find("a")->state_updated_at;
  publish(world, 50, minutes(30));
  CHECK(world.state.alarms.find("a")->state_updated_at == before);
  CHECK(history(world).size() == 1);
}

TEST_CASE("Alarm_HighResolutionIsEvaluatedEachTenSeconds") {
  World world;
  model::Alarm alarm = alarm_named("a", world.clock.now());
  alarm.period = 20;
  world.state.alarms.put(alarm);
  publish(world, 50, seconds(100), seconds(20));
  publish(world, 90, seconds(60), seconds(20));
  CHECK(state_of(world) == "OK");
  world.advance(seconds(2));
  CHECK(state_of(world) == "ALARM");
}

TEST_CASE("Alarm_PeriodOfFiveMinutesSlidesByTheMinute") {
  World world;
  model::Alarm alarm = alarm_named("a", world.clock.now());
  alarm.period = 300;
  alarm.evaluation_periods = 1;
  world.state.alarms.put(alarm);
  publish(world, 50, minutes(20));
  publish(world, 100, minutes(2));
  world.advance(seconds(5));
  CHECK(state_of(world) == "OK");      // (3 * 50 + 2 * 100) / 5 is the threshold
  publish(world, 100, minutes(1));
  world.advance(seconds(5));
  CHECK(state_of(world) == "ALARM");
}

TEST_CASE("Alarm_ExtendedStatisticOfASlidingWindow") {
  World world;
  model::Alarm alarm = alarm_named("a", world.clock.now());
  alarm.period = 300;
  alarm.evaluation_periods = 1;
  alarm.statistic = "";
  alarm.extended_statistic = "p90";
  world.state.alarms.put(alarm);
  publish(world, 50, minutes(20));
  publish(world, 100, minutes(1));
  world.advance(seconds(5));
  CHECK(state_of(world) == "ALARM");  // the highest of five values
}

TEST_CASE("Alarm_UnitThatIsNotPublishedIsInsufficientData") {
  World world;
  model::Alarm alarm = alarm_named("a", world.clock.now());
  alarm.unit = "Bytes";
  world.state.alarms.put(alarm);
  publish(world, 90, minutes(6));
  CHECK(state_of(world) == "INSUFFICIENT_DATA");
}

TEST_CASE("Alarm_SetByHandHoldsUntilTheNextEvaluation") {
  World world;
  world.state.alarms.put(alarm_named("a", world.clock.now()));
  publish(world, 50, minutes(4));
  world.advance(seconds(10));
  const model::Alarm& alarm = *world.state.alarms.find("a");
  world.state.alarms.put(*control::set_state(alarm, "ALARM", "by hand", R"({"recentDatapoints":[99.0]})", world.clock.now()).record);
  world.advance(seconds(49));
  CHECK(state_of(world) == "ALARM");
  CHECK(world.engine->evaluations().at("a").state == "ALARM");
  CHECK(world.engine->evaluations().at("a").value == 99);
  publish(world, 50, seconds(1));
  world.advance(seconds(5));
  CHECK(state_of(world) == "OK");
}

TEST_CASE("Alarm_EngineDeadForTenMinutesSeesAGap") {
  for (const std::string missing : {"missing", "breaching", "notBreaching", "ignore"}) {
    World world;
    model::Alarm alarm = alarm_named("a", world.clock.now());
    alarm.treat_missing_data = missing;
    world.state.alarms.put(alarm);
    publish(world, 90, minutes(6));
    world.advance(seconds(10));
    REQUIRE(state_of(world) == "ALARM");
    world.engine.reset();
    world.clock.advance(minutes(10));
    world.restart_engine();
    CHECK(state_of(world) == "ALARM");  // nothing is concluded before the first evaluation
    world.advance(minutes(1));
    CHECK(state_of(world) == (missing == "missing"        ? "INSUFFICIENT_DATA"
                              : missing == "notBreaching" ? "OK"
                                                          : "ALARM"));
    publish(world, 50, minutes(3));
    world.advance(seconds(10));
    CHECK(state_of(world) == "OK");
  }
}

TEST_CASE("Alarm_HistoryKeepsTheNewestHundred") {
  World world;
  model::Alarm alarm = alarm_named("a", world.clock.now());
  alarm.evaluation_periods = 1;
  world.state.alarms.put(alarm);
  for (int i = 0; i < 120; ++i) publish(world, i % 2 == 0 ? 90 : 50, minutes(1));
  world.advance(seconds(10));
  CHECK(history(world).size() == 100);
  CHECK(world.state.alarm_history.range("a#").begin()->second.sequence == 21);
}

TEST_CASE("Alarm_DeletedIsForgotten") {
  World world;
  world.state.alarms.put(alarm_named("a", world.clock.now()));
  publish(world, 50, minutes(2));
  world.state.alarms.erase("a");
  world.settle();
  CHECK(world.engine->evaluations().empty());
  CHECK(world.engine->next_deadline() > world.clock.now() + minutes(0));
  publish(world, 90, minutes(5));
}

TEST_CASE("Alarm_ChangedPeriodChangesTheRhythm") {
  World world;
  model::Alarm alarm = alarm_named("a", world.clock.now());
  world.state.alarms.put(alarm);
  publish(world, 90, minutes(1));
  alarm.period = 10;
  alarm.evaluation_periods = 1;
  world.state.alarms.put(alarm);
  publish(world, 90, seconds(10), seconds(10));
  world.advance(seconds(2));
  CHECK(state_of(world) == "ALARM");
}

TEST_CASE("Alarm_SecondTickAtTheSameTimeDoesNothing") {
  World world;
  for (const char* name : {"a", "b", "c"}) world.state.alarms.put(alarm_named(name, world.clock.now()));
  publish(world, 90, minutes(3));
  world.advance(seconds(5));
  const auto seen = world.engine->evaluations().at("a").at;
  const std::size_t items = world.state.alarm_history.size();
  world.engine->tick();
  world.engine->tick();
  CHECK(world.engine->evaluations().at("a").at == seen);
  CHECK(world.state.alarm_history.size() == items);
  CHECK_FALSE(world.engine->has_work());
}

TEST_CASE("Alarm_OfMetricMathFollowsItsExpression") {
  World world;
  model::Alarm alarm = alarm_named("a", world.clock.now());
  alarm.metric = {};
  alarm.statistic.clear();
  alarm.metrics = "[]";
  alarm.evaluation_periods = 1;
  alarm.threshold = 5;  // percent
  alarm.treat_missing_data = "notBreaching";
  const model::MetricName errors{"Test", "errors", {}}, requests{"Test", "requests", {}};
  alarm.queries = {{.id = "e1", .expression = "100 * m1 / m2"},
                   {.id = "m1", .metric = errors, .statistic = "Sum", .returned = false},
                   {.id = "m2", .metric = requests, .statistic = "Sum", .returned = false}};
  world.state.alarms.put(alarm);
  const auto minute = [&](double failed, double all) {
    const Instant start = instant_from_ms(to_ms(world.clock.now()) / 60'000 * 60'000);
    for (const auto& [metric, value] : {std::pair(errors, failed), std::pair(requests, all)}) {
      world.metrics->put(metric, {.at = start, .sample_count = 1, .sum = value, .minimum = value, .maximum = value,
                                  .values = {{value, 1}}, .unit = "Count"});
    }
    world.advance(start + seconds(66) - world.clock.now());
  };
  minute(2, 100);
  CHECK(state_of(world) == "OK");
  minute(6, 100);
  CHECK(state_of(world) == "ALARM");
  CHECK(world.engine->evaluations().at("a").value == 6);
  const std::string data = world.state.alarms.find("a")->state_reason_data;
  CHECK(data.find("\"recentDatapoints\":[6.0]") != std::string::npos);
  CHECK(data.find("\"statistic\"") == std::string::npos);
  minute(0, 0);  // no request: no datapoint
  minute(0, 0);
  minute(0, 0);
  CHECK(state_of(world) == "OK");
}

TEST_CASE("Alarm_AnActionOfAPolicyThatIsGoneIsRecordedAsFailed") {
  World world;
  model::Alarm alarm = alarm_named("a", world.clock.now());
  alarm.alarm_actions = {"arn:aws:autoscaling:us-east-1:1:scalingPolicy:1:autoScalingGroupName/g:policyName/p"};
  world.state.alarms.put(alarm);
  publish(world, 90, minutes(4));
  world.advance(seconds(6));
  CHECK(history(world).back() == "Failed to execute action " + alarm.alarm_actions[0]);
}

TEST_CASE("Alarm_HistoryIsKeptForThirtyDaysAlsoOfAlarmsThatAreGone") {
  World world;
  world.state.append_alarm_history({.alarm = "gone", .sequence = 1, .at = world.clock.now() - hours(24 * 31), .summary = "old"});
  world.state.append_alarm_history({.alarm = "gone", .sequence = 2, .at = world.clock.now() - hours(24 * 29), .summary = "young"});
  world.advance(hours(1) + minutes(1));
  CHECK(history(world, "gone") == std::vector<std::string>{"young"});
}
