#include "services/cloudwatch/actions.h"

#include "services/cloudwatch/handlers.h"

namespace services::cloudwatch {

namespace {
constexpr api::Route kCloudwatchRoutes[] = {
    api::route<op::DeleteAlarms, delete_alarms>(),
    api::route<op::DeleteDashboards, delete_dashboards>(),
    api::route<op::DescribeAlarmHistory, describe_alarm_history>(),
    api::route<op::DescribeAlarms, describe_alarms>(),
    api::route<op::DescribeAlarmsForMetric, describe_alarms_for_metric>(),
    api::route<op::DisableAlarmActions, disable_alarm_actions>(),
    api::route<op::EnableAlarmActions, enable_alarm_actions>(),
    api::route<op::GetDashboard, get_dashboard>(),
    api::route<op::GetMetricData, get_metric_data>(),
    api::route<op::GetMetricStatistics, get_metric_statistics>(),
    api::route<op::ListDashboards, list_dashboards>(),
    api::route<op::ListMetrics, list_metrics>(),
    api::route<op::ListTagsForResource, list_tags>(),
    api::route<op::PutDashboard, put_dashboard>(),
    api::route<op::PutMetricAlarm, put_metric_alarm>(),
    api::route<op::PutMetricData, put_metric_data>(),
    api::route<op::SetAlarmState, set_alarm_state>(),
    api::route<op::TagResource, tag_resource>(),
    api::route<op::UntagResource, untag_resource>(),
};
}  // namespace

std::span<const api::Route> routes() { return kCloudwatchRoutes; }

}  // namespace services::cloudwatch
