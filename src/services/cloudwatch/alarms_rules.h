// What PutMetricAlarm refuses, and the record it makes of the rest. Used by alarms.cpp.
#pragma once

#include "api/cloudwatch.h"
#include "services/context.h"

namespace services::cloudwatch {

/// The configuration of an alarm; state, history and tags are the caller's.
Result<model::Alarm> alarm_of(const Context& context, const api::cloudwatch::op::PutMetricAlarm::Input& in);

/// The alarm's MetricDataQueries as the API shows them.
std::vector<api::cloudwatch::MetricDataQuery> queries_of(const model::Alarm& alarm);

}  // namespace services::cloudwatch
