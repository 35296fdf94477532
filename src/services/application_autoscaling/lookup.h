// Finds records by what clients name them with, or answers AWS's error. Called by this service's handlers.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "services/context.h"
#include "services/page.h"

namespace services::application_autoscaling {

/// How a request names a scalable target.
struct TargetName {
  std::string resource_id;
  std::string key() const { return "ecs|" + resource_id + "|ecs:service:DesiredCount"; }
};

/// ValidationException for any namespace but ecs, any other dimension, and an id that is not "service/cluster/name".
Result<TargetName> read_target(const std::optional<std::string>& service_namespace,
                               const std::optional<std::string>& resource_id,
                               const std::optional<std::string>& dimension);
/// Of a Describe call, where id and dimension may be left out.
Result<void> check_namespace(const std::optional<std::string>& service_namespace,
                             const std::optional<std::string>& dimension);
Result<Page> open_page(const std::optional<std::string>& next_token, std::optional<int> max_results);

/// ObjectNotFoundException where there is none.
Result<const model::ScalableTarget*> find_target(const Context& context, const TargetName& name);

/// Null: none of that name.
const model::ScalingPolicy* find_policy(const Context& context, const TargetName& target, const std::string& name);
const model::ScheduledAction* find_action(const Context& context, const TargetName& target, const std::string& name);

/// "service namespace: ecs, resource ID: service/c/web, scalable dimension: ecs:service:DesiredCount"
std::string described(const TargetName& name);

/// Whether a list of names that a client filters by (absent or empty: everything) has this one.
inline bool listed(const std::optional<std::vector<std::string>>& names, const std::string& name) {
  return !names || names->empty() || std::ranges::find(*names, name) != names->end();
}

}  // namespace services::application_autoscaling
