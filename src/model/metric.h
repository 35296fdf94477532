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

/// What was measured over one stretch of time.
struct Datapoint {
  Instant at{};  ///< start of the stretch, real time
  double sample_count = 0, sum = 0, minimum = 0, maximum = 0;
  /// Value and how often, where the publisher gave them: percentiles stand on these. Empty: a bare statistic set.
  std::vector<std::pair<double, double>> values;
  std::string unit;  ///< "Percent", "Count", "Seconds"…; "None" when not given
};

}  // namespace model
