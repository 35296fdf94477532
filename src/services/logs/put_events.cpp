#include <fmt/format.h>

#include "services/logs/handlers.h"
#include "services/logs/lookup.h"

namespace services::logs {

namespace {
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
constexpr std::size_t kBatchBytesMax = 1'048'576;
constexpr std::size_t kEventBytes = 26;  // counted for each event besides its text
constexpr Duration kBatchSpanMax = hours(24);
constexpr Duration kFutureMax = hours(2);
constexpr Duration kPastMax = hours(24 * 14);
}  // namespace

Result<op::PutLogEvents::Output> put_log_events(Context& context, const op::PutLogEvents::Input& in) {
  TRY(const model::LogGroup* group, find_group(context, *in.log_group_name));
  TRY(const model::LogStream* stream, find_stream(context, group->name, *in.log_stream_name));
  const std::vector<api::logs::InputLogEvent>& given = *in.log_events;
  if (given.empty()) return fail("InvalidParameterException", "1 validation error detected: Value '[]' at 'logEvents' "
                                                              "failed to satisfy constraint: Member must have length "
                                                              "greater than or equal to 1");
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < given.size(); ++i) {
    bytes += given[i].message->size() + kEventBytes;
    if (i > 0 && *given[i].timestamp < *given[i - 1].timestamp) {
      return fail("InvalidParameterException",
                  "Log events in a single PutLogEvents request must be in chronological order.");
    }
  }
  if (bytes > kBatchBytesMax) {
    return fail("InvalidParameterException",
                fmt::format("Upload too large: {} bytes exceeds limit of {}", bytes, kBatchBytesMax));
  }
  // Compared, not subtracted: a client may send any number.
  if (*given.front().timestamp < *given.back().timestamp - kBatchSpanMax.count()) {
    return fail("InvalidParameterException",
                "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.");
  }

  const std::int64_t now = to_ms(context.now);
  const std::int64_t expired_before = retained_since_ms(context, *group);
  op::PutLogEvents::Output out;
  api::logs::RejectedLogEventsInfo rejected;
  std::vector<state::LogEvent> accepted;
  for (std::size_t i = 0; i < given.size(); ++i) {
    const std::int64_t at = *given[i].timestamp;
    const auto index = static_cast<std::int32_t>(i);
    if (at > now + kFutureMax.count()) {
      rejected.too_new_log_event_start_index = index;
      break;
    }
    if (at < expired_before) {
      rejected.expired_log_event_end_index = index + 1;
    } else if (at < now - kPastMax.count()) {
      rejected.too_old_log_event_end_index = index + 1;
    } else {
      accepted.push_back({at, *given[i].message});
    }
  }
  if (rejected.too_new_log_event_start_index || rejected.too_old_log_event_end_index ||
      rejected.expired_log_event_end_index) {
    out.rejected_log_events_info = rejected;
  }
  if (!accepted.empty()) {
    context.logs.append(group->name, stream->name, std::move(accepted), context.now, state::LogDurability::acknowledged);
  }
  // Long ignored by AWS, and still answered.
  out.next_sequence_token = fmt::format("{:056}", context.random.next());
  return out;
}

}  // namespace services::logs
