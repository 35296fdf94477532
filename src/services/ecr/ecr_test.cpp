#include <doctest/doctest.h>

#include "services/context_test.h"
#include "services/ecr/handlers.h"
#include "services/ecr/images.h"
#include "services/ecr/lifecycle.h"

namespace services::ecr {
namespace {

struct EcrWorld : services::ContextFixture {
  Answer<op::CreateRepository> create(const std::string& name) {
    op::CreateRepository::Input in;
    in.repository_name = name;
    return create_repository(context, in);
  }
  model::Image push(const std::string& repository, const std::string& digest, std::vector<std::string> tags, int day = 0) {
    model::Image image;
    image.repository = repository;
    image.digest = "sha256:" + digest;
    image.media_type = "application/vnd.oci.image.manifest.v1+json";
    image.pushed_at = context.now + hours(24) * day;
    put_image(context.state, image, tags);
    return image;
  }
};

/// Digests without their algorithm, as the policy would expire them.
std::string expired(EcrWorld& world, const std::string& rules, int day) {
  const auto parsed = parse_lifecycle_policy("{\"rules\":[" + rules + "]}");
  if (!parsed) return parsed.error().message;
  std::string text;
  for (const std::string& digest : expired_images(*parsed, images_of(world.context.state, "one"), world.context.now + hours(24) * day)) {
    text += digest.substr(7);
  }
  return text;
}

std::string rule(int priority, const std::string& selection) {
  return "{\"rulePriority\":" + std::to_string(priority) + ",\"selection\":{" + selection + "},\"action\":{\"type\":\"expire\"}}";
}

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
  put.lifecycle_policy_text = "{nonsense}";
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

TEST_CASE("Images_ATagNamesOneOfThem_AndMovesOnlyWhereTagsAreMutable") {
  EcrWorld world;
  REQUIRE(world.create("one"));
  const model::Image first = world.push("one", "a", {"v1", "v2"});
  world.push("one", "b", {"v1"});
  state::State& state = world.context.state;
  CHECK(find_image(state, "one", "v1")->digest == "sha256:b");
  CHECK(find_image(state, "one", "v2")->digest == "sha256:a");
  CHECK(find_image(state, "one", "sha256:a")->tags == std::vector<std::string>{"v2"});
  CHECK(find_image(state, "other", "v1") == nullptr);
  world.push("one", "a", {});  // again, later: its tags and its time stay
  CHECK(find_image(state, "one", "v2")->pushed_at == first.pushed_at);
  state.repositories.update("one", [](model::Repository& repository) { repository.tag_mutability = "IMMUTABLE"; });
  const model::Repository& repository = *state.repositories.find("one");
  CHECK(refusal(check_tag(state, repository, "v1", "sha256:a")) == "ImageTagAlreadyExistsException");
  CHECK(refusal(check_tag(state, repository, "v1", "sha256:b")) == "");
  CHECK(refusal(check_tag(state, repository, "v3", "sha256:a")) == "");
}

TEST_CASE("Images_GoByTagByDigestAndWithTheirRepository") {
  EcrWorld world;
  REQUIRE(world.create("one"));
  world.push("one", "a", {"v1", "v2"});
  world.push("one", "b", {});
  op::BatchDeleteImage::Input in;
  in.repository_name = "one";
  in.image_ids.emplace() = {{.image_tag = "v1"}, {.image_tag = "v2"}, {.image_tag = "v3"}, {}};
  const auto out = batch_delete_image(world.context, in);
  REQUIRE(out);
  CHECK(out->image_ids->size() == 2);
  REQUIRE(out->failures->size() == 2);
  CHECK(out->failures->at(0).failure_code == "ImageNotFound");
  CHECK(out->failures->at(1).failure_code == "MissingDigestAndTag");
  CHECK(find_image(world.context.state, "one", "sha256:a") == nullptr);
  op::DeleteRepository::Input gone;
  gone.repository_name = "one";
  CHECK(refusal(delete_repository(world.context, gone)) == "RepositoryNotEmptyException");
  gone.force = true;
  CHECK(refusal(delete_repository(world.context, gone)) == "");
  CHECK(world.context.state.images.empty());
}

TEST_CASE("Lifecycle_CountsAndAgesByRuleInTheirOrder") {
  EcrWorld world;
  REQUIRE(world.create("one"));
  world.push("one", "a", {"alpha-1"}, 0);
  world.push("one", "b", {"beta-1"}, 1);
  world.push("one", "c", {"alpha-2"}, 2);
  world.push("one", "d", {}, 3);
  world.push("one", "e", {"git-1", "alpha-x"}, 4);
  const std::string alpha = R"("tagStatus":"tagged","tagPrefixList":["alpha"],"countType":"imageCountMoreThan","countNumber":1)";
  const std::string any = R"("tagStatus":"any","countType":"imageCountMoreThan","countNumber":1)";
  CHECK(expired(world, rule(1, alpha), 5) == "ac");
  CHECK(expired(world, rule(1, any), 5) == "abcd");
  // The later rule counts all, but leaves alone what the earlier one has selected.
  CHECK(expired(world, rule(5, any) + "," + rule(1, alpha), 5) == "abcd");
  CHECK(expired(world, rule(1, R"("tagStatus":"untagged","countType":"sinceImagePushed","countUnit":"days","countNumber":2)"), 5) == "");
  CHECK(expired(world, rule(1, R"("tagStatus":"untagged","countType":"sinceImagePushed","countUnit":"days","countNumber":2)"), 6) == "d");
  CHECK(expired(world, rule(1, R"("tagStatus":"tagged","tagPrefixList":["git","alpha"],"countType":"sinceImagePushed","countUnit":"days","countNumber":1)"), 9) == "e");
  CHECK(expired(world, rule(1, R"("tagStatus":"tagged","tagPatternList":["*-1"],"countType":"sinceImagePushed","countUnit":"days","countNumber":1)"), 9) == "abe");
  model::Image index = world.push("one", "f", {"multi"}, 8);
  index.manifests = {"sha256:a"};
  put_image(world.context.state, index, {});
  CHECK(expired(world, rule(1, alpha), 9) == "c");

  world.context.state.repositories.update("one", [&](model::Repository& one) { one.lifecycle_policy = "{\"rules\":[" + rule(1, alpha) + "]}"; });
  CHECK(expire_images(world.context.state, world.context.now + hours(24)) == 1);
  CHECK(expire_images(world.context.state, world.context.now + hours(24)) == 0);
}

TEST_CASE("Lifecycle_WhatIsNoPolicyIsRefusedWithTheReason") {
  const std::string count = R"("countType":"imageCountMoreThan","countNumber":1)", any = "\"tagStatus\":\"any\"," + count;
  EcrWorld world;
  for (const std::string& bad :
       {rule(0, any), rule(1, any) + "," + rule(1, any), rule(1, any) + "," + rule(2, "\"tagStatus\":\"untagged\"," + count),
        rule(1, "\"tagStatus\":\"tagged\"," + count), rule(1, "\"tagStatus\":\"none\"," + count), rule(1, R"("tagStatus":"any","countType":"imageCountMoreThan")"),
        rule(1, R"("tagStatus":"any","countType":"sinceImagePushed","countNumber":1)"), rule(1, R"("tagStatus":"any","countType":"sinceImagePulled","countNumber":1)"),
        std::string("1"), std::string("{\"rulePriority\":1}")}) {
    CHECK_MESSAGE(expired(world, bad, 0).find("Lifecycle policy validation failure") != std::string::npos, bad);
  }
  CHECK(matches_pattern("*", ""));
  CHECK(matches_pattern("prod*web*", "prod-1-web-2"));
  CHECK_FALSE(matches_pattern("prod*web", "prod-1-web-2"));
  CHECK_FALSE(matches_pattern("", "a"));
}

TEST_CASE("AuthorizationToken_IsForTheUserAwsAtThisEndpoint") {
  EcrWorld world;
  const auto answer = get_authorization_token(world.context, {});
  CHECK(answer->authorization_data->front().authorization_token->starts_with("QVdTO"));  // "AWS:"
  CHECK(answer->authorization_data->front().proxy_endpoint == "http://127.0.0.1:4566");
}

}  // namespace services::ecr
