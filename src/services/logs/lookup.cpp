#include "services/logs/lookup.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace services::logs {

namespace {
Error mismatch(std::string_view member, std::string_view value, std::string_view pattern) {
  return {"InvalidParameterException",
          fmt::format("1 validation error detected: Value '{}' at '{}' failed to satisfy constraint: Member must satisfy "
                      "regular expression pattern: {}",
                      value, member, pattern)};
}
}  // namespace

Result<void> check_group_name(const std::string& name) {
  const auto allowed = [](unsigned char c) {
    return std::isalnum(c) != 0 || std::string_view("._-/#").find(static_cast<char>(c)) != std::string_view::npos;
  };
  if (!name.empty() && std::ranges::all_of(name, allowed)) return {};
  return tl::unexpected(mismatch("logGroupName", name, "[\\.\\-_/#A-Za-z0-9]+"));
}

Result<void> check_stream_name(const std::string& name) {
  if (name.find_first_of(":*") == std::string::npos) return {};
  return tl::unexpected(mismatch("logStreamName", name, "[^:*]*"));
}

std::string group_arn(const Context& context, const std::string& name) {
  return make_arn(context.account, "logs", "log-group:" + name);
}

std::string group_name(const std::string& name_or_arn) {
  const auto arn = Arn::parse(name_or_arn);
  if (!arn || arn->service != "logs" || !arn->resource.starts_with("log-group:")) return name_or_arn;
  std::string name = arn->resource.substr(std::string_view("log-group:").size());
  if (name.ends_with(":*")) name.resize(name.size() - 2);
  return name;
}

Result<const model::LogGroup*> find_group(const Context& context, const std::string& name_or_arn) {
  if (const model::LogGroup* group = context.state.log_groups.find(group_name(name_or_arn))) return group;
  return fail("ResourceNotFoundException", "The specified log group does not exist.");
}

Result<const model::LogGroup*> find_group(const Context& context, const std::optional<std::string>& name,
                                          const std::optional<std::string>& identifier) {
  if (name.has_value() == identifier.has_value()) {
    return fail("InvalidParameterException", "Exactly one of logGroupName and logGroupIdentifier must be given.");
  }
  return find_group(context, name ? *name : *identifier);
}

Result<const model::LogStream*> find_stream(const Context& context, const std::string& group,
                                            const std::string& stream) {
  if (const model::LogStream* found = context.state.log_streams.find(group + ":" + stream)) return found;
  return fail("ResourceNotFoundException", "The specified log stream does not exist.");
}

std::int64_t retained_since_ms(const Context& context, const model::LogGroup& group) {
  if (!group.retention_days) return std::numeric_limits<std::int64_t>::min();
  return to_ms(context.now - hours(24) * *group.retention_days);
}

}  // namespace services::logs
