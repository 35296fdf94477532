// Finds topics and subscriptions by ARN, or answers SNS's NotFound; reads tags. Called by this service's handlers.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/sns.h"
#include "services/context.h"

namespace services::sns {

constexpr std::size_t kItemsOnPage = 100;

Result<const model::Topic*> find_topic(const Context& context, const std::string& arn);
Result<const model::Subscription*> find_subscription(const Context& context, const std::string& arn);

/// Adds to or replaces in `tags`.
Result<void> set_tags(model::Tags& tags, const std::vector<api::sns::Tag>& given);

/// Policies are JSON documents.
Result<void> check_json(const std::string& attribute, const std::string& value);

}  // namespace services::sns
