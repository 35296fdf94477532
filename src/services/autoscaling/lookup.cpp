#include "services/autoscaling/lookup.h"

#include <fmt/format.h>

#include <algorithm>

namespace services::autoscaling {

Result<const model::AutoScalingGroup*> find_group(const Context& context, const std::string& name) {
  if (const auto* found = context.state.auto_scaling_groups.find(name)) return found;
  return fail("ValidationError", fmt::format("AutoScalingGroup name not found - AutoScalingGroup '{}' not found", name));
}

Result<const model::Instance*> find_managed_instance(const Context& context, const std::string& id) {
  const model::Instance* found = context.state.instances.find(id);
  if (found && !found->group.empty() && found->state != "terminated") return found;
  return fail("ValidationError", fmt::format("Instance Id not found - No managed instance found for instance ID: {}", id));
}

std::vector<const model::Instance*> members(const Context& context, const model::AutoScalingGroup& group) {
  std::vector<const model::Instance*> found;
  for (const std::string& id : context.state.instances_by_group.keys(group.name)) {
    const model::Instance* instance = context.state.instances.find(id);
    if (instance->state != "terminated") found.push_back(instance);
  }
  return found;
}

bool activity_in_progress(const Context& context, const std::string& group) {
  return std::ranges::any_of(context.state.activities_by_group.keys(group), [&](const std::string& id) {
    return !context.state.scaling_activities.find(id)->end;
  });
}

Result<Page> open_page(const std::optional<std::string>& next_token, std::optional<int> max_records, PageSize size) {
  const int records = max_records.value_or(size.usual);
  if (records < 1 || records > size.most) {
    return fail("ValidationError", fmt::format("1 validation error detected: Value '{}' at 'maxRecords' failed to satisfy "
                                               "constraint: Member must have value {} than or equal to {}",
                                               records, records < 1 ? "greater" : "less", records < 1 ? 1 : size.most));
  }
  return Page::open(next_token, static_cast<std::size_t>(records), "InvalidNextToken");
}

}  // namespace services::autoscaling
