// Finds repositories by what clients name them with, or answers AWS's error. Called by this service's handlers.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/ecr.h"
#include "services/context.h"

namespace services::ecr {

/// `registry`: the account, if the client names one; another's repositories are not here.
Result<const model::Repository*> find_repository(const Context& context, const std::optional<std::string>& registry,
                                                 const std::string& name);
Result<const model::Repository*> find_repository_by_arn(const Context& context, const std::string& arn);

/// Adds to or replaces in `tags`.
Result<void> set_tags(model::Tags& tags, const std::optional<std::vector<api::ecr::Tag>>& given);

}  // namespace services::ecr
