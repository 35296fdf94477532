#include "services/cloudwatch/alarms_tags.h"

#include <algorithm>

#include "services/cloudwatch/handlers.h"

namespace services::cloudwatch {

namespace {

constexpr std::size_t kTagsPerAlarm = 50;

constexpr std::string_view kAlarmResource = "alarm:", kDashboardResource = "dashboard/";

tl::unexpected<Error> unknown_resource(const std::string& text) {
  return fail("ResourceNotFoundException", "Unknown resource " + text + ": only alarms and dashboards have tags here.");
}

/// What an ARN names after `alarm:` and so on.
Result<std::string> resource_of(const std::string& text) {
  const auto arn = Arn::parse(text);
  if (arn && arn->service == "cloudwatch") return arn->resource;
  return fail("InvalidParameterValue", "The value " + text + " for parameter ResourceARN is not a CloudWatch ARN.");
}

Result<model::Tags> tags_of(const Context& context, const std::string& text) {
  TRY(const std::string resource, resource_of(text));
  if (resource.starts_with(kAlarmResource)) {
    if (const auto* found = context.state.alarms.find(resource.substr(kAlarmResource.size()))) return found->tags;
  } else if (resource.starts_with(kDashboardResource)) {
    if (const auto* found = context.state.dashboards.find(resource.substr(kDashboardResource.size()))) return found->tags;
  }
  return unknown_resource(text);
}

/// Of what tags_of() has found.
void set_tags(Context& context, const std::string& text, const model::Tags& tags) {
  const std::string resource = Arn::parse(text)->resource;
  const auto set = [&](auto& record) { record.tags = tags; };
  if (resource.starts_with(kAlarmResource)) context.state.alarms.update(resource.substr(kAlarmResource.size()), set);
  else context.state.dashboards.update(resource.substr(kDashboardResource.size()), set);
}

}  // namespace

Result<model::Tags> with_tags(model::Tags tags, const std::optional<std::vector<api::cloudwatch::Tag>>& given) {
  for (const auto& tag : given.value_or(std::vector<api::cloudwatch::Tag>{})) {
    const auto present = std::ranges::find(tags, *tag.key, &model::Tag::key);
    if (present == tags.end()) {
      tags.push_back({*tag.key, *tag.value});
    } else {
      present->value = *tag.value;
    }
  }
  if (tags.size() > kTagsPerAlarm) return fail("InvalidParameterValue", "An alarm can have 50 tags at most.");
  return tags;
}

Result<op::ListTagsForResource::Output> list_tags(Context& context, const op::ListTagsForResource::Input& in) {
  TRY(const model::Tags tags, tags_of(context, *in.resource_arn));
  op::ListTagsForResource::Output out;
  out.tags.emplace();
  for (const model::Tag& tag : tags) out.tags->push_back({.key = tag.key, .value = tag.value});
  return out;
}

Result<op::TagResource::Output> tag_resource(Context& context, const op::TagResource::Input& in) {
  TRY(const model::Tags present, tags_of(context, *in.resource_arn));
  TRY(const model::Tags tags, with_tags(present, in.tags));
  set_tags(context, *in.resource_arn, tags);
  return op::TagResource::Output{};
}

Result<op::UntagResource::Output> untag_resource(Context& context, const op::UntagResource::Input& in) {
  TRY(model::Tags tags, tags_of(context, *in.resource_arn));
  std::erase_if(tags, [&](const model::Tag& tag) { return std::ranges::count(*in.tag_keys, tag.key) > 0; });
  set_tags(context, *in.resource_arn, tags);
  return op::UntagResource::Output{};
}

}  // namespace services::cloudwatch
