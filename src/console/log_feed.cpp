#include "console/log_feed.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>

#include "api/ecs.h"
#include "api/logs.h"
#include "client/list.h"
#include "stack/stack.h"

namespace console {

namespace {

namespace logs = api::logs::op;

// Lines arrive a moment after they were printed, and those of two tasks not in order.
constexpr std::int64_t kLateMs = 3'000;
constexpr std::size_t kStreamsAtOnce = 100;  // FilterLogEvents takes no more

std::string without_controls(const std::string& text) {
  std::string out = text;
  for (char& c : out) {
    if ((static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f) c = '.';
  }
  return out;
}

/// The log group that `scaleout up` makes outlives a service that something else deleted.
Result<std::string> group_of_gone_service(client::AwsClient& aws, const ServiceName& name, const Error& missing) {
  stack::Options options;
  options.cluster = name.cluster;
  options.service = name.service;
  const std::string usual = stack::Names(options).log_group;
  TRY(const auto found, aws.call<logs::DescribeLogGroups>({.log_group_name_prefix = usual}));
  for (const auto& group : client::list(found.log_groups)) {
    if (group.log_group_name == usual) return usual;
  }
  return tl::unexpected(missing);
}

/// The answer says only that "the specified log group" is not there.
Result<void> naming(Result<void> result, const std::string& group) {
  if (result || result.error().code != "ResourceNotFoundException") return result;
  return fail(result.error().code, fmt::format("there is no log group {}: what is printed is kept once it is made (`aws logs "
                                               "create-log-group --log-group-name {}`)",
                                               group, group));
}

}  // namespace

Result<Duration> parse_age(const std::string& text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  const std::int64_t unit_seconds = unit.empty() || unit == "s" ? 1 : unit == "m" ? 60 : unit == "h" ? 3600 : unit == "d" ? 86400 : 0;
  constexpr std::int64_t kLongest = 3650LL * 86400;
  if (error != std::errc() || number < 0 || unit_seconds == 0 || number > kLongest / unit_seconds) {
    return fail("BadAge", fmt::format("\"{}\" is no age", text));
  }
  return Duration(seconds(number * unit_seconds));
}

Result<std::string> log_group_of(client::AwsClient& aws, const ServiceName& name) {
  const auto service = describe_service(aws, name);
  if (!service) {
    if (service.error().code != "ServiceNotFoundException") return tl::unexpected(service.error());
    return group_of_gone_service(aws, name, service.error());
  }
  TRY(const auto described, aws.call<api::ecs::op::DescribeTaskDefinition>({.task_definition = service->task_definition}));
  if (!described.task_definition) return fail("BadResponse", "the service's task definition is not described");
  for (const auto& container :
       described.task_definition->container_definitions.value_or(std::vector<api::ecs::ContainerDefinition>())) {
    if (!container.log_configuration || !container.log_configuration->options) continue;
    const auto group = container.log_configuration->options->find("awslogs-group");
    if (group != container.log_configuration->options->end()) return group->second;
  }
  return fail("NoLogs", fmt::format("the containers of {} do not log to the Logs API (no awslogs-group)", name.service));
}

Result<std::vector<std::string>> streams_of_task(client::AwsClient& aws, const std::string& group, const std::string& task) {
  const std::string id = client::after_last_slash(task);
  std::vector<std::string> streams;
  const auto listed = aws.each_page<logs::DescribeLogStreams>({.log_group_name = group}, [&](const auto& page) {
    for (const auto& stream : page.log_streams.value_or(std::vector<api::logs::LogStream>())) {
      const std::string name = stream.log_stream_name.value_or("");
      if (client::after_last_slash(name).starts_with(id) && streams.size() < kStreamsAtOnce) streams.push_back(name);
    }
    return true;
  });
  TRY_VOID(naming(listed, group));
  if (streams.empty()) return fail("NoSuchTask", fmt::format("no task {} has logged to {}", task, group));
  return streams;
}

Result<void> LogFeed::read(const std::function<void(const LogLine&)>& take) {
  std::int64_t newest = from_ms_;
  logs::FilterLogEvents::Input input;
  input.log_group_name = group_;
  if (!streams_.empty()) input.log_stream_names = streams_;
  input.start_time = std::max<std::int64_t>(seen_.empty() ? from_ms_ : from_ms_ - kLateMs, 0);
  const auto result = aws_.each_page<logs::FilterLogEvents>(input, [&](const auto& page) {
    for (const auto& event : page.events.value_or(std::vector<api::logs::FilteredLogEvent>())) {
      LogLine line{event.event_id.value_or(""), event.log_stream_name.value_or(""), event.message.value_or(""),
                   event.timestamp.value_or(0)};
      if (!seen_.emplace(line.id, line.at_ms).second) continue;
      newest = std::max(newest, line.at_ms);
      take(line);
    }
    // Pages come in order of time: what is older than this is not answered again.
    std::erase_if(seen_, [&](const auto& one) { return one.second < newest - kLateMs; });
    return true;
  });
  if (!result) return naming(result, group_);
  from_ms_ = newest;
  return {};
}

std::string log_text(const LogLine& line, bool plain) {
  return fmt::format("{} {:.8}  {}", to_iso8601(instant_from_ms(line.at_ms)), client::after_last_slash(line.stream),
                     plain ? line.message : without_controls(line.message));
}

boost::json::object log_json(const LogLine& line) {
  return {{"time", to_iso8601(instant_from_ms(line.at_ms))}, {"task", client::after_last_slash(line.stream)},
          {"stream", line.stream}, {"message", line.message}};
}

}  // namespace console
