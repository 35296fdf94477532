#include <doctest/doctest.h>

#include "services/context_test.h"
#include "services/sns/handlers.h"

namespace services::sns {
namespace {

struct SnsWorld : services::ContextFixture {
  std::string topic(const std::string& name = "alarms") {
    op::CreateTopic::Input in;
    in.name = name;
    return *create_topic(context, in)->topic_arn;
  }
  std::map<std::string, std::string> attributes(const std::string& arn) {
    op::GetTopicAttributes::Input in;
    in.topic_arn = arn;
    return *get_topic_attributes(context, in)->attributes;
  }
  Answer<op::SetTopicAttributes> set(const std::string& arn, const std::string& name, const std::string& value) {
    op::SetTopicAttributes::Input in;
    in.topic_arn = arn;
    in.attribute_name = name;
    in.attribute_value = value;
    return set_topic_attributes(context, in);
  }
  Answer<op::Subscribe> add(const std::string& arn, const std::string& protocol, const std::string& endpoint) {
    op::Subscribe::Input in;
    in.topic_arn = arn;
    in.protocol = protocol;
    in.endpoint = endpoint;
    in.return_subscription_arn = true;
    return subscribe(context, in);
  }
};

template <class Answered>
std::string error_of(const Answered& answer) {
  return answer ? "" : answer.error().code;
}

}  // namespace

TEST_CASE("Topic_MadeTwiceIsTheSame_WithOtherAttributesItIsRefused") {
  SnsWorld world;
  op::CreateTopic::Input in;
  in.name = "alarms";
  in.attributes = std::map<std::string, std::string>{{"DisplayName", "a"}};
  CHECK(*create_topic(world.context, in)->topic_arn == "arn:aws:sns:us-east-1:123456789012:alarms");
  CHECK(create_topic(world.context, in));
  in.attributes = std::map<std::string, std::string>{{"DisplayName", "b"}};
  CHECK(error_of(create_topic(world.context, in)) == "InvalidParameter");
  in.name = "alarms.fifo";
  CHECK(error_of(create_topic(world.context, in)) == "InvalidParameter");
}

TEST_CASE("TopicAttributes_DefaultToTheOwnersPolicy_AnEmptyValueBringsTheDefaultBack") {
  SnsWorld world;
  const std::string arn = world.topic();
  const auto before = world.attributes(arn);
  CHECK(before.at("Policy").find(arn) != std::string::npos);
  CHECK(before.at("DisplayName").empty());
  REQUIRE(world.set(arn, "DisplayName", "Alarms"));
  CHECK(world.attributes(arn).at("DisplayName") == "Alarms");
  CHECK(error_of(world.set(arn, "Policy", "{")) == "InvalidParameter");
  CHECK(error_of(world.set(arn, "Colour", "red")) == "InvalidParameter");
  REQUIRE(world.set(arn, "DisplayName", ""));
  CHECK(world.attributes(arn) == before);
}

TEST_CASE("Subscription_ByEmailStaysPending_OthersAreConfirmed") {
  SnsWorld world;
  const std::string arn = world.topic();
  const auto mail = world.add(arn, "email", "a@example.com");
  REQUIRE(mail);
  CHECK(*world.add(arn, "email", "a@example.com")->subscription_arn == *mail->subscription_arn);  // again: the same
  REQUIRE(world.add(arn, "sqs", "arn:aws:sqs:us-east-1:123456789012:queue"));
  CHECK(error_of(world.add(arn, "email", "nobody")) == "InvalidParameter");
  CHECK(error_of(world.add(arn, "pigeon", "a")) == "InvalidParameter");
  CHECK(error_of(world.add(arn + "x", "email", "a@example.com")) == "NotFound");
  CHECK(world.attributes(arn).at("SubscriptionsPending") == "1");
  CHECK(world.attributes(arn).at("SubscriptionsConfirmed") == "1");
  op::GetSubscriptionAttributes::Input in;
  in.subscription_arn = *mail->subscription_arn;
  CHECK(get_subscription_attributes(world.context, in)->attributes->at("PendingConfirmation") == "true");
}

TEST_CASE("DeletedTopic_TakesItsSubscriptionsAlong_AndMayBeDeletedAgain") {
  SnsWorld world;
  const std::string arn = world.topic(), other = world.topic("other");
  REQUIRE(world.add(arn, "email", "a@example.com"));
  REQUIRE(world.add(other, "email", "a@example.com"));
  op::DeleteTopic::Input in;
  in.topic_arn = arn;
  CHECK(delete_topic(world.context, in));
  CHECK(delete_topic(world.context, in));
  CHECK(list_subscriptions(world.context, {})->subscriptions->size() == 1);
  op::GetTopicAttributes::Input get;
  get.topic_arn = arn;
  CHECK(error_of(get_topic_attributes(world.context, get)) == "NotFound");
}

TEST_CASE("TopicTags_ComeAndGo") {
  SnsWorld world;
  op::TagResource::Input in;
  in.resource_arn = world.topic();
  in.tags = std::vector<api::sns::Tag>{{.key = "team", .value = "web"}};
  REQUIRE(tag_resource(world.context, in));
  op::ListTagsForResource::Input list;
  list.resource_arn = *in.resource_arn;
  CHECK(*list_tags_for_resource(world.context, list)->tags->front().value == "web");
  op::UntagResource::Input gone;
  gone.resource_arn = *in.resource_arn;
  gone.tag_keys = std::vector<std::string>{"team"};
  REQUIRE(untag_resource(world.context, gone));
  CHECK(list_tags_for_resource(world.context, list)->tags->empty());
  in.resource_arn = "arn:aws:sns:us-east-1:123456789012:gone";
  CHECK(error_of(tag_resource(world.context, in)) == "ResourceNotFound");
}

}  // namespace services::sns
