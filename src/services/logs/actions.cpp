#include "services/logs/actions.h"

#include "services/logs/handlers.h"

namespace services::logs {

namespace {
constexpr api::Route kLogsRoutes[] = {
    api::route<op::CreateLogGroup, create_log_group>(),
    api::route<op::CreateLogStream, create_log_stream>(),
    api::route<op::DeleteLogGroup, delete_log_group>(),
    api::route<op::DeleteLogStream, delete_log_stream>(),
    api::route<op::DeleteRetentionPolicy, delete_retention_policy>(),
    api::route<op::DescribeLogGroups, describe_log_groups>(),
    api::route<op::DescribeLogStreams, describe_log_streams>(),
    api::route<op::FilterLogEvents, filter_log_events>(),
    api::route<op::GetLogEvents, get_log_events>(),
    api::route<op::ListTagsForResource, list_tags>(),
    api::route<op::PutLogEvents, put_log_events>(),
    api::route<op::PutRetentionPolicy, put_retention_policy>(),
    api::route<op::TagResource, tag_resource>(),
    api::route<op::UntagResource, untag_resource>(),
};
}  // namespace

std::span<const api::Route> routes() { return kLogsRoutes; }

}  // namespace services::logs
