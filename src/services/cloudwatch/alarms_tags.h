// Tags of alarms. Used by alarms.cpp.
#pragma once

#include <optional>
#include <vector>

#include "api/cloudwatch.h"
#include "base/result.h"
#include "model/tag.h"

namespace services::cloudwatch {

/// The tags with those given set or added.
Result<model::Tags> with_tags(model::Tags tags, const std::optional<std::vector<api::cloudwatch::Tag>>& given);

}  // namespace services::cloudwatch
