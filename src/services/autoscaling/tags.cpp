#include <fmt/format.h>

#include <algorithm>

#include "services/autoscaling/group_settings.h"
#include "services/autoscaling/handlers.h"
#include "services/autoscaling/lookup.h"
#include "services/autoscaling/render.h"

namespace services::autoscaling {
namespace {

Result<std::string> tagged_group(const Context& context, const api::autoscaling::Tag& tag) {
  if (tag.resource_type && *tag.resource_type != "auto-scaling-group") {
    return fail("ValidationError", fmt::format("Tag resource type {} is not valid: it must be auto-scaling-group",
                                               *tag.resource_type));
  }
  if (!tag.resource_id) return fail("ValidationError", "The parameter ResourceId must be specified for each tag");
  TRY(const model::AutoScalingGroup* group, find_group(context, *tag.resource_id));
  return group->name;
}

/// The value that a filter of DescribeTags looks at; null for a name it does not know.
const std::string* filtered(const api::autoscaling::TagDescription& tag, const std::string& name, const std::string& flag) {
  if (name == "auto-scaling-group") return &*tag.resource_id;
  if (name == "key") return &*tag.key;
  if (name == "value") return &*tag.value;
  if (name == "propagate-at-launch") return &flag;
  return nullptr;
}

}  // namespace

Answer<op::CreateOrUpdateTags> create_or_update_tags(Context& context, const op::CreateOrUpdateTags::Input& in) {
  for (const auto& tag : *in.tags) {
    TRY(const std::string name, tagged_group(context, tag));
    model::AutoScalingGroup group = *context.state.auto_scaling_groups.find(name);
    TRY_VOID(set_tag(group, tag));
    context.state.auto_scaling_groups.put(std::move(group));
  }
  return {};
}

Answer<op::DeleteTags> delete_tags(Context& context, const op::DeleteTags::Input& in) {
  for (const auto& tag : *in.tags) {
    TRY(const std::string name, tagged_group(context, tag));
    context.state.auto_scaling_groups.update(name, [&](model::AutoScalingGroup& group) {
      std::erase_if(group.tags, [&](const auto& present) { return present.key == tag.key; });
    });
  }
  return {};
}

Answer<op::DescribeTags> describe_tags(Context& context, const op::DescribeTags::Input& in) {
  op::DescribeTags::Output out;
  auto& shown = out.tags.emplace();
  TRY(Page page, page_of(in, {.usual = 50, .most = 100}));
  for (const auto& [name, group] : context.state.auto_scaling_groups.all()) {
    std::map<std::string, const model::AutoScalingGroup::GroupTag*> sorted;
    for (const auto& tag : group.tags) sorted.emplace(tag.key, &tag);
    for (const auto& [key, tag] : sorted) {
      api::autoscaling::TagDescription one = show_tag(name, *tag);
      const std::string flag = tag->propagate_at_launch ? "true" : "false";
      bool passed = true;
      for (const auto& filter : in.filters.value_or(std::vector<api::autoscaling::Filter>())) {
        const std::string* value = filtered(one, filter.name.value_or(""), flag);
        if (!value) return fail("ValidationError", fmt::format("Filter type {} is not correct.", filter.name.value_or("")));
        passed = passed && std::ranges::count(filter.values.value_or(std::vector<std::string>()), *value) > 0;
      }
      if (passed && page.take(name + "/" + key)) shown.push_back(std::move(one));
    }
  }
  out.next_token = page.next_token();
  return out;
}

}  // namespace services::autoscaling
