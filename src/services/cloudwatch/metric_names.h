// Names of metrics between the API's shapes and the store's. Used by the metric handlers.
#pragma once

#include "api/cloudwatch.h"
#include "base/result.h"
#include "model/metric.h"

namespace services::cloudwatch {

using Dimensions = std::optional<std::vector<api::cloudwatch::Dimension>>;

/// InvalidParameterValue where a dimension is named twice or there are more than 30.
Result<model::MetricName> metric_name(const std::string& space, const std::string& name, const Dimensions& dimensions);
api::cloudwatch::Metric show_metric(const model::MetricName& metric);

}  // namespace services::cloudwatch
