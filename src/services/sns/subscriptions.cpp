#include <fmt/format.h>

#include <algorithm>

#include "services/page.h"
#include "services/sns/handlers.h"
#include "services/sns/lookup.h"

namespace services::sns {
namespace {

constexpr std::string_view kPending = "PendingConfirmation";

/// Some endpoints must say that they want it; nobody here can.
struct Protocol {
  std::string_view name, endpoint_begins;
  bool confirmed_at_once;
};
constexpr Protocol kProtocols[] = {{"email", "", false},        {"email-json", "", false},
                                   {"http", "http://", false},  {"https", "https://", false},
                                   {"sms", "", true},           {"sqs", "arn:aws:sqs:", true},
                                   {"lambda", "arn:aws:lambda:", true}, {"firehose", "arn:aws:firehose:", true},
                                   {"application", "arn:aws:sns:", true}};

Result<const Protocol*> find_protocol(const std::string& name, const std::string& endpoint) {
  const auto* found = std::ranges::find(kProtocols, name, &Protocol::name);
  if (found == std::end(kProtocols)) {
    return fail("InvalidParameter", "Invalid parameter: Amazon SNS does not support this protocol string: " + name);
  }
  const bool email = name.starts_with("email");
  if (endpoint.empty() || !endpoint.starts_with(found->endpoint_begins) ||
      (email && endpoint.find('@') == std::string::npos)) {
    return fail("InvalidParameter", fmt::format("Invalid parameter: Endpoint Reason: '{}' is no endpoint of protocol {}",
                                                endpoint, name));
  }
  return found;
}

Result<void> set_attribute(model::Subscription& subscription, const std::string& name, const std::string& value) {
  static constexpr std::string_view kJson[] = {"DeliveryPolicy", "FilterPolicy", "RedrivePolicy", "ReplayPolicy"};
  static constexpr std::string_view kPlain[] = {"FilterPolicyScope", "RawMessageDelivery", "SubscriptionRoleArn"};
  const bool json = std::ranges::find(kJson, name) != std::end(kJson);
  if (!json && std::ranges::find(kPlain, name) == std::end(kPlain)) {
    return fail("InvalidParameter", "Invalid parameter: AttributeName");
  }
  if (value.empty()) {
    subscription.attributes.erase(name);
    return {};
  }
  if (json) TRY_VOID(check_json(name, value));
  if (name == "RawMessageDelivery" && value != "true" && value != "false") {
    return fail("InvalidParameter", "Invalid parameter: RawMessageDelivery: Invalid value [" + value + "]. Must be true or false.");
  }
  subscription.attributes[name] = value;
  return {};
}

std::string shown_arn(const model::Subscription& subscription) {
  return subscription.pending ? std::string(kPending) : subscription.arn;
}

template <class Output, class Wanted>
Result<Output> list(const Context& context, const std::optional<std::string>& token, Wanted&& wanted) {
  Output out;
  auto& shown = out.subscriptions.emplace();
  TRY(Page page, Page::open(token, kItemsOnPage, kInvalidToken));
  for (const auto& [arn, one] : context.state.subscriptions.all()) {
    if (!wanted(one)) continue;
    if (page.take(arn)) {
      shown.push_back({.subscription_arn = shown_arn(one),
                       .owner = context.account.id,
                       .protocol = one.protocol,
                       .endpoint = one.endpoint,
                       .topic_arn = one.topic});
    }
    if (page.full()) break;
  }
  out.next_token = page.next_token();
  return out;
}

}  // namespace

Answer<op::Subscribe> subscribe(Context& context, const op::Subscribe::Input& in) {
  TRY(const model::Topic* topic, find_topic(context, *in.topic_arn));
  const std::string endpoint = in.endpoint.value_or("");
  TRY(const Protocol* protocol, find_protocol(*in.protocol, endpoint));
  model::Subscription made;
  for (const auto& [arn, one] : context.state.subscriptions.all()) {
    if (one.topic == topic->arn && one.protocol == protocol->name && one.endpoint == endpoint) made = one;  // again: the same
  }
  if (made.arn.empty()) {
    made.arn = fmt::format("{}:{}", topic->arn, context.random.uuid());
    made.topic = topic->arn;
    made.protocol = std::string(protocol->name);
    made.endpoint = endpoint;
    made.pending = !protocol->confirmed_at_once;
  }
  if (in.attributes) {
    for (const auto& [name, value] : *in.attributes) TRY_VOID(set_attribute(made, name, value));
  }
  op::Subscribe::Output out;
  const bool whole = in.return_subscription_arn.value_or(false);
  out.subscription_arn = made.pending && !whole ? std::string("pending confirmation") : made.arn;
  context.state.subscriptions.put(std::move(made));
  return out;
}

Answer<op::Unsubscribe> unsubscribe(Context& context, const op::Unsubscribe::Input& in) {
  context.state.subscriptions.erase(*in.subscription_arn);
  return {};
}

Answer<op::GetSubscriptionAttributes> get_subscription_attributes(Context& context,
                                                                  const op::GetSubscriptionAttributes::Input& in) {
  TRY(const model::Subscription* found, find_subscription(context, *in.subscription_arn));
  op::GetSubscriptionAttributes::Output out;
  auto& shown = out.attributes.emplace();
  shown["RawMessageDelivery"] = "false";
  for (const auto& [name, value] : found->attributes) shown[name] = value;
  if (found->attributes.contains("FilterPolicy") && !found->attributes.contains("FilterPolicyScope")) {
    shown["FilterPolicyScope"] = "MessageAttributes";
  }
  shown["SubscriptionArn"] = found->arn;
  shown["TopicArn"] = found->topic;
  shown["Owner"] = context.account.id;
  shown["Protocol"] = found->protocol;
  shown["Endpoint"] = found->endpoint;
  shown["PendingConfirmation"] = found->pending ? "true" : "false";
  shown["ConfirmationWasAuthenticated"] = found->pending ? "false" : "true";
  shown["SubscriptionPrincipal"] = fmt::format("arn:aws:iam::{}:root", context.account.id);
  return out;
}

Answer<op::SetSubscriptionAttributes> set_subscription_attributes(Context& context,
                                                                  const op::SetSubscriptionAttributes::Input& in) {
  TRY(const model::Subscription* found, find_subscription(context, *in.subscription_arn));
  model::Subscription changed = *found;
  TRY_VOID(set_attribute(changed, *in.attribute_name, in.attribute_value.value_or("")));
  context.state.subscriptions.put(std::move(changed));
  return {};
}

Answer<op::ListSubscriptions> list_subscriptions(Context& context, const op::ListSubscriptions::Input& in) {
  return list<op::ListSubscriptions::Output>(context, in.next_token, [](const model::Subscription&) { return true; });
}

Answer<op::ListSubscriptionsByTopic> list_subscriptions_by_topic(Context& context,
                                                                 const op::ListSubscriptionsByTopic::Input& in) {
  TRY(const model::Topic* topic, find_topic(context, *in.topic_arn));
  return list<op::ListSubscriptionsByTopic::Output>(context, in.next_token,
                                                    [&](const model::Subscription& one) { return one.topic == topic->arn; });
}

}  // namespace services::sns
