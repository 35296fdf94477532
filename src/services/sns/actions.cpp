#include "services/sns/actions.h"

#include "services/sns/handlers.h"

namespace services::sns {

// Not here, so refused by name: publishing, confirming, platform applications, SMS.
constexpr api::Route kSnsRoutes[] = {
    api::route<op::CreateTopic, create_topic>(),
    api::route<op::DeleteTopic, delete_topic>(),
    api::route<op::GetSubscriptionAttributes, get_subscription_attributes>(),
    api::route<op::GetTopicAttributes, get_topic_attributes>(),
    api::route<op::ListSubscriptions, list_subscriptions>(),
    api::route<op::ListSubscriptionsByTopic, list_subscriptions_by_topic>(),
    api::route<op::ListTagsForResource, list_tags_for_resource>(),
    api::route<op::ListTopics, list_topics>(),
    api::route<op::SetSubscriptionAttributes, set_subscription_attributes>(),
    api::route<op::SetTopicAttributes, set_topic_attributes>(),
    api::route<op::Subscribe, subscribe>(),
    api::route<op::TagResource, tag_resource>(),
    api::route<op::Unsubscribe, unsubscribe>(),
    api::route<op::UntagResource, untag_resource>(),
};

std::span<const api::Route> routes() { return kSnsRoutes; }

}  // namespace services::sns
