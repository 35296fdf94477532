#include <algorithm>

#include "services/sns/handlers.h"
#include "services/sns/lookup.h"

namespace services::sns {
namespace {

/// Tags have an error of their own for what is not there.
Result<const model::Topic*> find_tagged(const Context& context, const std::string& arn) {
  if (const auto* found = context.state.topics.find(arn)) return found;
  return fail("ResourceNotFound", "Resource does not exist");
}

}  // namespace

Answer<op::TagResource> tag_resource(Context& context, const op::TagResource::Input& in) {
  TRY(const model::Topic* found, find_tagged(context, *in.resource_arn));
  model::Topic topic = *found;
  TRY_VOID(set_tags(topic.tags, *in.tags));
  context.state.topics.put(std::move(topic));
  return {};
}

Answer<op::UntagResource> untag_resource(Context& context, const op::UntagResource::Input& in) {
  TRY_VOID(find_tagged(context, *in.resource_arn));
  context.state.topics.update(*in.resource_arn, [&](model::Topic& topic) {
    std::erase_if(topic.tags, [&](const model::Tag& tag) { return std::ranges::count(*in.tag_keys, tag.key) > 0; });
  });
  return {};
}

Answer<op::ListTagsForResource> list_tags_for_resource(Context& context, const op::ListTagsForResource::Input& in) {
  TRY(const model::Topic* topic, find_tagged(context, *in.resource_arn));
  op::ListTagsForResource::Output out;
  auto& shown = out.tags.emplace();
  for (const model::Tag& tag : topic->tags) shown.push_back({.key = tag.key, .value = tag.value});
  return out;
}

}  // namespace services::sns
