// The handlers of CloudWatch Logs, one for each action. Used by actions.cpp and the tests.
#pragma once

#include "api/logs.h"
#include "services/context.h"

namespace services::logs {

namespace op = api::logs::op;

inline constexpr std::string_view kInvalidToken = "InvalidParameterException";  ///< for a page token that we did not give

// groups.cpp
Result<op::CreateLogGroup::Output> create_log_group(Context&, const op::CreateLogGroup::Input&);
Result<op::DeleteLogGroup::Output> delete_log_group(Context&, const op::DeleteLogGroup::Input&);
Result<op::DescribeLogGroups::Output> describe_log_groups(Context&, const op::DescribeLogGroups::Input&);
Result<op::PutRetentionPolicy::Output> put_retention_policy(Context&, const op::PutRetentionPolicy::Input&);
Result<op::DeleteRetentionPolicy::Output> delete_retention_policy(Context&, const op::DeleteRetentionPolicy::Input&);
// streams.cpp
Result<op::CreateLogStream::Output> create_log_stream(Context&, const op::CreateLogStream::Input&);
Result<op::DeleteLogStream::Output> delete_log_stream(Context&, const op::DeleteLogStream::Input&);
Result<op::DescribeLogStreams::Output> describe_log_streams(Context&, const op::DescribeLogStreams::Input&);
// put_events.cpp, read_events.cpp
Result<op::PutLogEvents::Output> put_log_events(Context&, const op::PutLogEvents::Input&);
Result<op::GetLogEvents::Output> get_log_events(Context&, const op::GetLogEvents::Input&);
Result<op::FilterLogEvents::Output> filter_log_events(Context&, const op::FilterLogEvents::Input&);
// tags.cpp
Result<op::ListTagsForResource::Output> list_tags(Context&, const op::ListTagsForResource::Input&);
Result<op::TagResource::Output> tag_resource(Context&, const op::TagResource::Input&);
Result<op::UntagResource::Output> untag_resource(Context&, const op::UntagResource::Input&);

}  // namespace services::logs
