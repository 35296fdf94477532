#include <algorithm>

#include "services/ecr/handlers.h"
#include "services/ecr/lookup.h"

namespace services::ecr {

Answer<op::TagResource> tag_resource(Context& context, const op::TagResource::Input& in) {
  TRY(const model::Repository* found, find_repository_by_arn(context, *in.resource_arn));
  model::Repository repository = *found;
  TRY_VOID(set_tags(repository.tags, in.tags));
  context.state.repositories.put(std::move(repository));
  return {};
}

Answer<op::UntagResource> untag_resource(Context& context, const op::UntagResource::Input& in) {
  TRY(const model::Repository* found, find_repository_by_arn(context, *in.resource_arn));
  context.state.repositories.update(std::string(found->name), [&](model::Repository& one) {
    std::erase_if(one.tags, [&](const model::Tag& tag) { return std::ranges::count(*in.tag_keys, tag.key) > 0; });
  });
  return {};
}

Answer<op::ListTagsForResource> list_tags_for_resource(Context& context, const op::ListTagsForResource::Input& in) {
  TRY(const model::Repository* found, find_repository_by_arn(context, *in.resource_arn));
  op::ListTagsForResource::Output out;
  auto& shown = out.tags.emplace();
  for (const model::Tag& tag : found->tags) shown.push_back({.key = tag.key, .value = tag.value});
  return out;
}

}  // namespace services::ecr
