#include <doctest/doctest.h>

#include "services/cloudwatch/handlers.h"
#include "services/context_test.h"

namespace services::cloudwatch {

namespace {

api::cloudwatch::MetricDatum datum(double value, Instant at) {
  api::cloudwatch::MetricDatum one;
  one.metric_name = "Depth";
  one.value = value;
  one.timestamp = api::Timestamp{to_ms(at)};
  return one;
}

struct MetricsFixture : ContextFixture {
  Instant begin = instant_from_ms(to_ms(context.now) / 60'000 * 60'000);

  Result<op::PutMetricData::Output> put(std::vector<api::cloudwatch::MetricDatum> data, const std::string& space = "App") {
    op::PutMetricData::Input in;
    in.namespace_ = space;
    in.metric_data = std::move(data);
    return put_metric_data(context, in);
  }
  op::GetMetricStatistics::Input ask(Instant from, Instant to, int period) const {
    op::GetMetricStatistics::Input in;
    in.namespace_ = "App";
    in.metric_name = "Depth";
    in.start_time = api::Timestamp{to_ms(from)};
    in.end_time = api::Timestamp{to_ms(to)};
    in.period = period;
    in.statistics = std::vector<std::string>{"Average", "Sum", "SampleCount"};
    return in;
  }
};

}  // namespace

TEST_CASE_FIXTURE(MetricsFixture, "Metrics_APeriodWithoutADatapointIsAbsentAndNotZero") {
  REQUIRE(put({datum(4, begin), datum(8, begin + seconds(10)), datum(3, begin + seconds(130))}));
  const auto out = get_metric_statistics(context, ask(begin, begin + seconds(180), 60));
  REQUIRE(out);
  REQUIRE(out->datapoints->size() == 2);
  CHECK(out->datapoints->at(0).average == 6);
  CHECK(out->datapoints->at(0).sample_count == 2);
  CHECK(out->datapoints->at(1).timestamp->ms == to_ms(begin + seconds(120)));
  CHECK_FALSE(out->datapoints->at(1).maximum.has_value());
}

TEST_CASE_FIXTURE(MetricsFixture, "Metrics_WithoutAUnitStatisticsHaveADatapointForEach_AndMetricDataTakesAll") {
  auto in_seconds = datum(4, begin), in_bytes = datum(1000, begin + seconds(10)), later = datum(2000, begin + seconds(70));
  in_seconds.unit = "Seconds";
  in_bytes.unit = later.unit = "Bytes";
  REQUIRE(put({in_seconds, in_bytes, later}));
  auto in = ask(begin, begin + seconds(120), 60);
  const auto points = *get_metric_statistics(context, in)->datapoints;
  REQUIRE(points.size() == 3);
  CHECK(points[0].unit == "Seconds");
  CHECK(points[0].sum == 4);
  CHECK(points[1].unit == "Bytes");
  CHECK(points[1].sum == 1000);
  CHECK(points[1].timestamp->ms == to_ms(begin));
  CHECK(points[2].sum == 2000);
  in.unit = "Bytes";
  CHECK(get_metric_statistics(context, in)->datapoints->size() == 2);
  op::GetMetricData::Input data;
  data.start_time = in.start_time;
  data.end_time = in.end_time;
  auto& query = data.metric_data_queries.emplace().emplace_back();
  query.id = "m1";
  auto& stat = query.metric_stat.emplace();
  stat.metric.emplace().namespace_ = "App";
  stat.metric->metric_name = "Depth";
  stat.period = 60;
  stat.stat = "Sum";
  CHECK(get_metric_data(context, data)->metric_data_results->at(0).values == std::vector<double>{2000, 1004});
}

TEST_CASE_FIXTURE(MetricsFixture, "PutMetricData_ANamespaceDoesNotBeginWithAColon_AndNoCountMakesASumInfinite") {
  CHECK(put({datum(1, begin)}, ":N").error().message.find("'namespace' failed to satisfy constraint") != std::string::npos);
  CHECK(put({datum(1, begin)}, "N:"));
  auto many = datum(0, begin);
  many.value.reset();
  many.values = {1e108};
  many.counts = {1e300};
  CHECK(put({many}).error().code == "InvalidParameterValue");
}

TEST_CASE_FIXTURE(MetricsFixture, "Metrics_UnderTimeScaleAPeriodIsThatMuchShorterInRealTime") {
  context.pace = {20};
  REQUIRE(put({datum(4, begin), datum(8, begin + seconds(3))}));
  const auto out = get_metric_statistics(context, ask(begin, begin + seconds(6), 60));
  REQUIRE(out);
  REQUIRE(out->datapoints->size() == 2);
  CHECK(out->datapoints->at(1).timestamp->ms == to_ms(begin + seconds(3)));
}

TEST_CASE_FIXTURE(MetricsFixture, "Metrics_ARefusedDatumPutsNothingOfItsRequest") {
  auto both = datum(1, begin);
  both.values = std::vector<double>{1};
  CHECK(put({datum(1, begin), both}).error().code == "InvalidParameterCombination");
  CHECK(put({datum(1, begin - hours(24 * 15))}).error().code == "InvalidParameterValue");
  CHECK(put({datum(1, begin)}, "AWS/ECS").error().code == "InvalidParameterValue");
  CHECK(put({}).error().code == "MissingParameter");
  CHECK(list_metrics(context, {})->metrics->empty());
}

TEST_CASE_FIXTURE(MetricsFixture, "Metrics_PercentilesStandOnValuesAndCounts") {
  auto one = datum(0, begin);
  one.value.reset();
  one.values = std::vector<double>{1, 2, 100};
  one.counts = std::vector<double>{50, 49, 1};
  REQUIRE(put({one}));
  auto in = ask(begin, begin + seconds(60), 60);
  in.statistics.reset();
  in.extended_statistics = std::vector<std::string>{"p50", "p99", "p100"};
  const auto out = get_metric_statistics(context, in);
  REQUIRE(out);
  const auto& shown = *out->datapoints->at(0).extended_statistics;
  CHECK(shown.at("p50") == 1);
  CHECK(shown.at("p99") == 2);
  CHECK(shown.at("p100") == 100);
}

namespace {

struct DataFixture : MetricsFixture {
  op::GetMetricData::Input in;
  DataFixture() {
    REQUIRE(put({datum(4, begin), datum(8, begin + seconds(60)), datum(6, begin + seconds(180))}));
    in.start_time = api::Timestamp{to_ms(begin)};
    in.end_time = api::Timestamp{to_ms(begin + seconds(240))};
    in.scan_by = "TimestampAscending";
    in.metric_data_queries.emplace();
  }
  api::cloudwatch::MetricDataQuery& metric(const std::string& id, int period = 60) {
    auto& query = in.metric_data_queries->emplace_back();
    query.id = id;
    auto& stat = query.metric_stat.emplace();
    stat.metric.emplace().namespace_ = "App";
    stat.metric->metric_name = "Depth";
    stat.period = period;
    stat.stat = "Sum";
    return query;
  }
  api::cloudwatch::MetricDataQuery& expression(const std::string& id, const std::string& text) {
    auto& query = in.metric_data_queries->emplace_back();
    query.id = id;
    query.expression = text;
    return query;
  }
  std::string refusal() {
    const auto out = get_metric_data(context, in);
    return out ? "accepted" : out.error().message;
  }
};

}  // namespace

TEST_CASE_FIXTURE(DataFixture, "MetricData_NewestFirstUnlessAskedOtherwise") {
  metric("m1");
  CHECK(get_metric_data(context, in)->metric_data_results->at(0).values == std::vector<double>{4, 8, 6});
  in.scan_by.reset();
  CHECK(get_metric_data(context, in)->metric_data_results->at(0).values == std::vector<double>{6, 8, 4});
}

TEST_CASE_FIXTURE(DataFixture, "MetricData_ExpressionsAreComputedAndOnlyWhatReturnsDataIsShown") {
  expression("e2", "e1 + 1").label = "twice and one";
  metric("m1").return_data = false;
  expression("e1", "FILL(m1, 0) * 2");
  const auto out = get_metric_data(context, in);
  REQUIRE(out);
  REQUIRE(out->metric_data_results->size() == 2);
  const auto& first = out->metric_data_results->at(0);
  CHECK(first.label == "twice and one");
  CHECK(first.values == std::vector<double>{9, 17, 1, 13});
  CHECK(first.timestamps->at(2).ms == to_ms(begin + seconds(120)));
  CHECK(out->metric_data_results->at(1).label == "e1");
}

TEST_CASE_FIXTURE(DataFixture, "MetricData_AnExpressionOfSeveralSeriesAnswersEach") {
  metric("m1").return_data = false;
  metric("m2").return_data = false;
  expression("e1", "METRICS() * 2");
  const auto out = get_metric_data(context, in);
  REQUIRE(out->metric_data_results->size() == 2);
  CHECK(out->metric_data_results->at(1).id == "e1");
}

TEST_CASE_FIXTURE(DataFixture, "MetricData_UnderTimeScalePeriodAndRateAreStillOfAwsSeconds") {
  context.pace = {20};
  REQUIRE(put({datum(60, begin + seconds(183))}));
  in.start_time = api::Timestamp{to_ms(begin + seconds(180))};
  metric("m1").return_data = false;
  expression("e1", "m1 / PERIOD(m1)");
  expression("e2", "RATE(m1)");
  const auto out = get_metric_data(context, in);
  REQUIRE(out);
  CHECK(out->metric_data_results->at(0).values == std::vector<double>{0.1, 1});
  CHECK(out->metric_data_results->at(1).values == std::vector<double>{0.9});  // 54 more after a minute
}

TEST_CASE_FIXTURE(DataFixture, "MetricData_WhatIsWrongWithTheQueriesIsSaid") {
  auto& query = metric("M1");
  CHECK(refusal().find("begins with a lowercase letter") != std::string::npos);
  query.id = "m1";
  CHECK(refusal() == "accepted");
  query.expression = "m1";
  CHECK(refusal().find("and not both") != std::string::npos);
  query.expression.reset();
  metric("m1");
  CHECK(refusal().find("not unique") != std::string::npos);
  in.metric_data_queries->pop_back();
  auto& other = expression("e1", "m1 * 2");
  other.period = 300;
  CHECK(refusal().find("has the period of what it computes with, 60") != std::string::npos);
  other.period = 60;
  CHECK(refusal() == "accepted");
  other.label = "${AVG}";
  CHECK(refusal().find("Dynamic labels") != std::string::npos);
  other.label.reset();
  other.expression = "SEARCH('{App} Depth', 'Sum', 60)";
  CHECK(refusal().find("SEARCH is not served") != std::string::npos);
  other.expression = "e1 + 1";
  CHECK(refusal().find("depends on itself") != std::string::npos);
}

TEST_CASE_FIXTURE(DataFixture, "MetricData_PagesAreOfMaxDatapoints") {
  metric("m1");
  metric("m2");
  in.max_datapoints = 4;
  auto page = get_metric_data(context, in);
  REQUIRE(page);
  CHECK(page->metric_data_results->at(0).values->size() == 3);
  CHECK(page->metric_data_results->at(1).values == std::vector<double>{4});
  CHECK(page->metric_data_results->at(1).status_code == "PartialData");
  in.next_token = page->next_token;
  page = get_metric_data(context, in);
  CHECK(page->metric_data_results->at(0).values->empty());
  CHECK(page->metric_data_results->at(1).values == std::vector<double>{8, 6});
  CHECK_FALSE(page->next_token);
  in.next_token = "x";
  CHECK(get_metric_data(context, in).error().code == "InvalidNextToken");
}

}  // namespace services::cloudwatch
