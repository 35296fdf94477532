#include "services/cloudwatch/alarms_tags.h"

#include <algorithm>

#include "services/cloudwatch/handlers.h"

namespace services::cloudwatch {

namespace {

constexpr std::size_t kTagsPerAlarm = 50;

Result<const model::Alarm*> alarm_of_arn(const Context& context, const std::string& text) {
  const auto arn = Arn::parse(text);
  if (!arn || arn->service != "cloudwatch") {
    return fail("InvalidParameterValue", "The value " + text + " for parameter ResourceARN is not a CloudWatch ARN.");
  }
  const std::string kind = "alarm:";
  if (arn->resource.starts_with(kind)) {
    if (const auto* alarm = context.state.alarms.find(arn->resource.substr(kind.size()))) return alarm;
  }
  return fail("ResourceNotFoundException", "Unknown resource " + text + ": only alarms have tags here.");
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
  TRY(const model::Alarm* alarm, alarm_of_arn(context, *in.resource_arn));
  op::ListTagsForResource::Output out;
  out.tags.emplace();
  for (const model::Tag& tag : alarm->tags) out.tags->push_back({.key = tag.key, .value = tag.value});
  return out;
}

Result<op::TagResource::Output> tag_resource(Context& context, const op::TagResource::Input& in) {
  TRY(const model::Alarm* alarm, alarm_of_arn(context, *in.resource_arn));
  TRY(model::Tags tags, with_tags(alarm->tags, in.tags));
  context.state.alarms.update(std::string(alarm->name), [&](model::Alarm& record) { record.tags = std::move(tags); });
  return op::TagResource::Output{};
}

Result<op::UntagResource::Output> untag_resource(Context& context, const op::UntagResource::Input& in) {
  TRY(const model::Alarm* alarm, alarm_of_arn(context, *in.resource_arn));
  context.state.alarms.update(std::string(alarm->name), [&](model::Alarm& record) {
    std::erase_if(record.tags, [&](const model::Tag& tag) { return std::ranges::count(*in.tag_keys, tag.key) > 0; });
  });
  return op::UntagResource::Output{};
}

}  // namespace services::cloudwatch
