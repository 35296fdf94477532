// Every handler of SNS, by the file that has it. Called through the table in actions.cpp only.
#pragma once

#include "api/sns.h"
#include "services/context.h"

namespace services::sns {

namespace op = api::sns::op;

inline constexpr std::string_view kInvalidToken = "InvalidParameter";  ///< for a page token that we did not give

template <class Op>
using Answer = Result<typename Op::Output>;

// topics.cpp
Answer<op::CreateTopic> create_topic(Context& context, const op::CreateTopic::Input& in);
Answer<op::DeleteTopic> delete_topic(Context& context, const op::DeleteTopic::Input& in);
Answer<op::GetTopicAttributes> get_topic_attributes(Context& context, const op::GetTopicAttributes::Input& in);
Answer<op::SetTopicAttributes> set_topic_attributes(Context& context, const op::SetTopicAttributes::Input& in);
Answer<op::ListTopics> list_topics(Context& context, const op::ListTopics::Input& in);

// subscriptions.cpp
Answer<op::Subscribe> subscribe(Context& context, const op::Subscribe::Input& in);
Answer<op::Unsubscribe> unsubscribe(Context& context, const op::Unsubscribe::Input& in);
Answer<op::GetSubscriptionAttributes> get_subscription_attributes(Context& context,
                                                                  const op::GetSubscriptionAttributes::Input& in);
Answer<op::SetSubscriptionAttributes> set_subscription_attributes(Context& context,
                                                                  const op::SetSubscriptionAttributes::Input& in);
Answer<op::ListSubscriptions> list_subscriptions(Context& context, const op::ListSubscriptions::Input& in);
Answer<op::ListSubscriptionsByTopic> list_subscriptions_by_topic(Context& context,
                                                                 const op::ListSubscriptionsByTopic::Input& in);

// tags.cpp
Answer<op::TagResource> tag_resource(Context& context, const op::TagResource::Input& in);
Answer<op::UntagResource> untag_resource(Context& context, const op::UntagResource::Input& in);
Answer<op::ListTagsForResource> list_tags_for_resource(Context& context, const op::ListTagsForResource::Input& in);

}  // namespace services::sns
