// Tags of EC2's resources: as requests give them, as answers show them. Called by this service's handlers.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/ec2.h"
#include "services/context.h"

namespace services::ec2 {

/// `resource_type`: what the action makes ("launch-template"); a specification of another type is refused unless it
/// is among `also`.
Result<model::Tags> read_tags(const std::optional<std::vector<api::ec2::TagSpecification>>& given,
                              std::string_view resource_type, const std::vector<std::string_view>& also = {});
/// Adds to or replaces in `tags`. InvalidParameterValue for keys that AWS reserves.
Result<void> set_tags(model::Tags& tags, const std::vector<api::ec2::Tag>& given);
/// Absent without tags, as EC2 leaves them out.
std::optional<std::vector<api::ec2::Tag>> show_tags(const model::Tags& tags);

}  // namespace services::ec2
