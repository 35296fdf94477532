// Finds records by what clients name them with, or answers AWS's error. Called by this service's handlers.
#pragma once

#include <string>
#include <vector>

#include "services/context.h"

namespace services::autoscaling {

Result<const model::AutoScalingGroup*> find_group(const Context& context, const std::string& name);
/// Of any group, and not terminated.
Result<const model::Instance*> find_managed_instance(const Context& context, const std::string& id);
/// The group's instances that it still lists, by id.
std::vector<const model::Instance*> members(const Context& context, const model::AutoScalingGroup& group);
bool activity_in_progress(const Context& context, const std::string& group);

}  // namespace services::autoscaling
