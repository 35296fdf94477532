#include "services/tracked_queries.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "api/cloudwatch.h"
#include "api/document.h"
#include "control/metrics/math.h"

namespace services {

namespace {

tl::unexpected<Error> bad_queries(std::string message) { return fail("ValidationException", std::move(message)); }

/// As PutMetricAlarm would have got them.
std::string document_of(const std::vector<model::MetricQuery>& queries) {
  api::cloudwatch::MetricAlarm alarm;
  auto& shown = alarm.metrics.emplace();
  for (const model::MetricQuery& query : queries) {
    api::cloudwatch::MetricDataQuery one;
    one.id = query.id;
    one.return_data = query.returned;
    if (!query.expression.empty()) {
      one.expression = query.expression;
    } else {
      auto& stat = one.metric_stat.emplace();
      auto& metric = stat.metric.emplace();
      metric.namespace_ = query.metric.space;
      metric.metric_name = query.metric.name;
      auto& dimensions = metric.dimensions.emplace();
      for (const auto& [name, value] : query.metric.dimensions) dimensions.push_back({.name = name, .value = value});
      stat.period = query.period;
      stat.stat = query.statistic;
      if (!query.unit.empty()) stat.unit = query.unit;
    }
    shown.push_back(std::move(one));
  }
  constexpr std::string_view kHead = "{\"Metrics\":";
  std::string text = api::to_document(alarm).substr(kHead.size());
  text.pop_back();
  return text;
}

}  // namespace

Result<control::TrackedMetric> tracked_queries(std::vector<model::MetricQuery> queries) {
  std::set<std::string> ids;
  const model::MetricQuery* returned = nullptr;
  for (const model::MetricQuery& query : queries) {
    if (!ids.insert(query.id).second) return bad_queries(fmt::format("The id {} is not unique in Metrics.", query.id));
    if (!query.returned) continue;
    if (returned) return bad_queries("Exactly one element of Metrics must have ReturnData set to true.");
    returned = &query;
  }
  if (!returned) return bad_queries("Exactly one element of Metrics must have ReturnData set to true.");
  const auto shapes = control::shapes_of_queries(queries);
  if (!shapes) return bad_queries(shapes.error().message);
  if (std::ranges::all_of(queries, [](const auto& query) { return !query.expression.empty(); })) {
    return bad_queries("Metrics must have at least one MetricStat.");
  }
  if (shapes->at(returned->id).points.size() != 1) {
    return bad_queries(fmt::format("The expression {} gives several time series, and a policy follows one.", returned->id));
  }
  control::TrackedMetric tracked;
  tracked.period = queries.front().period;
  if (queries.size() == 1) {
    tracked.metric = returned->metric;
    tracked.statistic = returned->statistic;
    tracked.unit = returned->unit;
    return tracked;
  }
  tracked.queries = document_of(queries);
  tracked.math = std::move(queries);
  return tracked;
}

}  // namespace services
