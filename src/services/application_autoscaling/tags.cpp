#include "services/application_autoscaling/tags.h"

#include <algorithm>

#include "services/application_autoscaling/handlers.h"

namespace services::application_autoscaling {

namespace {

constexpr std::size_t kMostTags = 50;

Result<model::ScalableTarget> target_of_arn(const Context& context, const std::string& arn) {
  for (const auto& [key, target] : context.state.scalable_targets.all()) {
    if (target.arn == arn) return target;
  }
  return fail("ResourceNotFoundException", "The resource doesn't exist: " + arn);
}

}  // namespace

Result<model::Tags> merge_tags(model::Tags current, const std::map<std::string, std::string>& given,
                               const std::string& arn) {
  for (const auto& [key, value] : given) {
    if (key.starts_with("aws:")) return fail("ValidationException", "Tag keys cannot begin with aws: " + key);
    std::erase_if(current, [&](const model::Tag& tag) { return tag.key == key; });
    current.push_back({key, value});
  }
  if (current.size() > kMostTags) return fail("TooManyTagsException", "A resource can have at most 50 tags: " + arn);
  return current;
}

Answer<op::ListTagsForResource> list_tags_for_resource(Context& context, const op::ListTagsForResource::Input& in) {
  TRY(const model::ScalableTarget target, target_of_arn(context, *in.resource_arn));
  op::ListTagsForResource::Output out;
  auto& tags = out.tags.emplace();
  for (const model::Tag& tag : target.tags) tags.emplace(tag.key, tag.value);
  return out;
}

Answer<op::TagResource> tag_resource(Context& context, const op::TagResource::Input& in) {
  TRY(model::ScalableTarget target, target_of_arn(context, *in.resource_arn));
  TRY(target.tags, merge_tags(std::move(target.tags), *in.tags, target.arn));
  context.state.scalable_targets.put(std::move(target));
  return {};
}

Answer<op::UntagResource> untag_resource(Context& context, const op::UntagResource::Input& in) {
  TRY(model::ScalableTarget target, target_of_arn(context, *in.resource_arn));
  std::erase_if(target.tags, [&](const model::Tag& tag) { return std::ranges::count(*in.tag_keys, tag.key) > 0; });
  context.state.scalable_targets.put(std::move(target));
  return {};
}

}  // namespace services::application_autoscaling
