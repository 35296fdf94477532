#include "services/ecs/tags.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "services/ecs/handlers.h"
#include "services/ecs/lookup.h"
#include "services/ecs/render.h"

namespace services::ecs {

namespace {

constexpr std::ptrdiff_t kMostTags = 50;

/// AWS's own, in any mixture of cases.
bool reserved(std::string_view key) {
  constexpr std::string_view kPrefix = "aws:";
  return std::ranges::equal(key.substr(0, kPrefix.size()), kPrefix, {},
                            [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
}

Result<void> refuse_reserved(const std::string& key) {
  if (!reserved(key)) return {};
  return fail("InvalidParameterException",
              fmt::format("The tag key '{}' begins with aws:, which is reserved for AWS.", key));
}

/// Adds the tags, or gives those that are there their new values.
Result<void> set_tags(model::Tags& tags, const std::vector<api::ecs::Tag>& given) {
  std::set<std::string> keys;
  for (const api::ecs::Tag& tag : given) {
    const std::string key = tag.key.value_or("");
    if (key.empty()) return fail("InvalidParameterException", "The key of a tag must not be empty.");
    TRY_VOID(refuse_reserved(key));
    if (!keys.insert(key).second)
      return fail("InvalidParameterException", fmt::format("The tag key '{}' is given more than once.", key));
    std::erase_if(tags, [&](const model::Tag& old) { return old.key == key; });
    tags.push_back({key, tag.value.value_or("")});
  }
  if (std::ranges::count_if(tags, [](const model::Tag& tag) { return !reserved(tag.key); }) > kMostTags)
    return fail("InvalidParameterException", fmt::format("A resource can have at most {} tags.", kMostTags));
  return {};
}

/// Runs `use` on the tags of what the ARN names, which is of this account and region.
Result<void> with_tags(Context& context, const std::string& text,
                       const std::function<Result<void>(model::Tags&)>& use) {
  const auto arn = Arn::parse(text);
  if (!arn || arn->service != "ecs") {
    return fail("InvalidParameterException", "The resource ARN is not valid: " + text);
  }
  if (arn->account != context.account.id || arn->region != context.account.region) {
    return fail("InvalidParameterException",
                "The specified resource is of another account or region, or does not exist: " + text);
  }
  const std::string& resource = arn->resource;
  const std::string kind = resource.substr(0, resource.find('/'));
  const std::string last(short_name(resource));
  Result<void> used;
  const auto apply = [&](auto& record) { used = use(record.tags); };
  bool found = false;
  if (kind == "cluster") found = context.state.clusters.update(last, apply);
  if (kind == "service") {
    const std::string key = resource.substr(std::string("service/").size());
    found = context.state.services.update(key, apply);
  }
  if (kind == "task") found = context.state.tasks.update(last, apply);
  if (kind == "task-definition")
    found = context.state.task_definitions.update(model::TaskDefinition::key_of(last), apply);
  if (kind == "capacity-provider") found = context.state.capacity_providers.update(last, apply);
  if (kind == "container-instance") found = context.state.container_instances.update(last, apply);
  if (!found)
    return fail("InvalidParameterException", "The specified " + kind + " is inactive or does not exist: " + text);
  return used;
}

}  // namespace

Result<model::Tags> read_tags(const std::optional<std::vector<api::ecs::Tag>>& given) {
  model::Tags tags;
  if (given) TRY_VOID(set_tags(tags, *given));
  return tags;
}

Result<op::ListTagsForResource::Output> list_tags_for_resource(Context& context,
                                                               const op::ListTagsForResource::Input& in) {
  op::ListTagsForResource::Output out;
  TRY_VOID(with_tags(context, in.resource_arn.value_or(""), [&](model::Tags& tags) -> Result<void> {
    out.tags = render_tags(tags);
    return {};
  }));
  return out;
}

Result<op::TagResource::Output> tag_resource(Context& context, const op::TagResource::Input& in) {
  TRY_VOID(with_tags(context, in.resource_arn.value_or(""), [&](model::Tags& tags) {
    return set_tags(tags, in.tags.value_or(std::vector<api::ecs::Tag>()));
  }));
  return op::TagResource::Output();
}

Result<op::UntagResource::Output> untag_resource(Context& context, const op::UntagResource::Input& in) {
  TRY_VOID(with_tags(context, in.resource_arn.value_or(""), [&](model::Tags& tags) -> Result<void> {
    for (const std::string& key : in.tag_keys.value_or(std::vector<std::string>())) {
      TRY_VOID(refuse_reserved(key));
      std::erase_if(tags, [&](const model::Tag& tag) { return tag.key == key; });
    }
    return {};
  }));
  return op::UntagResource::Output();
}

}  // namespace services::ecs
