#include <fmt/format.h>

#include <algorithm>

#include "services/logs/handlers.h"
#include "services/logs/lookup.h"
#include "services/page.h"

namespace services::logs {

namespace {
constexpr int kRetentionDays[] = {1,   3,   5,   7,   14,  30,   60,   90,   120,  150,  180,
                                  365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653};

api::logs::LogGroup describe_group(const Context& context, const model::LogGroup& group) {
  api::logs::LogGroup out;
  out.log_group_name = group.name;
  out.creation_time = to_ms(group.created_at);
  out.retention_in_days = group.retention_days;
  out.metric_filter_count = 0;
  out.log_group_arn = group_arn(context, group.name);
  out.arn = *out.log_group_arn + ":*";
  out.stored_bytes = context.logs.stored_bytes(group.name);
  out.log_group_class = "STANDARD";
  return out;
}
}  // namespace

Result<op::CreateLogGroup::Output> create_log_group(Context& context, const op::CreateLogGroup::Input& in) {
  TRY_VOID(check_group_name(*in.log_group_name));
  if (in.log_group_class && *in.log_group_class != "STANDARD") {
    return fail("InvalidParameterException",
                fmt::format("This engine serves log groups of class STANDARD only, not {}.", *in.log_group_class));
  }
  if (in.kms_key_id) {
    return fail("InvalidParameterException", "This engine does not encrypt log groups: kmsKeyId is not served.");
  }
  if (in.deletion_protection_enabled.value_or(false)) {
    return fail("InvalidParameterException", "deletionProtectionEnabled is not served by this engine.");
  }
  if (context.state.log_groups.find(*in.log_group_name) != nullptr) {
    return fail("ResourceAlreadyExistsException", "The specified log group already exists");
  }
  model::LogGroup group{.name = *in.log_group_name,
                        .arn = group_arn(context, *in.log_group_name),
                        .created_at = context.now};
  if (in.tags) {
    for (const auto& [key, value] : *in.tags) group.tags.push_back({key, value});
  }
  context.state.log_groups.put(std::move(group));
  return op::CreateLogGroup::Output{};
}

Result<op::DeleteLogGroup::Output> delete_log_group(Context& context, const op::DeleteLogGroup::Input& in) {
  TRY(const model::LogGroup* group, find_group(context, *in.log_group_name));
  const std::string name = group->name;
  const std::set<std::string> streams = context.state.log_streams_by_group.keys(name);
  for (const std::string& stream : streams) context.state.log_streams.erase(stream);
  context.state.log_groups.erase(name);
  context.logs.delete_group(name);
  return op::DeleteLogGroup::Output{};
}

Result<op::DescribeLogGroups::Output> describe_log_groups(Context& context, const op::DescribeLogGroups::Input& in) {
  if (in.log_group_name_prefix && in.log_group_name_pattern) {
    return fail("InvalidParameterException",
                "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.");
  }
  op::DescribeLogGroups::Output out;
  out.log_groups.emplace();
  if (in.log_group_class && *in.log_group_class != "STANDARD") return out;
  std::set<std::string> wanted;
  for (const std::string& identifier : in.log_group_identifiers.value_or(std::vector<std::string>{})) {
    wanted.insert(group_name(identifier));
  }
  TRY(Page page, Page::open(in.next_token, static_cast<std::size_t>(in.limit.value_or(50)), kInvalidToken));
  for (const auto& [name, group] : context.state.log_groups.range(in.log_group_name_prefix.value_or(""))) {
    if (in.log_group_name_pattern && name.find(*in.log_group_name_pattern) == std::string::npos) continue;
    if (!wanted.empty() && !wanted.contains(name)) continue;
    if (page.take(name)) out.log_groups->push_back(describe_group(context, group));
    if (page.full()) break;
  }
  out.next_token = page.next_token();
  return out;
}

Result<op::PutRetentionPolicy::Output> put_retention_policy(Context& context, const op::PutRetentionPolicy::Input& in) {
  TRY(const model::LogGroup* group, find_group(context, *in.log_group_name));
  if (std::find(std::begin(kRetentionDays), std::end(kRetentionDays), *in.retention_in_days) ==
      std::end(kRetentionDays)) {
    return fail("InvalidParameterException",
                fmt::format("1 validation error detected: Value '{}' at 'retentionInDays' failed to satisfy constraint: "
                            "Member must satisfy enum value set: [{}]",
                            *in.retention_in_days, fmt::join(kRetentionDays, ", ")));
  }
  const std::string name = group->name;
  context.state.log_groups.update(name, [&](model::LogGroup& record) { record.retention_days = in.retention_in_days; });
  context.logs.expire(name, context.now - hours(24) * *in.retention_in_days);
  return op::PutRetentionPolicy::Output{};
}

Result<op::DeleteRetentionPolicy::Output> delete_retention_policy(Context& context,
                                                                  const op::DeleteRetentionPolicy::Input& in) {
  TRY(const model::LogGroup* group, find_group(context, *in.log_group_name));
  const std::string name = group->name;
  context.state.log_groups.update(name, [](model::LogGroup& record) { record.retention_days.reset(); });
  return op::DeleteRetentionPolicy::Output{};
}

}  // namespace services::logs
