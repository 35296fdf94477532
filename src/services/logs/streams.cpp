#include <fmt/format.h>

#include <algorithm>

#include "services/logs/handlers.h"
#include "services/logs/lookup.h"
#include "services/page.h"

namespace services::logs {

namespace {
api::logs::LogStream describe_stream(const Context& context, const model::LogStream& stream) {
  api::logs::LogStream out;
  out.log_stream_name = stream.name;
  out.creation_time = to_ms(stream.created_at);
  out.arn = group_arn(context, stream.group) + ":log-stream:" + stream.name;
  out.stored_bytes = 0;  // as AWS since 2019
  if (const auto times = context.logs.times(stream.group, stream.name)) {
    out.first_event_timestamp = times->first_ms;
    out.last_event_timestamp = times->last_ms;
    out.last_ingestion_time = times->ingestion_ms;
  }
  return out;
}
}  // namespace

Result<op::CreateLogStream::Output> create_log_stream(Context& context, const op::CreateLogStream::Input& in) {
  TRY_VOID(check_stream_name(*in.log_stream_name));
  TRY(const model::LogGroup* group, find_group(context, *in.log_group_name));
  if (context.state.log_streams.find(group->name + ":" + *in.log_stream_name) != nullptr) {
    return fail("ResourceAlreadyExistsException", "The specified log stream already exists");
  }
  context.state.log_streams.put({.group = group->name,
                                 .name = *in.log_stream_name,
                                 .arn = group_arn(context, group->name) + ":log-stream:" + *in.log_stream_name,
                                 .created_at = context.now});
  return op::CreateLogStream::Output{};
}

Result<op::DeleteLogStream::Output> delete_log_stream(Context& context, const op::DeleteLogStream::Input& in) {
  TRY(const model::LogGroup* group, find_group(context, *in.log_group_name));
  TRY(const model::LogStream* stream, find_stream(context, group->name, *in.log_stream_name));
  context.logs.delete_stream(stream->group, stream->name);
  context.state.log_streams.erase(std::string(stream->key()));
  return op::DeleteLogStream::Output{};
}

Result<op::DescribeLogStreams::Output> describe_log_streams(Context& context, const op::DescribeLogStreams::Input& in) {
  TRY(const model::LogGroup* group, find_group(context, in.log_group_name, in.log_group_identifier));
  const bool by_time = in.order_by.value_or("LogStreamName") == "LastEventTime";
  if (by_time && in.log_stream_name_prefix) {
    return fail("InvalidParameterException", "Cannot order by LastEventTime with a logStreamNamePrefix.");
  }
  std::vector<std::pair<std::string, const model::LogStream*>> streams;  // by what they are sorted and paged by
  const std::string prefix = group->name + ":" + in.log_stream_name_prefix.value_or("");
  for (const auto& [key, stream] : context.state.log_streams.range(prefix)) {
    if (stream.group != group->name) continue;
    const auto times = by_time ? context.logs.times(stream.group, stream.name) : std::nullopt;
    streams.emplace_back(by_time ? fmt::format("{:020}:{}", times ? times->last_ms : 0, stream.name) : stream.name,
                         &stream);
  }
  std::sort(streams.begin(), streams.end());
  const bool descending = in.descending.value_or(false);
  if (descending) std::reverse(streams.begin(), streams.end());

  op::DescribeLogStreams::Output out;
  out.log_streams.emplace();
  const auto limit = static_cast<std::size_t>(in.limit.value_or(50));
  TRY(const std::optional<std::string> after, page_key(in.next_token, kInvalidToken));
  std::string last;
  for (const auto& [position, stream] : streams) {
    if (after && (descending ? position >= *after : position <= *after)) continue;
    if (out.log_streams->size() == limit) {
      out.next_token = page_token(last);
      break;
    }
    out.log_streams->push_back(describe_stream(context, *stream));
    last = position;
  }
  return out;
}

}  // namespace services::logs
