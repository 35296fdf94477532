#include <doctest/doctest.h>

#include "services/context_test.h"
#include "services/ecr/handlers.h"

namespace services::ecr {
namespace {

struct EcrWorld : services::ContextFixture {
  Answer<op::CreateRepository> create(const std::string& name) {
    op::CreateRepository::Input in;
    in.repository_name = name;
    return create_repository(context, in);
  }
};

template <class Answered>
std::string refusal(const Answered& answer) {
  return answer ? "" : answer.error().code;
}

}  // namespace

TEST_CASE("Repository_IsNamedAsAwsNamesIt_OnceOnly") {
  EcrWorld world;
  const auto made = world.create("http-api");
  REQUIRE(made);
  CHECK(made->repository->repository_uri == "123456789012.dkr.ecr.us-east-1.amazonaws.com/http-api");
  CHECK(made->repository->repository_arn == "arn:aws:ecr:us-east-1:123456789012:repository/http-api");
  CHECK(made->repository->image_tag_mutability == "MUTABLE");
  CHECK(refusal(world.create("http-api")) == "RepositoryAlreadyExistsException");
  for (const char* name : {"Upper", "a//b", "-a", "a_", "a..b", "a b", "x"}) CHECK(refusal(world.create(name)) != "");
  for (const char* name : {"team/http-api", "a__b", "a.b", "a--b", "a1"}) CHECK(refusal(world.create(name)) == "");
}

TEST_CASE("Repository_IsDescribedAndDeletedByName") {
  EcrWorld world;
  REQUIRE(world.create("one"));
  REQUIRE(world.create("two"));
  CHECK(describe_repositories(world.context, {})->repositories->size() == 2);
  op::DescribeRepositories::Input wanted;
  wanted.repository_names = std::vector<std::string>{"three"};
  CHECK(refusal(describe_repositories(world.context, wanted)) == "RepositoryNotFoundException");
  op::DeleteRepository::Input gone;
  gone.repository_name = "one";
  CHECK(delete_repository(world.context, gone)->repository->repository_name == "one");
  CHECK(refusal(delete_repository(world.context, gone)) == "RepositoryNotFoundException");
}

TEST_CASE("Repository_PoliciesAndTagsAreEchoed") {
  EcrWorld world;
  const std::string arn = *world.create("one")->repository->repository_arn;
  op::GetLifecyclePolicy::Input get;
  get.repository_name = "one";
  CHECK(refusal(get_lifecycle_policy(world.context, get)) == "LifecyclePolicyNotFoundException");
  op::PutLifecyclePolicy::Input put;
  put.repository_name = "one";
  put.lifecycle_policy_text = "{\"rules\":[]}";
  REQUIRE(put_lifecycle_policy(world.context, put));
  CHECK(get_lifecycle_policy(world.context, get)->lifecycle_policy_text == "{\"rules\":[]}");
  put.lifecycle_policy_text = "nonsense";
  CHECK(refusal(put_lifecycle_policy(world.context, put)) == "InvalidParameterException");

  op::TagResource::Input tag;
  tag.resource_arn = arn;
  tag.tags.emplace().push_back({.key = "team", .value = "web"});
  REQUIRE(tag_resource(world.context, tag));
  op::ListTagsForResource::Input list;
  list.resource_arn = arn;
  CHECK(list_tags_for_resource(world.context, list)->tags->front().value == "web");
  op::UntagResource::Input untag;
  untag.resource_arn = arn;
  untag.tag_keys = std::vector<std::string>{"team"};
  REQUIRE(untag_resource(world.context, untag));
  CHECK(list_tags_for_resource(world.context, list)->tags->empty());
}

TEST_CASE("AuthorizationToken_IsForTheUserAwsAtThisEndpoint") {
  EcrWorld world;
  const auto answer = get_authorization_token(world.context, {});
  CHECK(answer->authorization_data->front().authorization_token->starts_with("QVdTO"));  // "AWS:"
  CHECK(answer->authorization_data->front().proxy_endpoint == "http://127.0.0.1:4566");
}

}  // namespace services::ecr
