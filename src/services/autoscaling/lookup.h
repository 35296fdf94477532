// Finds records by what clients name them with, or answers AWS's error. Called by this service's handlers.
#pragma once

#include <string>
#include <vector>

#include "services/context.h"
#include "services/page.h"

namespace services::autoscaling {

Result<const model::AutoScalingGroup*> find_group(const Context& context, const std::string& name);
/// Of any group, and not terminated.
Result<const model::Instance*> find_managed_instance(const Context& context, const std::string& id);
/// The group's instances that it still lists, by id.
std::vector<const model::Instance*> members(const Context& context, const model::AutoScalingGroup& group);
bool activity_in_progress(const Context& context, const std::string& group);

/// How many records a Describe answers with: without MaxRecords, and at most.
struct PageSize {
  int usual, most;
};
Result<Page> open_page(const std::optional<std::string>& next_token, std::optional<int> max_records, PageSize size);
template <class Input>
Result<Page> page_of(const Input& in, PageSize size) {
  return open_page(in.next_token, in.max_records, size);
}

}  // namespace services::autoscaling
