#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "services/page.h"
#include "services/sns/handlers.h"
#include "services/sns/lookup.h"

namespace services::sns {
namespace {

/// What SNS shows for a topic that sets no delivery policy.
constexpr std::string_view kDeliveryPolicy =
    R"({"http":{"defaultHealthyRetryPolicy":{"minDelayTarget":20,"maxDelayTarget":20,"numRetries":3,"numMaxDelayRetries":0,)"
    R"("numNoDelayRetries":0,"numMinDelayRetries":0,"backoffFunction":"linear"},"disableSubscriptionOverrides":false,)"
    R"("defaultRequestPolicy":{"headerContentType":"text/plain; charset=UTF-8"}}})";

/// The owner may do everything.
std::string default_policy(const Context& context, const std::string& arn) {
  return fmt::format(
      R"({{"Version":"2008-10-17","Id":"__default_policy_ID","Statement":[{{"Sid":"__default_statement_ID","Effect":"Allow",)"
      R"("Principal":{{"AWS":"*"}},"Action":["SNS:GetTopicAttributes","SNS:SetTopicAttributes","SNS:AddPermission",)"
      R"("SNS:RemovePermission","SNS:DeleteTopic","SNS:Subscribe","SNS:ListSubscriptionsByTopic","SNS:Publish"],)"
      R"("Resource":"{}","Condition":{{"StringEquals":{{"AWS:SourceOwner":"{}"}}}}}}]}})",
      arn, context.account.id);
}

Result<void> check_name(const std::string& name) {
  constexpr std::size_t kLongest = 256;
  if (name.ends_with(".fifo")) {
    return fail("InvalidParameter", "Invalid parameter: Topic Name Reason: this engine serves no FIFO topics");
  }
  const bool plain = std::ranges::all_of(
      name, [](unsigned char letter) { return std::isalnum(letter) != 0 || letter == '-' || letter == '_'; });
  if (plain && !name.empty() && name.size() <= kLongest) return {};
  return fail("InvalidParameter", "Invalid parameter: Topic Name");
}

bool is_feedback(const std::string& name) {
  static constexpr std::string_view kEndings[] = {"SuccessFeedbackRoleArn", "SuccessFeedbackSampleRate",
                                                  "FailureFeedbackRoleArn"};
  return std::ranges::any_of(kEndings, [&](std::string_view ending) { return name.ends_with(ending); });
}

/// An empty value takes the attribute back to its default.
Result<void> set_attribute(model::Topic& topic, const std::string& name, const std::string& value) {
  static constexpr std::string_view kKnown[] = {"DisplayName", "Policy", "DeliveryPolicy", "KmsMasterKeyId", "SignatureVersion",
                                                "TracingConfig"};
  constexpr std::size_t kDisplayNameLongest = 100;
  if (name == "FifoTopic" || name == "ContentBasedDeduplication" || name == "FifoThroughputScope" || name == "ArchivePolicy") {
    if (name == "FifoTopic" && value == "false") return {};
    return fail("InvalidParameter", fmt::format("Invalid parameter: {} Reason: this engine serves no FIFO topics", name));
  }
  if (std::ranges::find(kKnown, name) == std::end(kKnown) && !is_feedback(name)) {
    return fail("InvalidParameter", "Invalid parameter: AttributeName");
  }
  if (value.empty()) {
    topic.attributes.erase(name);
    return {};
  }
  if (name == "Policy" || name == "DeliveryPolicy") TRY_VOID(check_json(name, value));
  if (name == "SignatureVersion" && value != "1" && value != "2") {
    return fail("InvalidParameter", "Invalid parameter: SignatureVersion Reason: it is 1 or 2");
  }
  if (name == "TracingConfig" && value != "PassThrough" && value != "Active") {
    return fail("InvalidParameter", "Invalid parameter: TracingConfig Reason: it is PassThrough or Active");
  }
  if (name == "DisplayName" && value.size() > kDisplayNameLongest) {
    return fail("InvalidParameter", "Invalid parameter: DisplayName Reason: Display name must be less than 100 characters");
  }
  topic.attributes[name] = value;
  return {};
}

}  // namespace

Answer<op::CreateTopic> create_topic(Context& context, const op::CreateTopic::Input& in) {
  TRY_VOID(check_name(*in.name));
  if (in.data_protection_policy && !in.data_protection_policy->empty()) {
    return fail("InvalidParameter", "Invalid parameter: DataProtectionPolicy Reason: this engine does not serve it");
  }
  model::Topic topic;
  topic.name = *in.name;
  topic.arn = make_arn(context.account, "sns", topic.name);
  topic.created_at = context.now;
  if (in.attributes) {
    for (const auto& [name, value] : *in.attributes) TRY_VOID(set_attribute(topic, name, value));
  }
  if (in.tags) TRY_VOID(set_tags(topic.tags, *in.tags));
  op::CreateTopic::Output out;
  out.topic_arn = topic.arn;
  const model::Topic* existing = context.state.topics.find(topic.arn);
  if (!existing) {
    context.state.topics.put(std::move(topic));
    return out;
  }
  // The same request again answers the same topic; one that asks for something else does not.
  for (const auto& [name, value] : topic.attributes) {
    const auto kept = existing->attributes.find(name);
    if (kept == existing->attributes.end() || kept->second != value) {
      return fail("InvalidParameter", "Invalid parameter: Attributes Reason: Topic already exists with different attributes");
    }
  }
  for (const model::Tag& tag : topic.tags) {
    if (std::ranges::find(existing->tags, tag) == existing->tags.end()) {
      return fail("InvalidParameter", "Invalid parameter: Tags Reason: Topic already exists with different tags");
    }
  }
  return out;
}

Answer<op::DeleteTopic> delete_topic(Context& context, const op::DeleteTopic::Input& in) {
  // Deleting what is gone is no error.
  std::vector<std::string> gone;
  for (const auto& [arn, subscription] : context.state.subscriptions.all()) {
    if (subscription.topic == *in.topic_arn) gone.push_back(arn);
  }
  for (const std::string& arn : gone) context.state.subscriptions.erase(arn);
  context.state.topics.erase(*in.topic_arn);
  return {};
}

Answer<op::GetTopicAttributes> get_topic_attributes(Context& context, const op::GetTopicAttributes::Input& in) {
  TRY(const model::Topic* topic, find_topic(context, *in.topic_arn));
  int confirmed = 0, pending = 0;
  for (const auto& [arn, subscription] : context.state.subscriptions.all()) {
    if (subscription.topic == topic->arn) ++(subscription.pending ? pending : confirmed);
  }
  op::GetTopicAttributes::Output out;
  auto& shown = out.attributes.emplace();
  shown["DisplayName"] = "";
  shown["Policy"] = default_policy(context, topic->arn);
  shown["EffectiveDeliveryPolicy"] = std::string(kDeliveryPolicy);
  for (const auto& [name, value] : topic->attributes) shown[name] = value;
  if (const auto own = topic->attributes.find("DeliveryPolicy"); own != topic->attributes.end()) {
    shown["EffectiveDeliveryPolicy"] = own->second;
  }
  shown["TopicArn"] = topic->arn;
  shown["Owner"] = context.account.id;
  shown["SubscriptionsConfirmed"] = std::to_string(confirmed);
  shown["SubscriptionsPending"] = std::to_string(pending);
  shown["SubscriptionsDeleted"] = "0";
  return out;
}

Answer<op::SetTopicAttributes> set_topic_attributes(Context& context, const op::SetTopicAttributes::Input& in) {
  TRY(const model::Topic* found, find_topic(context, *in.topic_arn));
  model::Topic topic = *found;
  TRY_VOID(set_attribute(topic, *in.attribute_name, in.attribute_value.value_or("")));
  context.state.topics.put(std::move(topic));
  return {};
}

Answer<op::ListTopics> list_topics(Context& context, const op::ListTopics::Input& in) {
  op::ListTopics::Output out;
  auto& shown = out.topics.emplace();
  TRY(Page page, Page::open(in.next_token, kItemsOnPage, kInvalidToken));
  for (const auto& [arn, topic] : context.state.topics.all()) {
    if (page.take(arn)) shown.push_back({.topic_arn = arn});
    if (page.full()) break;
  }
  out.next_token = page.next_token();
  return out;
}

}  // namespace services::sns
