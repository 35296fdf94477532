#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "services/logs/filter_pattern.h"
#include "services/logs/handlers.h"
#include "services/logs/lookup.h"

namespace services::logs {

namespace {
constexpr std::size_t kDigits = 19;  // of one 63-bit number

std::string position_text(state::LogPosition position) {
  return fmt::format("{:0{}}{:0{}}", std::max<std::int64_t>(0, position.timestamp_ms), kDigits,
                     std::max<std::int64_t>(0, position.id), kDigits);
}

std::optional<state::LogPosition> parse_position(std::string_view text) {
  if (text.size() != 2 * kDigits) return std::nullopt;
  state::LogPosition position;
  const char* const middle = text.data() + kDigits;
  const auto time = std::from_chars(text.data(), middle, position.timestamp_ms);
  const auto id = std::from_chars(middle, middle + kDigits, position.id);
  if (time.ec != std::errc() || time.ptr != middle || id.ec != std::errc() || id.ptr != middle + kDigits) {
    return std::nullopt;
  }
  return position;
}

tl::unexpected<Error> bad_token() {
  return fail("InvalidParameterException", "The specified nextToken is invalid.");
}
}  // namespace

Result<op::GetLogEvents::Output> get_log_events(Context& context, const op::GetLogEvents::Input& in) {
  TRY(const model::LogGroup* group, find_group(context, in.log_group_name, in.log_group_identifier));
  TRY(const model::LogStream* stream, find_stream(context, group->name, *in.log_stream_name));
  state::LogRead query{.group = group->name, .streams = {stream->name}};
  query.start_ms = std::max(in.start_time.value_or(query.start_ms), retained_since_ms(context, *group));
  query.end_ms = in.end_time.value_or(query.end_ms);
  query.limit = static_cast<std::size_t>(in.limit.value_or(10'000));
  query.backward = !in.start_from_head.value_or(false);
  // Where this page begins and ends when it holds no event.
  state::LogPosition floor{0, 0}, ceiling{0, 1};
  if (in.next_token) {
    const std::string_view token = *in.next_token;
    const bool forward = token.starts_with("f/");
    if (!forward && !token.starts_with("b/")) return bad_token();
    const auto position = parse_position(token.substr(2));
    if (!position) return bad_token();
    query.backward = !forward;
    (forward ? query.after : query.before) = *position;
    floor = forward ? *position : state::LogPosition{position->timestamp_ms, std::max<std::int64_t>(0, position->id - 1)};
    ceiling = forward ? state::LogPosition{position->timestamp_ms, position->id + 1} : *position;
  }
  const state::LogPage page = context.logs.read(query);
  op::GetLogEvents::Output out;
  out.events.emplace();
  for (const state::StoredLogEvent& event : page.events) {
    api::logs::OutputLogEvent& shown = out.events->emplace_back();
    shown.timestamp = event.position.timestamp_ms;
    shown.message = event.message;
    shown.ingestion_time = event.ingestion_ms;
  }
  // At an end the token that was given comes back: that is how a client knows.
  out.next_forward_token = "f/" + position_text(page.events.empty() ? floor : page.events.back().position);
  out.next_backward_token = "b/" + position_text(page.events.empty() ? ceiling : page.events.front().position);
  return out;
}

Result<op::FilterLogEvents::Output> filter_log_events(Context& context, const op::FilterLogEvents::Input& in) {
  TRY(const model::LogGroup* group, find_group(context, in.log_group_name, in.log_group_identifier));
  if (in.log_stream_names && in.log_stream_name_prefix) {
    return fail("InvalidParameterException", "logStreamNames and logStreamNamePrefix are mutually exclusive.");
  }
  state::LogRead query{.group = group->name};
  for (const std::string& name : in.log_stream_names.value_or(std::vector<std::string>{})) {
    TRY(const model::LogStream* stream, find_stream(context, group->name, name));
    query.streams.push_back(stream->name);
  }
  query.stream_prefix = in.log_stream_name_prefix.value_or("");
  query.start_ms = std::max(in.start_time.value_or(query.start_ms), retained_since_ms(context, *group));
  if (in.end_time && *in.end_time < query.end_ms) query.end_ms = *in.end_time + 1;  // included, unlike GetLogEvents
  query.limit = static_cast<std::size_t>(in.limit.value_or(10'000));
  TRY(FilterPattern pattern, FilterPattern::parse(in.filter_pattern.value_or("")));
  query.accept = [&pattern](const state::StoredLogEvent& event) { return pattern.matches(event.message); };
  if (in.next_token) {
    query.after = parse_position(*in.next_token);
    if (!query.after) return bad_token();
  }
  const state::LogPage page = context.logs.read(query);
  op::FilterLogEvents::Output out;
  out.events.emplace();
  out.searched_log_streams.emplace();
  for (const state::StoredLogEvent& event : page.events) {
    api::logs::FilteredLogEvent& shown = out.events->emplace_back();
    shown.log_stream_name = event.stream;
    shown.timestamp = event.position.timestamp_ms;
    shown.message = event.message;
    shown.ingestion_time = event.ingestion_ms;
    shown.event_id = fmt::format("{:0>56}", position_text(event.position));
  }
  if (page.more && page.reached) out.next_token = position_text(*page.reached);
  return out;
}

}  // namespace services::logs
