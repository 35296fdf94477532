#include <algorithm>

#include "services/ssm/handlers.h"
#include "services/ssm/lookup.h"

namespace services::ssm {
namespace {

Result<const model::Parameter*> find_tagged(const Context& context, const std::string& type, const std::string& id) {
  if (type != "Parameter") {
    return fail("InvalidResourceType", "This engine tags resources of type Parameter only.");
  }
  if (auto found = find_parameter(context, id)) return *found;
  return fail("InvalidResourceId", "The resource ID is not valid. Verify that you entered the correct ID and try again.");
}

}  // namespace

Answer<op::AddTagsToResource> add_tags_to_resource(Context& context, const op::AddTagsToResource::Input& in) {
  TRY(const model::Parameter* found, find_tagged(context, *in.resource_type, *in.resource_id));
  model::Parameter parameter = *found;
  TRY_VOID(set_tags(parameter.tags, in.tags));
  context.state.parameters.put(std::move(parameter));
  return {};
}

Answer<op::RemoveTagsFromResource> remove_tags_from_resource(Context& context, const op::RemoveTagsFromResource::Input& in) {
  TRY(const model::Parameter* found, find_tagged(context, *in.resource_type, *in.resource_id));
  context.state.parameters.update(std::string(found->name), [&](model::Parameter& record) {
    std::erase_if(record.tags, [&](const model::Tag& tag) { return std::ranges::count(*in.tag_keys, tag.key) > 0; });
  });
  return {};
}

Answer<op::ListTagsForResource> list_tags_for_resource(Context& context, const op::ListTagsForResource::Input& in) {
  TRY(const model::Parameter* found, find_tagged(context, *in.resource_type, *in.resource_id));
  op::ListTagsForResource::Output out;
  auto& shown = out.tag_list.emplace();
  for (const model::Tag& tag : found->tags) shown.push_back({.key = tag.key, .value = tag.value});
  return out;
}

}  // namespace services::ssm
