// CloudWatch metrics as plain values: what a datapoint is of, and what it says.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"

namespace model {

/// A metric is its namespace, name and dimensions; two with other dimensions are two metrics, never an aggregate.
struct MetricName {
  std::string space;  ///< "AWS/ECS"
  std::string name;   ///< "CPUUtilization"
  std::map<std::string, std::string> dimensions;
  auto operator<=>(const MetricName&) const = default;

  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("space", self.space);
    field("name", self.name);
    field("dimensions", self.dimensions);
  }
};

/// One of the queries of metric math: a statistic of a metric, or an expression over others.
struct MetricQuery {
  std::string id;
  std::string expression;  ///< empty: a metric
  MetricName metric;
  std::string statistic;   ///< "Average", "p99"; of a metric
  std::string unit;        ///< only datapoints of this unit count; empty: any
  int period = 60;         ///< seconds, at AWS's pace
  bool returned = true;    ///< ReturnData

  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("id", self.id);
    field("expression", self.expression);
    field("metric", self.metric);
    field("statistic", self.statistic);
    field("unit", self.unit);
    field("period", self.period);
    field("returned", self.returned);
  }
};

/// What was measured over one stretch of time.
struct Datapoint {
  Instant at{};  ///< start of the stretch, real time
  double sample_count = 0, sum = 0, minimum = 0, maximum = 0;
  /// Value and how often, where the publisher gave them: percentiles stand on these. Empty: a bare statistic set.
  std::vector<std::pair<double, double>> values;
  std::string unit;  ///< "Percent", "Count", "Seconds"…; "None" when not given
};

}  // namespace model
