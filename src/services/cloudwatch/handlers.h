// The handlers of CloudWatch, one for each action. Used by actions.cpp and the tests.
#pragma once

#include "api/cloudwatch.h"
#include "services/context.h"

namespace services::cloudwatch {

namespace op = api::cloudwatch::op;

inline constexpr std::string_view kInvalidToken = "InvalidNextToken";  ///< for a page token that we did not give

// alarms.cpp
Result<op::PutMetricAlarm::Output> put_metric_alarm(Context&, const op::PutMetricAlarm::Input&);
Result<op::DeleteAlarms::Output> delete_alarms(Context&, const op::DeleteAlarms::Input&);
// alarms_describe.cpp
Result<op::DescribeAlarms::Output> describe_alarms(Context&, const op::DescribeAlarms::Input&);
Result<op::DescribeAlarmsForMetric::Output> describe_alarms_for_metric(Context&,
                                                                       const op::DescribeAlarmsForMetric::Input&);
Result<op::DescribeAlarmHistory::Output> describe_alarm_history(Context&, const op::DescribeAlarmHistory::Input&);
// alarms_state.cpp
Result<op::SetAlarmState::Output> set_alarm_state(Context&, const op::SetAlarmState::Input&);
Result<op::EnableAlarmActions::Output> enable_alarm_actions(Context&, const op::EnableAlarmActions::Input&);
Result<op::DisableAlarmActions::Output> disable_alarm_actions(Context&, const op::DisableAlarmActions::Input&);
// alarms_tags.cpp
Result<op::ListTagsForResource::Output> list_tags(Context&, const op::ListTagsForResource::Input&);
Result<op::TagResource::Output> tag_resource(Context&, const op::TagResource::Input&);
Result<op::UntagResource::Output> untag_resource(Context&, const op::UntagResource::Input&);
// dashboards.cpp
Result<op::PutDashboard::Output> put_dashboard(Context&, const op::PutDashboard::Input&);
Result<op::GetDashboard::Output> get_dashboard(Context&, const op::GetDashboard::Input&);
Result<op::ListDashboards::Output> list_dashboards(Context&, const op::ListDashboards::Input&);
Result<op::DeleteDashboards::Output> delete_dashboards(Context&, const op::DeleteDashboards::Input&);
// metrics.cpp
Result<op::PutMetricData::Output> put_metric_data(Context&, const op::PutMetricData::Input&);
Result<op::ListMetrics::Output> list_metrics(Context&, const op::ListMetrics::Input&);
// metrics_read.cpp
Result<op::GetMetricStatistics::Output> get_metric_statistics(Context&, const op::GetMetricStatistics::Input&);
Result<op::GetMetricData::Output> get_metric_data(Context&, const op::GetMetricData::Input&);

}  // namespace services::cloudwatch
