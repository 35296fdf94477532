#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>

#include "services/autoscaling/handlers.h"
#include "services/autoscaling/lookup.h"
#include "services/autoscaling/render.h"

namespace services::autoscaling {

Answer<op::DescribeScalingActivities> describe_scaling_activities(Context& context,
                                                                  const op::DescribeScalingActivities::Input& in) {
  const bool deleted = in.include_deleted_groups.value_or(false);
  const auto name = in.auto_scaling_group_name;
  if (name && !context.state.auto_scaling_groups.find(*name) &&
      !(deleted && !context.state.activities_by_group.keys(*name).empty())) {
    return fail("ValidationError", fmt::format("AutoScalingGroup name not found - AutoScalingGroup '{}' not found", *name));
  }
  if (in.filters && !in.filters->empty()) {
    return fail("ValidationError", "This engine does not serve filters of scaling activities.");
  }
  // Newest first; within a moment by id.
  std::map<std::string, const model::ScalingActivity*> sorted;
  const auto collect = [&](const model::ScalingActivity& activity) {
    if (in.activity_ids && !in.activity_ids->empty() && std::ranges::count(*in.activity_ids, activity.id) == 0) return;
    if (!deleted && !context.state.auto_scaling_groups.find(activity.group)) return;
    sorted.emplace(fmt::format("{:020}/{}", std::numeric_limits<std::int64_t>::max() - to_ms(activity.start), activity.id),
                   &activity);
  };
  if (name) {
    for (const std::string& id : context.state.activities_by_group.keys(*name)) {
      collect(*context.state.scaling_activities.find(id));
    }
  } else {
    for (const auto& [id, activity] : context.state.scaling_activities.all()) collect(activity);
  }
  op::DescribeScalingActivities::Output out;
  auto& shown = out.activities.emplace();
  TRY(Page page, page_of(in, {.usual = 100, .most = 100}));
  for (const auto& [key, activity] : sorted) {
    if (page.take(key)) shown.push_back(show_activity(context, *activity));
    if (page.full()) break;
  }
  out.next_token = page.next_token();
  return out;
}

}  // namespace services::autoscaling
