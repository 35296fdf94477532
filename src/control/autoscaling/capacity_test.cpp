#include "control/autoscaling/capacity.h"

#include <doctest/doctest.h>

using control::step_capacity;
using control::tracking_capacity;

TEST_CASE("TargetTracking_RoundsUpInBothDirections") {
  CHECK(tracking_capacity(4, 120, 80) == 6);
  CHECK(tracking_capacity(4, 81, 80) == 5);
  CHECK(tracking_capacity(6, 40, 80) == 3);
  CHECK(tracking_capacity(5, 50, 80) == 4);  // 3.125: takes one, not two
}

TEST_CASE("TargetTracking_ExactMultipleIsNotRoundedUp") {
  CHECK(tracking_capacity(3, 0.3, 0.1) == 9);
  CHECK(tracking_capacity(7, 80, 80) == 7);
}

TEST_CASE("TargetTracking_FromZeroStartsOne") {
  CHECK(tracking_capacity(0, 500, 80) == 1);
  CHECK(tracking_capacity(0, 0, 80) == 0);
}

TEST_CASE("StepScaling_LowerBoundIsInclusiveAboveTheThresholdAndExclusiveBelow") {
  model::StepScaling out{.adjustment_type = "ChangeInCapacity",
                         .steps = {{.lower = 0, .upper = 10, .adjustment = 1}, {.lower = 10, .adjustment = 3}}};
  CHECK(step_capacity(5, out, 80, 80) == 6);
  CHECK(step_capacity(5, out, 90, 80) == 8);
  model::StepScaling in{.adjustment_type = "ChangeInCapacity",
                        .steps = {{.lower = -10, .upper = 0, .adjustment = -1}, {.upper = -10, .adjustment = -2}}};
  CHECK(step_capacity(5, in, 25, 30) == 4);
  CHECK(step_capacity(5, in, 20, 30) == 3);
}

TEST_CASE("StepScaling_PercentRoundsAsAwsDoes") {
  model::StepScaling scaling{.adjustment_type = "PercentChangeInCapacity", .steps = {{.lower = 0, .adjustment = 25}}};
  CHECK(step_capacity(10, scaling, 90, 80) == 12);  // 2.5 down
  CHECK(step_capacity(2, scaling, 90, 80) == 3);    // 0.5 to 1
  scaling.minimum_magnitude = 4;
  CHECK(step_capacity(2, scaling, 90, 80) == 6);
  scaling = {.adjustment_type = "PercentChangeInCapacity", .steps = {{.upper = 0, .adjustment = -33}}};
  CHECK(step_capacity(2, scaling, 10, 80) == 1);  // -0.66 to -1
  CHECK(step_capacity(5, scaling, 10, 80) == 4);  // -1.65 toward zero
}

TEST_CASE("StepScaling_ExactCapacityAndNoStepForTheBreach") {
  model::StepScaling scaling{.adjustment_type = "ExactCapacity", .steps = {{.lower = 5, .adjustment = 9}}};
  CHECK(step_capacity(2, scaling, 90, 80) == 9);
  CHECK_FALSE(step_capacity(2, scaling, 82, 80).has_value());
}

TEST_CASE("StepScaling_StepsWithoutGapsAndOverlapsThatReachToInfinity") {
  using Steps = std::vector<model::StepAdjustment>;
  const auto problem = [](Steps steps) {
    return control::step_problem({.adjustment_type = "ChangeInCapacity", .steps = std::move(steps)}).value_or("");
  };
  CHECK(problem({{.lower = 0, .adjustment = 1}}) == "");
  CHECK(problem({{.lower = 10, .adjustment = 2}, {.lower = 0, .upper = 10, .adjustment = 1}}) == "");
  CHECK(problem({{.upper = -10, .adjustment = -2}, {.lower = -10, .upper = 0, .adjustment = -1}}) == "");
  CHECK(problem({}).find("At least one") == 0);
  CHECK(problem({{.adjustment = 1}}).find("a lower bound, an upper bound or both") != std::string::npos);
  CHECK(problem({{.lower = 0, .upper = 10, .adjustment = 1}, {.lower = 5, .adjustment = 2}}).find("overlap") !=
        std::string::npos);
  CHECK(problem({{.lower = 0, .upper = 10, .adjustment = 1}, {.lower = 20, .adjustment = 2}}).find("gaps") !=
        std::string::npos);
  CHECK(problem({{.lower = 0, .upper = 10, .adjustment = 1}}).find("unspecified upper") != std::string::npos);
  CHECK(problem({{.lower = -10, .upper = 0, .adjustment = -1}}).find("unspecified lower") != std::string::npos);
  CHECK(problem({{.lower = 0, .adjustment = 1}, {.lower = 5, .adjustment = 2}}) != "");
  CHECK(control::step_problem({.adjustment_type = "ChangeInCapacity", .steps = {{.lower = 0, .adjustment = 1}},
                               .minimum_magnitude = 2}));
  CHECK(control::step_problem({.adjustment_type = "Sometimes", .steps = {{.lower = 0, .adjustment = 1}}}));
}
