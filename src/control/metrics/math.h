// CloudWatch metric math: expressions over time series, as far as alarms and dashboards use it. Used by the cloudwatch
// service (GetMetricData) and by the engine, which evaluates alarms over queries. Pure.
//
// Served: + - * / ^, unary minus, comparisons, && || AND OR, parentheses, [a, b], and the functions ABS, AVG, CEIL, DIFF,
// FILL, FLOOR, IF, MAX, METRICS, METRIC_COUNT, MIN, PERIOD, RATE, SUM. A datapoint is only where all operands have one; a
// division by zero gives none. Others are refused by name.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "model/metric.h"

namespace control {

using MetricPoints = std::map<Instant, double>;

struct MathSeries {
  std::vector<MetricPoints> points;  ///< one of a metric; an expression may give several
  int period = 60;                   ///< seconds, at AWS's pace
  bool is_metric = false;            ///< not an expression itself: METRICS() means it
};
using SeriesById = std::map<std::string, MathSeries>;

struct MathContext {
  SeriesById series;
  std::map<int, std::vector<Instant>> grids;  ///< by period: where datapoints may be, ascending; FILL fills these
  double time_scale = 1;      ///< RATE counts AWS's seconds, which pass so much faster
};

/// One time series, or several for an expression like METRICS() * 2.
Result<std::vector<MetricPoints>> evaluate_expression(std::string_view expression, const MathContext& context);
/// The ids it names: to evaluate queries in the order of their dependence. METRICS() is "*".
Result<std::vector<std::string>> ids_of_expression(std::string_view expression);

/// Adds the expressions' series to the metrics' in `context`, in the order of their dependence. ValidationError: an id that
/// is not there, a circle, an expression that cannot be read or asks for what is not served.
Result<void> evaluate_queries(const std::vector<model::MetricQuery>& queries, MathContext& context);
/// The same on made-up datapoints: what is wrong with the queries, how many series each gives, and of which period.
Result<SeriesById> shapes_of_queries(const std::vector<model::MetricQuery>& queries);

}  // namespace control
