// Target tracking and what surrounds it (sheet E1, E2), one rule a case.
#include "control/autoscaling/scene_test.h"

using control::Evaluation;
using control::scaling_test::Scene;
namespace not_scaled = control::not_scaled;

TEST_CASE("ScaleOut_ByTheMetricOverTheTarget_WithCauseAndDetails") {
  Scene scene(3, 1, 20);
  scene.track("cpu", 80);
  scene.high("cpu", 120);
  scene.settle();
  CHECK(scene.desired() == 5);
  CHECK(scene.last().description == "Setting desired count to 5.");
  CHECK(scene.last().cause == "monitor alarm cpu-AlarmHigh in state ALARM triggered policy cpu");
  CHECK(scene.last().status == "InProgress");
  const std::string& details = scene.last().details;
  for (const char* part : {R"("decision":"scale out")", R"("formula":"ceil(3 x 120 / 80) = ceil(4.5) = 5")",
                           R"("winner":"cpu")", R"("running":3)", R"("result":5)", R"("datapoints":[{)"}) {
    CHECK_MESSAGE(details.find(part) != std::string::npos, part);
  }
}

TEST_CASE("ScaleOut_ComputesFromRunningTasksNotFromTheDesiredCount") {
  Scene scene(4, 1, 20);
  scene.track("cpu", 80);
  scene.running = 2;
  scene.high("cpu", 200);
  scene.settle();
  CHECK(scene.desired() == 5);  // ceil(2 x 2.5), not ceil(4 x 2.5)
}

TEST_CASE("ScaleOut_StopsAtTheMaximum_ThenSaysSo") {
  Scene scene(3, 1, 4);
  scene.track("cpu", 80, 0);
  scene.high("cpu", 400);
  scene.settle();
  CHECK(scene.desired() == 4);
  scene.follow();
  scene.now += minutes(1);
  scene.high("cpu", 300);
  scene.settle();
  CHECK(scene.desired() == 4);
  CHECK(scene.last_reason() == not_scaled::kAtMax);
  CHECK(scene.last().description == "Attempting to scale due to alarm triggered");
  CHECK(scene.last().status == "Failed");
  CHECK(scene.last().not_scaled_limit == 4);
  CHECK(scene.last().not_scaled_current == 4);
}

TEST_CASE("NotScaled_TheSameRefusalIsWrittenOnce") {
  Scene scene(4, 1, 4);
  scene.track("cpu", 80);
  for (int minute = 0; minute < 5; ++minute) {
    scene.high("cpu", 300);
    scene.settle();
    scene.now += minutes(1);
  }
  CHECK(scene.activities.size() == 1);
}

TEST_CASE("Alarm_AnEvaluationIsActedUponOnce") {
  Scene scene(2, 1, 20);
  scene.track("cpu", 80, 0);
  scene.high("cpu", 160);
  scene.settle();
  CHECK(scene.desired() == 4);
  scene.follow();
  scene.now += seconds(30);
  scene.settle();
  CHECK(scene.desired() == 4);
}

TEST_CASE("Alarm_ScalesAgainEachMinuteWhileInAlarm_NotWithEachShortEvaluation") {
  Scene scene(2, 1, 50);
  scene.track("cpu", 80, 0);
  scene.high("cpu", 160);
  scene.settle();
  scene.follow();
  for (int i = 0; i < 5; ++i) {  // 10 s alarms
    scene.now += seconds(10);
    scene.high("cpu", 160);
    scene.settle();
    CHECK(scene.desired() == 4);
  }
  scene.now += seconds(10);
  scene.high("cpu", 160);
  scene.settle();
  CHECK(scene.desired() == 8);
}

TEST_CASE("Alarm_ATransitionActsAtOnce_EvenWithinTheMinute") {
  Scene scene(6, 1, 20);
  scene.track("cpu", 80, 0);
  scene.low("cpu", 60);
  scene.settle();
  CHECK(scene.desired() == 5);
  scene.follow();
  scene.now += seconds(10);
  scene.high("cpu", 160);
  scene.settle();
  CHECK(scene.desired() == 10);
}

TEST_CASE("Alarm_MinutesFollowTheTimeScale") {
  Scene scene(2, 1, 50);
  scene.pace.scale = 30;
  scene.track("cpu", 80, 0);
  scene.high("cpu", 160);
  scene.settle();
  scene.follow();
  scene.now += seconds(2);
  scene.high("cpu", 160);
  scene.settle();
  CHECK(scene.desired() == 8);
}

TEST_CASE("Alarm_WithDisabledActionsScalesNothing") {
  Scene scene(2, 1, 20);
  scene.track("cpu", 80);
  scene.alarms["cpu-AlarmHigh"].actions_enabled = false;
  scene.high("cpu", 160);
  scene.settle();
  CHECK(scene.desired() == 2);
}

TEST_CASE("MissingData_NeverScales") {
  Scene scene(5, 1, 20);
  scene.track("cpu", 80);
  scene.no_data("cpu");
  scene.settle();
  CHECK(scene.desired() == 5);
  scene.evaluate("cpu-AlarmLow", "ALARM", std::nullopt);  // premature, of older points: none to compute with
  scene.settle();
  CHECK(scene.desired() == 5);
  CHECK(scene.activities.empty());
}

TEST_CASE("MissingData_AnOldDatapointInAnAlarmIsNoReasonToScale_TheNextOneIs") {
  Scene scene(6, 2, 20);
  scene.track("cpu", 80);
  scene.low("cpu", 10);
  Evaluation& seen = scene.evaluations["cpu-AlarmLow"];
  seen.points = {{.start = scene.now - minutes(11), .value = 10}, {.start = scene.now - minutes(10), .value = 10}};
  for (int ago = 9; ago > 0; --ago) seen.points.push_back({.start = scene.now - minutes(ago)});
  scene.settle();
  CHECK(scene.desired() == 6);
  seen.points[8].value = 10;  // three minutes old: late, but of now
  scene.settle();
  CHECK(scene.desired() == 2);
}

TEST_CASE("ScaleIn_ToWhatTheMetricNeeds_ThenToTheMinimum") {
  Scene scene(6, 2, 20);
  scene.track("cpu", 80, 0);
  scene.low("cpu", 40);
  scene.settle();
  CHECK(scene.desired() == 3);
  CHECK(scene.last().cause == "monitor alarm cpu-AlarmLow in state ALARM triggered policy cpu");
  scene.follow();
  scene.now += minutes(1);
  scene.low("cpu", 1);
  scene.settle();
  CHECK(scene.desired() == 2);
  scene.follow();
  scene.now += minutes(1);
  scene.low("cpu", 1);
  scene.settle();
  CHECK(scene.last_reason() == not_scaled::kAtMin);
  CHECK(scene.last().not_scaled_limit == 2);
}

TEST_CASE("ScaleIn_ThatRoundingForbidsIsAlreadyAtDesiredCapacity") {
  Scene scene(3, 1, 20);
  scene.track("cpu", 80);
  scene.low("cpu", 70);
  scene.settle();
  CHECK(scene.desired() == 3);
  CHECK(scene.last_reason() == not_scaled::kAtDesired);
}

TEST_CASE("ScaleIn_ByZeroRequestsMayGoToZero") {
  Scene scene(3, 0, 20);
  scene.track("requests", 1000, 0);
  scene.low("requests", 0);
  scene.settle();
  CHECK(scene.desired() == 0);
}

TEST_CASE("ScaleIn_DisabledNeverHappens_AndAgreesForOthers") {
  Scene scene(6, 1, 20);
  scene.track("cpu", 80, 0).tracking->disable_scale_in = true;
  scene.low("cpu", 10);
  scene.settle();
  CHECK(scene.desired() == 6);
  scene.track("memory", 80, 0);
  scene.calm("cpu", 75);
  scene.low("memory", 40);
  scene.settle();
  CHECK(scene.desired() == 3);
}

TEST_CASE("SeveralPolicies_OutIfAnyWantsOut_TheLargestWins") {
  Scene scene(4, 1, 50);
  scene.track("cpu", 80, 0);
  scene.track("memory", 80, 0);
  scene.track("requests", 100, 0);
  scene.high("cpu", 100);
  scene.high("requests", 200);
  scene.low("memory", 10);
  scene.settle();
  CHECK(scene.desired() == 8);
  CHECK(scene.last().details.find(R"("winner":"requests")") != std::string::npos);
}

TEST_CASE("SeveralPolicies_InOnlyIfAllWantIn_ToTheLargest") {
  Scene scene(10, 1, 50);
  scene.track("cpu", 80, 0);
  scene.track("memory", 80, 0);
  scene.low("cpu", 10);
  scene.calm("memory", 75);
  scene.settle();
  CHECK(scene.desired() == 10);
  CHECK(scene.last_reason() == not_scaled::kFlapping);
  scene.now += minutes(1);
  scene.low("cpu", 10);
  scene.low("memory", 40);
  scene.settle();
  CHECK(scene.desired() == 5);
}

TEST_CASE("SeveralPolicies_OneWithoutDataForbidsScaleInButNotScaleOut") {
  Scene scene(10, 1, 50);
  scene.track("cpu", 80, 0);
  scene.track("memory", 80, 0);
  scene.no_data("memory");
  scene.low("cpu", 10);
  scene.settle();
  CHECK(scene.desired() == 10);
  CHECK(scene.last_reason() == not_scaled::kNoData);
  scene.now += minutes(1);
  scene.high("cpu", 120);
  scene.settle();
  CHECK(scene.desired() == 15);
}

TEST_CASE("SeveralPolicies_OneInAlarmThatHasActedStillForbidsScaleIn") {
  Scene scene(10, 1, 50);
  scene.track("cpu", 80, 0);
  scene.track("memory", 80, 0);
  scene.high("cpu", 81);
  scene.settle();
  CHECK(scene.desired() == 11);
  scene.follow();
  scene.now += seconds(10);
  scene.low("memory", 10);
  scene.settle();
  CHECK(scene.desired() == 11);
}

TEST_CASE("Cooldown_ALargerScaleOutWithinItAddsOnlyTheDifference") {
  Scene scene(10, 1, 50);
  scene.track("cpu", 100, 300);
  scene.high("cpu", 120);  // +2
  scene.settle();
  CHECK(scene.desired() == 12);
  scene.now += minutes(1);
  scene.high("cpu", 130);  // 10 still run: +3, of which 2 are there
  scene.settle();
  CHECK(scene.desired() == 13);
  scene.now += minutes(1);
  scene.high("cpu", 130);
  scene.settle();
  CHECK(scene.desired() == 13);
  CHECK(scene.last_reason() == not_scaled::kAtDesired);
}

TEST_CASE("Cooldown_OfScaleOutHoldsWhatIsNotLarger_AndThenLetsItGo") {
  Scene scene(10, 1, 50);
  scene.track("cpu", 100, 300);
  scene.high("cpu", 120);
  scene.settle();
  scene.follow();
  for (int minute = 1; minute < 5; ++minute) {
    scene.now += minutes(1);
    scene.high("cpu", 110);  // ceil(12 x 1.1) = 14: +2 on what runs, no more than was added
    scene.settle();
    CHECK(scene.desired() == 12);
    CHECK(scene.last_reason() == not_scaled::kCooldown);
  }
  scene.now += minutes(1);
  scene.high("cpu", 110);
  scene.settle();
  CHECK(scene.desired() == 14);
}

TEST_CASE("Cooldown_CountsFromTheEndOfTheActivity") {
  Scene scene(10, 1, 50);
  scene.track("cpu", 100, 120);
  scene.high("cpu", 120);
  scene.settle();
  scene.now += seconds(90);  // the tasks take that long to run
  scene.follow();
  REQUIRE(scene.target.last_out);
  CHECK(scene.target.last_out->cooldown_until == scene.now + seconds(120));
}

TEST_CASE("Cooldown_OfScaleInBlocksTheNextScaleIn_AndAScaleOutEndsIt") {
  Scene scene(10, 1, 50);
  scene.track("cpu", 80, 300);
  scene.low("cpu", 64);
  scene.settle();
  CHECK(scene.desired() == 8);
  scene.follow();
  scene.now += minutes(1);
  scene.low("cpu", 40);
  scene.settle();
  CHECK(scene.desired() == 8);
  CHECK(scene.last_reason() == not_scaled::kCooldown);
  scene.now += seconds(30);
  scene.high("cpu", 160);  // at once
  scene.settle();
  CHECK(scene.desired() == 16);
  CHECK_FALSE(scene.target.last_in);
  scene.follow();
  scene.now += minutes(1);
  scene.low("cpu", 40);
  scene.settle();
  CHECK(scene.desired() == 8);
}

TEST_CASE("Deployment_InProgressStopsScaleInButNotScaleOut") {
  Scene scene(10, 1, 50);
  scene.track("cpu", 80, 0);
  scene.service.deployments.front().rollout_state = "IN_PROGRESS";
  scene.low("cpu", 10);
  scene.settle();
  CHECK(scene.desired() == 10);
  CHECK(scene.last_reason() == not_scaled::kUnscalable);
  scene.now += minutes(1);
  scene.high("cpu", 120);
  scene.settle();
  CHECK(scene.desired() == 15);
  scene.follow();
  scene.service.deployments.front().rollout_state = "COMPLETED";
  scene.now += minutes(1);
  scene.low("cpu", 40);
  scene.settle();
  CHECK(scene.desired() == 8);
}

TEST_CASE("Bounds_BelowTheMinimum_ScaleOutGoesToItFirstThenOn_ScaleInDoesNothing") {
  Scene scene(2, 4, 20);  // set by hand outside the bounds
  scene.track("cpu", 80);
  scene.low("cpu", 10);
  scene.settle();
  CHECK(scene.desired() == 2);
  CHECK(scene.last_reason() == not_scaled::kAtMin);
  scene.now += minutes(1);
  scene.high("cpu", 400);
  scene.settle();
  CHECK(scene.desired() == 4);
  scene.follow();
  scene.now += minutes(1);
  scene.high("cpu", 200);
  scene.settle();
  CHECK(scene.desired() == 10);  // no cooldown began with the bound's move
}

TEST_CASE("Bounds_AboveTheMaximum_ScaleInGoesToItFirst_ScaleOutDoesNothing") {
  Scene scene(12, 1, 10);
  scene.track("cpu", 80);
  scene.high("cpu", 200);
  scene.settle();
  CHECK(scene.desired() == 12);
  CHECK(scene.last_reason() == not_scaled::kAtMax);
  scene.now += minutes(1);
  scene.low("cpu", 8);
  scene.settle();
  CHECK(scene.desired() == 10);
  scene.follow();
  scene.now += minutes(1);
  scene.low("cpu", 40);
  scene.settle();
  CHECK(scene.desired() == 5);
}

TEST_CASE("Suspended_InAndOutEachOnItsOwn_AndResumesWithTheNextMinute") {
  Scene scene(4, 1, 20);
  scene.track("cpu", 80, 0);
  scene.target.scale_out_suspended = true;
  scene.high("cpu", 160);
  scene.settle();
  CHECK(scene.desired() == 4);
  CHECK(scene.last_reason() == not_scaled::kSuspended);
  scene.target.scale_out_suspended = false;
  scene.target.scale_in_suspended = true;
  scene.now += minutes(1);
  scene.high("cpu", 160);
  scene.settle();
  CHECK(scene.desired() == 8);
  scene.follow();
  scene.now += minutes(1);
  scene.low("cpu", 40);
  scene.settle();
  CHECK(scene.desired() == 8);
}

TEST_CASE("FromZero_WaitsForADatapoint_ThenStartsOne") {
  Scene scene(0, 0, 20);
  scene.track("requests", 1000);
  scene.no_data("requests");
  scene.settle();
  CHECK(scene.desired() == 0);
  scene.now += minutes(1);
  scene.calm("requests", 0);
  scene.settle();
  CHECK(scene.desired() == 0);
  scene.now += minutes(1);
  scene.calm("requests", 50);  // one datapoint is enough: not in ALARM yet
  scene.settle();
  CHECK(scene.desired() == 1);
}

TEST_CASE("FromZero_SetByHandStaysUntilADatapointOfAfterwards") {
  for (const bool busy : {false, true}) {
    CAPTURE(busy);
    Scene scene(1, 0, 20);
    scene.track("cpu", 50, 0);
    const auto measure = [&](double value) {
      busy ? scene.high("cpu", value) : scene.low("cpu", value);
      scene.settle();
      return scene.desired();
    };
    scene.service.desired_count = scene.running = 0;
    scene.empty_since = kNever;  // the task is on its way out
    CHECK(measure(busy ? 90 : 3) == 0);
    scene.now += seconds(30);
    scene.empty_since = scene.now;
    scene.now += seconds(59);
    CHECK(measure(busy ? 90 : 3) == 0);  // its period began when there was a task
    scene.now += minutes(1);
    CHECK(measure(busy ? 90 : 3) == 1);
  }
}

TEST_CASE("FromZero_ADatapointFromBeforeTheLastTaskWentWakesNothing") {
  Scene scene(1, 0, 20);
  scene.track("requests", 1000, 0);
  scene.low("requests", 0);
  scene.settle();
  CHECK(scene.desired() == 0);
  scene.follow();
  scene.now += seconds(30);
  scene.calm("requests", 50);  // its period began a minute ago
  scene.settle();
  CHECK(scene.desired() == 0);
  scene.now += minutes(2);
  scene.calm("requests", 50);
  scene.settle();
  CHECK(scene.desired() == 1);
}
