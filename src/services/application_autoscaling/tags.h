// Tags of scalable targets: at most 50, none that begins with "aws:".
#pragma once

#include <map>
#include <string>

#include "base/result.h"
#include "model/tag.h"

namespace services::application_autoscaling {

/// `current` with the given tags put over it. `arn` is for the error's text.
Result<model::Tags> merge_tags(model::Tags current, const std::map<std::string, std::string>& given,
                               const std::string& arn);

}  // namespace services::application_autoscaling
