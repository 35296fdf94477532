// MetricDataQueries of the API as the queries that are evaluated, and what is wrong with them. Used by GetMetricData and
// PutMetricAlarm.
#pragma once

#include <string>
#include <vector>

#include "api/cloudwatch.h"
#include "base/result.h"
#include "control/metrics/math.h"

namespace services::cloudwatch {

Result<void> check_period(int period);
Result<void> check_statistic(const std::string& statistic);

/// One statistic or expression each, ids that are no other's, periods and statistics that exist.
Result<std::vector<model::MetricQuery>> read_queries(const std::vector<api::cloudwatch::MetricDataQuery>& given);

}  // namespace services::cloudwatch
