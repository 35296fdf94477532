#include "services/sns/lookup.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

namespace services::sns {

Result<const model::Topic*> find_topic(const Context& context, const std::string& arn) {
  const auto parsed = Arn::parse(arn);
  if (!parsed || parsed->service != "sns") return fail("InvalidParameter", "Invalid parameter: TopicArn");
  if (const auto* found = context.state.topics.find(arn)) return found;
  return fail("NotFound", "Topic does not exist");
}

Result<const model::Subscription*> find_subscription(const Context& context, const std::string& arn) {
  const auto parsed = Arn::parse(arn);
  if (!parsed || parsed->service != "sns") return fail("InvalidParameter", "Invalid parameter: SubscriptionArn");
  if (const auto* found = context.state.subscriptions.find(arn)) return found;
  return fail("NotFound", "Subscription does not exist");
}

Result<void> set_tags(model::Tags& tags, const std::vector<api::sns::Tag>& given) {
  constexpr std::size_t kMostTags = 50;
  for (const api::sns::Tag& tag : given) {
    const std::string key = tag.key.value_or("");
    if (key.empty() || key.starts_with("aws:")) {
      return fail("InvalidParameter",
                  fmt::format("Invalid parameter: Tag Reason: the key '{}' may not be empty nor begin with aws:", key));
    }
    const auto same = std::ranges::find(tags, key, &model::Tag::key);
    auto& kept = same == tags.end() ? tags.emplace_back() : *same;
    kept.key = key;
    kept.value = tag.value.value_or("");
  }
  if (tags.size() > kMostTags) return fail("TagLimitExceeded", "Could not complete request: tag quota of per resource exceeded");
  return {};
}

Result<void> check_json(const std::string& attribute, const std::string& value) {
  boost::system::error_code error;
  const auto parsed = boost::json::parse(value, error);
  if (!error && parsed.is_object()) return {};
  return fail("InvalidParameter", fmt::format("Invalid parameter: {} Reason: failed to parse JSON", attribute));
}

}  // namespace services::sns
