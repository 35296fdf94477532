#include <fmt/format.h>

#include <algorithm>

#include "services/servicediscovery/handlers.h"

namespace services::servicediscovery {
namespace {

Result<const model::Namespace*> find_tagged_namespace(const Context& context, const std::string& arn) {
  const auto* found = context.state.namespaces.find(arn.substr(arn.rfind('/') + 1));
  if (found && found->arn == arn) return found;
  return fail("ResourceNotFoundException", fmt::format("The resource {} was not found.", arn));
}

}  // namespace

Result<void> set_tags(model::Tags& tags, const api::Optional<std::vector<api::servicediscovery::Tag>>& given) {
  constexpr std::size_t kMostTags = 50;
  if (!given) return {};
  for (const api::servicediscovery::Tag& tag : *given) {
    if (tag.key->starts_with("aws:")) {
      return fail("InvalidInput", fmt::format("The tag key {} is reserved: it begins with aws:.", *tag.key));
    }
    const auto same = std::ranges::find(tags, *tag.key, &model::Tag::key);
    auto& kept = same == tags.end() ? tags.emplace_back() : *same;
    kept.key = *tag.key;
    kept.value = *tag.value;
  }
  if (tags.size() > kMostTags) {
    return fail("TooManyTagsException", fmt::format("A namespace can have at most {} tags.", kMostTags));
  }
  return {};
}

Answer<op::TagResource> tag_resource(Context& context, const op::TagResource::Input& in) {
  TRY(const model::Namespace* found, find_tagged_namespace(context, *in.resource_arn));
  model::Namespace changed = *found;
  TRY_VOID(set_tags(changed.tags, in.tags));
  context.state.namespaces.put(std::move(changed));
  return {};
}

Answer<op::UntagResource> untag_resource(Context& context, const op::UntagResource::Input& in) {
  TRY(const model::Namespace* found, find_tagged_namespace(context, *in.resource_arn));
  model::Namespace changed = *found;
  std::erase_if(changed.tags, [&](const model::Tag& tag) { return std::ranges::count(*in.tag_keys, tag.key) > 0; });
  context.state.namespaces.put(std::move(changed));
  return {};
}

Answer<op::ListTagsForResource> list_tags_for_resource(Context& context, const op::ListTagsForResource::Input& in) {
  TRY(const model::Namespace* found, find_tagged_namespace(context, *in.resource_arn));
  op::ListTagsForResource::Output out;
  auto& shown = out.tags.emplace();
  for (const model::Tag& tag : found->tags) shown.push_back({.key = tag.key, .value = tag.value});
  return out;
}

}  // namespace services::servicediscovery
