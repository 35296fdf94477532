// When a rule applies: from the API's conditions to the record's and back, within AWS's limits.
#pragma once

#include "services/elbv2/handlers.h"

namespace services::elbv2 {

Result<std::vector<model::RuleCondition>> read_conditions(const std::vector<shape::RuleCondition>& given);
std::vector<shape::RuleCondition> show_conditions(const std::vector<model::RuleCondition>& conditions);

}  // namespace services::elbv2
