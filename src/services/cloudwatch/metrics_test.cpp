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

TEST_CASE_FIXTURE(MetricsFixture, "Metrics_GetMetricDataAnswersNewestFirstAndRefusesMathByName") {
  REQUIRE(put({datum(4, begin), datum(8, begin + seconds(60))}));
  op::GetMetricData::Input in;
  in.start_time = api::Timestamp{to_ms(begin)};
  in.end_time = api::Timestamp{to_ms(begin + seconds(120))};
  auto& query = in.metric_data_queries.emplace().emplace_back();
  query.id = "m1";
  auto& stat = query.metric_stat.emplace();
  stat.metric.emplace().namespace_ = "App";
  stat.metric->metric_name = "Depth";
  stat.period = 60;
  stat.stat = "Sum";
  const auto out = get_metric_data(context, in);
  REQUIRE(out);
  CHECK(out->metric_data_results->at(0).values == std::vector<double>{8, 4});
  query.metric_stat.reset();
  query.expression = "m1 * 2";
  CHECK(get_metric_data(context, in).error().message.find("Metric math") != std::string::npos);
}

}  // namespace services::cloudwatch
