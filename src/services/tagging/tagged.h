// Every record that has tags, by ARN. Called by this service's handlers.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "services/context.h"

namespace services::tagging {

struct Tagged {
  std::string type;  ///< as ResourceTypeFilters name it: "ec2:vpc"
  std::map<std::string, std::string> tags;
};

/// Those with at least one tag, by ARN.
std::map<std::string, Tagged> tagged_resources(const Context& context);

/// Runs `change` on the tags of what the ARN names; false: nothing has this ARN.
bool change_tags(Context& context, const std::string& arn, const std::function<void(model::Tags&)>& change);

}  // namespace services::tagging
