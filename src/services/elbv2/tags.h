// Tags as AWS takes them: at most 50, each key once, none that begins with "aws:".
#pragma once

#include "services/elbv2/handlers.h"

namespace services::elbv2 {

/// `current` with the given tags put over it.
Result<model::Tags> merge_tags(model::Tags current, const std::optional<std::vector<shape::Tag>>& given);

}  // namespace services::elbv2
