#include "control/metrics/math.h"

#include <doctest/doctest.h>

using control::evaluate_expression;
using control::MathContext;
using control::MetricPoints;

namespace {

Instant at(int minute) { return instant_from_ms(60'000LL * minute); }

/// m1 = 1 2 - 4 (minutes 0 to 3), m2 = 10 0 30 40.
MathContext sample() {
  MathContext context;
  context.series["m1"] = {.points = {{{at(0), 1}, {at(1), 2}, {at(3), 4}}}, .is_metric = true};
  context.series["m2"] = {.points = {{{at(0), 10}, {at(1), 0}, {at(2), 30}, {at(3), 40}}}, .is_metric = true};
  for (int i = 0; i < 4; ++i) context.grids[60].push_back(at(i));
  return context;
}

MetricPoints one(const std::string& expression) {
  const auto result = evaluate_expression(expression, sample());
  REQUIRE_MESSAGE(result, expression, ": ", result.error().message);
  REQUIRE(result->size() == 1);
  return result->front();
}

std::string refusal(const std::string& expression) {
  const auto result = evaluate_expression(expression, sample());
  REQUIRE_FALSE(result);
  return result.error().message;
}

}  // namespace

TEST_CASE("MetricMath_ADatapointIsOnlyWhereAllOperandsHaveOne") {
  CHECK(one("m1 + m2") == MetricPoints{{at(0), 11}, {at(1), 2}, {at(3), 44}});
  CHECK(one("m1 * 2 - 1") == MetricPoints{{at(0), 1}, {at(1), 3}, {at(3), 7}});
  CHECK(one("-m1 + (m2 - m1) * 2 ^ 2").at(at(0)) == 35);
}

TEST_CASE("MetricMath_DivisionByZeroGivesNoDatapoint") {
  CHECK(one("100 * m1 / m2") == MetricPoints{{at(0), 10}, {at(3), 10}});
}

TEST_CASE("MetricMath_ComparisonsAreOneOrZeroAndIfChooses") {
  CHECK(one("m2 > 20") == MetricPoints{{at(0), 0}, {at(1), 0}, {at(2), 1}, {at(3), 1}});
  CHECK(one("IF(m2 > 20 AND m2 < 40, m2, 5)") == MetricPoints{{at(0), 5}, {at(1), 5}, {at(2), 30}, {at(3), 5}});
  CHECK(one("IF(m2 >= 30, m1)") == MetricPoints{{at(3), 4}});
}

TEST_CASE("MetricMath_FillByNumberByRepetitionAndByLine") {
  CHECK(one("FILL(m1, 0)").at(at(2)) == 0);
  CHECK(one("FILL(m1, REPEAT)").at(at(2)) == 2);
  CHECK(one("FILL(m1, LINEAR)").at(at(2)) == 3);
  CHECK(one("FILL(m1, m2)").at(at(2)) == 30);
}

TEST_CASE("MetricMath_FoldsOfSeveralSeriesAreASeriesAndOfOneANumber") {
  CHECK(one("SUM(METRICS())") == MetricPoints{{at(0), 11}, {at(1), 2}, {at(2), 30}, {at(3), 44}});
  CHECK(one("AVG([m1, m2])").at(at(3)) == 22);
  CHECK(one("MAX([m1, m2])").at(at(1)) == 2);
  CHECK(one("m2 - MIN(m2) + METRIC_COUNT(METRICS())").at(at(0)) == 12);
  CHECK(one("m2 / MAX(m2)").at(at(3)) == 1);
}

TEST_CASE("MetricMath_RateDiffPeriodAndRounding") {
  CHECK(one("DIFF(m2)") == MetricPoints{{at(1), -10}, {at(2), 30}, {at(3), 10}});
  CHECK(one("RATE(m2)").at(at(2)) == 0.5);
  CHECK(one("m2 / PERIOD(m2)").at(at(2)) == 0.5);
  CHECK(one("CEIL(m1 / 3) + FLOOR(m1 / 3) + ABS(0 - m1)").at(at(3)) == 7);
}

TEST_CASE("MetricMath_SeveralSeriesMayComeOut") {
  const auto result = evaluate_expression("METRICS() * 2", sample());
  REQUIRE(result);
  CHECK(result->size() == 2);
}

TEST_CASE("MetricMath_WhatIsNotServedIsRefusedByName") {
  CHECK(refusal("SEARCH('{AWS/ECS} cpu', 'Average', 60)").find("SEARCH") != std::string::npos);
  CHECK(refusal("ANOMALY_DETECTION_BAND(m1, 2)").find("ANOMALY_DETECTION_BAND") != std::string::npos);
  CHECK(refusal("m3 + 1").find("'m3'") != std::string::npos);
  CHECK(refusal("1 + 2").find("must be a time series") != std::string::npos);
  CHECK_FALSE(evaluate_expression("m1 +", sample()));
  CHECK_FALSE(evaluate_expression("(m1", sample()));
  CHECK_FALSE(evaluate_expression("m1 m2", sample()));
  CHECK_FALSE(evaluate_expression("", sample()));
  CHECK_FALSE(evaluate_expression(std::string(100'000, '('), sample()));
  CHECK_FALSE(evaluate_expression(std::string(100'000, '-') + "m1", sample()));
}

TEST_CASE("MetricMath_NamesTheIdsItNeeds") {
  CHECK(*control::ids_of_expression("m1 + SUM(METRICS()) / e2") == std::vector<std::string>{"m1", "*", "e2"});
}

TEST_CASE("MetricMath_QueriesAreEvaluatedInTheOrderOfTheirDependence") {
  std::vector<model::MetricQuery> queries{{.id = "e2", .expression = "e1 * 2"},
                                          {.id = "m1"},
                                          {.id = "e1", .expression = "[m1, m2] + 1"},
                                          {.id = "e3", .expression = "SUM(e2)"},
                                          {.id = "m2"}};
  CHECK(control::shapes_of_queries(queries)->at("e2").points.size() == 2);
  MathContext context = sample();
  REQUIRE(control::evaluate_queries(queries, context));
  CHECK(context.series["e2"].points.size() == 2);
  CHECK(context.series["e3"].points.front().at(at(0)) == 26);
  queries[2].expression = "e3 + 1";
  CHECK(control::shapes_of_queries(queries).error().message.find("depends on itself") != std::string::npos);
  queries[2].expression = "m7 + 1";
  CHECK(control::shapes_of_queries(queries).error().message.find("'m7'") != std::string::npos);
}

TEST_CASE("MetricMath_ARateIsPerSecondOfAws") {
  MathContext context = sample();
  context.time_scale = 20;  // a minute takes three seconds
  context.series["m1"].points = {{{instant_from_ms(0), 0}, {instant_from_ms(3000), 120}}};
  CHECK(evaluate_expression("RATE(m1)", context)->front().at(instant_from_ms(3000)) == 2);
}
