#include "services/cloudwatch/metric_queries.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <set>

#include "services/cloudwatch/metric_names.h"
#include "state/metric_store.h"

namespace services::cloudwatch {

namespace {

tl::unexpected<Error> invalid_query(std::string message) { return fail("ValidationError", std::move(message)); }

bool is_id(const std::string& id) {
  return !id.empty() && std::islower(static_cast<unsigned char>(id[0])) && std::ranges::all_of(id, [](unsigned char c) {
    return std::isalnum(c) || c == '_';
  });
}

Result<void> refuse_unserved_query(const api::cloudwatch::MetricDataQuery& query) {
  if (query.account_id) return invalid_query("AccountId is not served by this engine: it has one account.");
  if (query.label && query.label->find("${") != std::string::npos) {
    return invalid_query(fmt::format("Dynamic labels are not served by this engine: '{}' of the query {}.", *query.label, *query.id));
  }
  return {};
}

Result<model::MetricQuery> read_query(const api::cloudwatch::MetricDataQuery& given) {
  model::MetricQuery query;
  query.id = *given.id;
  query.returned = given.return_data.value_or(true);
  if (!is_id(query.id)) {
    return invalid_query(fmt::format("The id '{}' is invalid: an id begins with a lowercase letter and has letters, digits and "
                                     "underscores only.",
                                     query.id));
  }
  TRY_VOID(refuse_unserved_query(given));
  const bool is_expression = given.expression && !given.expression->empty();
  if (is_expression == given.metric_stat.has_value()) {
    return invalid_query(fmt::format("Either Expression or MetricStat must be specified in the query {}, and not both.", query.id));
  }
  if (is_expression) {
    query.expression = *given.expression;
    query.period = given.period.value_or(0);
    if (given.period) TRY_VOID(check_period(query.period));
    return query;
  }
  const auto& stat = *given.metric_stat;
  query.period = stat.period.value_or(0);
  TRY_VOID(check_period(query.period));
  if (given.period && *given.period != query.period) {
    return invalid_query(fmt::format("The query {} has two periods: give that of its MetricStat only.", query.id));
  }
  TRY_VOID(check_statistic(*stat.stat));
  query.statistic = *stat.stat;
  query.unit = stat.unit.value_or("");
  TRY(query.metric, metric_name(stat.metric->namespace_.value_or(""), stat.metric->metric_name.value_or(""),
                                stat.metric->dimensions));
  return query;
}

}  // namespace

Result<void> check_period(int period) {
  const bool fine = period == 1 || period == 5 || period == 10 || period == 20 || period == 30;
  if (period > 0 && (fine || period % 60 == 0)) return {};
  return fail("InvalidParameterValue",
              "The parameter Period must be 1, 5, 10, 20 or 30 seconds, or a multiple of 60.");
}

Result<void> check_statistic(const std::string& statistic) {
  static const std::set<std::string> plain{"Average", "Sum", "Minimum", "Maximum", "SampleCount"};
  if (plain.contains(statistic)) return {};
  // A bucket that can tell every percentile says whether this one can be read.
  const state::MetricBucket probe{.sample_count = 1, .sum = 1, .minimum = 1, .maximum = 1, .values = {{1, 1}}};
  if (statistic.starts_with("p") && state::statistic_of(probe, statistic)) return {};
  return fail("InvalidParameterValue", "The statistic " + statistic +
                                           " is not served: Average, Sum, Minimum, Maximum, SampleCount and percentiles "
                                           "(p99, p99.9) are.");
}

Result<std::vector<model::MetricQuery>> read_queries(const std::vector<api::cloudwatch::MetricDataQuery>& given) {
  std::vector<model::MetricQuery> queries;
  std::set<std::string> ids;
  for (const auto& one : given) {
    if (!ids.insert(*one.id).second) {
      return invalid_query("The values for parameter id in MetricDataQueries are not unique: " + *one.id + ".");
    }
    TRY(model::MetricQuery query, read_query(one));
    queries.push_back(std::move(query));
  }
  TRY(const control::SeriesById shapes, control::shapes_of_queries(queries));
  for (model::MetricQuery& query : queries) {
    if (query.expression.empty()) continue;
    const int period = shapes.at(query.id).period;
    if (query.period != 0 && period != 0 && query.period != period) {
      return invalid_query(fmt::format("The expression {} has the period of what it computes with, {} seconds: another Period is "
                                       "not served by this engine.",
                                       query.id, period));
    }
    query.period = period != 0 ? period : query.period;
  }
  return queries;
}

}  // namespace services::cloudwatch
