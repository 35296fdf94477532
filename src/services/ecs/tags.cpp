#include "services/ecs/handlers.h"

#include <functional>

#include "services/ecs/lookup.h"
#include "services/ecs/render.h"

namespace services::ecs {

namespace {

/// Runs `use` on the tags of what the ARN names.
Result<void> with_tags(Context& context, const std::string& text, const std::function<void(model::Tags&)>& use) {
  const auto arn = Arn::parse(text);
  if (!arn || arn->service != "ecs") {
    return fail("InvalidParameterException", "The resource ARN is not valid: " + text);
  }
  const std::string& resource = arn->resource;
  const std::string kind = resource.substr(0, resource.find('/'));
  const std::string last(short_name(resource));
  const auto apply = [&](auto& record) { use(record.tags); };
  bool found = false;
  if (kind == "cluster") found = context.state.clusters.update(last, apply);
  if (kind == "service") {
    const std::string key = resource.substr(std::string("service/").size());
    found = context.state.services.update(key, apply);
  }
  if (kind == "task") found = context.state.tasks.update(last, apply);
  if (kind == "task-definition")
    found = context.state.task_definitions.update(model::TaskDefinition::key_of(last), apply);
  if (kind == "container-instance") found = context.state.container_instances.update(last, apply);
  if (!found)
    return fail("InvalidParameterException", "The specified " + kind + " is inactive or does not exist: " + text);
  return {};
}

}  // namespace

Result<op::ListTagsForResource::Output> list_tags_for_resource(Context& context,
                                                               const op::ListTagsForResource::Input& in) {
  op::ListTagsForResource::Output out;
  TRY_VOID(with_tags(context, in.resource_arn.value_or(""), [&](model::Tags& tags) { out.tags = render_tags(tags); }));
  return out;
}

Result<op::TagResource::Output> tag_resource(Context& context, const op::TagResource::Input& in) {
  const model::Tags given = read_tags(in.tags);
  TRY_VOID(with_tags(context, in.resource_arn.value_or(""), [&](model::Tags& tags) {
    for (const model::Tag& tag : given) {
      std::erase_if(tags, [&](const model::Tag& old) { return old.key == tag.key; });
      tags.push_back(tag);
    }
  }));
  return op::TagResource::Output();
}

Result<op::UntagResource::Output> untag_resource(Context& context, const op::UntagResource::Input& in) {
  TRY_VOID(with_tags(context, in.resource_arn.value_or(""), [&](model::Tags& tags) {
    for (const std::string& key : in.tag_keys.value_or(std::vector<std::string>())) {
      std::erase_if(tags, [&](const model::Tag& tag) { return tag.key == key; });
    }
  }));
  return op::UntagResource::Output();
}

}  // namespace services::ecs
