// Tags as a request gives them: keys are unique and not AWS's, and a resource has at most 50 of them.
#pragma once

#include "api/ecs.h"
#include "services/context.h"

namespace services::ecs {

/// Those that a new resource begins with, or InvalidParameterException.
Result<model::Tags> read_tags(const std::optional<std::vector<api::ecs::Tag>>& given);

}  // namespace services::ecs
