#include <fmt/format.h>

#include <limits>
#include <map>

#include "services/application_autoscaling/handlers.h"
#include "services/application_autoscaling/lookup.h"
#include "services/application_autoscaling/render.h"

namespace services::application_autoscaling {

namespace {

/// Sorts newest first. Of one instant, the change comes before (after, in time) what set it off: ids are random, so the
/// kind decides.
std::string newest_first(const model::TargetActivity& activity) {
  return fmt::format("{:020}/{}/{}", std::numeric_limits<std::int64_t>::max() - to_ms(activity.start),
                     activity.desired_count ? 0 : 1, activity.id);
}

}  // namespace

Answer<op::DescribeScalingActivities> describe_scaling_activities(Context& context,
                                                                  const op::DescribeScalingActivities::Input& in) {
  TRY_VOID(check_namespace(in.service_namespace, in.scalable_dimension));
  const bool not_scaled = in.include_not_scaled_activities.value_or(false);
  std::map<std::string, const model::TargetActivity*> sorted;
  const auto collect = [&](const model::TargetActivity& activity) {
    if (not_scaled || activity.not_scaled_reason.empty()) sorted.emplace(newest_first(activity), &activity);
  };
  if (in.resource_id) {
    for (const std::string& id : context.state.activities_by_target.keys(TargetName{*in.resource_id}.key())) {
      collect(*context.state.target_activities.find(id));
    }
  } else {
    for (const auto& [id, activity] : context.state.target_activities.all()) collect(activity);
  }
  op::DescribeScalingActivities::Output out;
  auto& shown = out.scaling_activities.emplace();
  TRY(Page page, open_page(in.next_token, in.max_results));
  for (const auto& [key, activity] : sorted) {
    if (page.take(key)) shown.push_back(show_activity(*activity));
    if (page.full()) break;
  }
  out.next_token = page.next_token();
  return out;
}

}  // namespace services::application_autoscaling
