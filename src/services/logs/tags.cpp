#include <algorithm>

#include "services/logs/handlers.h"
#include "services/logs/lookup.h"

namespace services::logs {

namespace {
constexpr std::size_t kTagsMax = 50;
}  // namespace

Result<op::ListTagsForResource::Output> list_tags(Context& context, const op::ListTagsForResource::Input& in) {
  TRY(const model::LogGroup* group, find_group(context, *in.resource_arn));
  op::ListTagsForResource::Output out;
  out.tags.emplace();
  for (const model::Tag& tag : group->tags) (*out.tags)[tag.key] = tag.value;
  return out;
}

Result<op::TagResource::Output> tag_resource(Context& context, const op::TagResource::Input& in) {
  TRY(const model::LogGroup* group, find_group(context, *in.resource_arn));
  std::map<std::string, std::string> tags;
  for (const model::Tag& tag : group->tags) tags[tag.key] = tag.value;
  for (const auto& [key, value] : *in.tags) tags[key] = value;
  if (tags.size() > kTagsMax) {
    return fail("TooManyTagsException", "The resource has more than 50 tags.");
  }
  const std::string name = group->name;
  context.state.log_groups.update(name, [&](model::LogGroup& record) {
    record.tags.clear();
    for (const auto& [key, value] : tags) record.tags.push_back({key, value});
  });
  return op::TagResource::Output{};
}

Result<op::UntagResource::Output> untag_resource(Context& context, const op::UntagResource::Input& in) {
  TRY(const model::LogGroup* group, find_group(context, *in.resource_arn));
  const std::string name = group->name;
  context.state.log_groups.update(name, [&](model::LogGroup& record) {
    std::erase_if(record.tags, [&](const model::Tag& tag) {
      return std::find(in.tag_keys->begin(), in.tag_keys->end(), tag.key) != in.tag_keys->end();
    });
  });
  return op::UntagResource::Output{};
}

}  // namespace services::logs
