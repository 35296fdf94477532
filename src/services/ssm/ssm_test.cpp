#include <doctest/doctest.h>

#include "model/machine_image.h"
#include "services/context_test.h"
#include "services/ssm/handlers.h"

namespace services::ssm {
namespace {

struct SsmWorld : services::ContextFixture {
  static op::PutParameter::Input parameter(const std::string& name, const std::string& value, const std::string& type = "String") {
    op::PutParameter::Input in;
    in.name = name;
    in.value = value;
    in.type = type;
    return in;
  }
  Answer<op::GetParameter> get(const std::string& name, bool decrypt = false) {
    op::GetParameter::Input in;
    in.name = name;
    in.with_decryption = decrypt;
    return get_parameter(context, in);
  }
};

template <class Answered>
std::string error_of(const Answered& answer) {
  return answer ? "" : answer.error().code;
}

}  // namespace

TEST_CASE("PublicParameters_NameTheNewestEcsImages") {
  SsmWorld world;
  for (const char* family : {"amazon-linux-2", "amazon-linux-2023"}) {
    const auto found = world.get("/aws/service/ecs/optimized-ami/" + std::string(family) + "/recommended/image_id");
    REQUIRE(found);
    const auto& images = model::machine_images();
    const auto same = [&](const model::MachineImage& image) { return image.id == *found->parameter->value; };
    CHECK(std::any_of(images.begin(), images.end(), same));
    CHECK(*found->parameter->arn ==
          "arn:aws:ssm:us-east-1::parameter/aws/service/ecs/optimized-ami/" + std::string(family) + "/recommended/image_id");
  }
  CHECK(error_of(world.get("/aws/service/ecs/optimized-ami/windows/recommended/image_id")) == "ParameterNotFound");
}

TEST_CASE("Parameter_IsOverwrittenOnlyWhenAsked_EachTimeAVersion") {
  SsmWorld world;
  auto in = SsmWorld::parameter("/web/url", "a");
  REQUIRE(put_parameter(world.context, in));
  in.value = "b";
  CHECK(error_of(put_parameter(world.context, in)) == "ParameterAlreadyExists");
  in.overwrite = true;
  CHECK(*put_parameter(world.context, in)->version == 2);
  CHECK(*world.get("/web/url")->parameter->value == "b");
  CHECK(*world.get("/web/url:1")->parameter->value == "a");
  CHECK(error_of(world.get("/web/url:3")) == "ParameterVersionNotFound");
  in.type = "SecureString";
  CHECK(error_of(put_parameter(world.context, in)) == "HierarchyTypeMismatchException");
}

TEST_CASE("SecureString_IsShownOnlyWhenDecryptionIsAskedFor") {
  SsmWorld world;
  REQUIRE(put_parameter(world.context, SsmWorld::parameter("secret", "hunter2", "SecureString")));
  CHECK(*world.get("secret", true)->parameter->value == "hunter2");
  CHECK(world.get("secret")->parameter->value->find("hunter2") == std::string::npos);
}

TEST_CASE("ParameterName_MayNotBeginAsAwssDo_AndIsAPath") {
  SsmWorld world;
  CHECK(error_of(put_parameter(world.context, SsmWorld::parameter("/aws/x", "a"))) == "ValidationException");
  CHECK(error_of(put_parameter(world.context, SsmWorld::parameter("a/b", "a"))) == "ValidationException");
  CHECK(error_of(put_parameter(world.context, SsmWorld::parameter("a b", "a"))) == "ValidationException");
  for (const char* name : {"/", "a/", "/a/", "//a", "/a//b", "//x//"}) {
    CAPTURE(name);
    CHECK(error_of(put_parameter(world.context, SsmWorld::parameter(name, "a"))) == "ValidationException");
  }
  std::string deep;
  for (int level = 1; level <= 15; ++level) deep += "/x";
  CHECK(put_parameter(world.context, SsmWorld::parameter(deep, "a")));
  CHECK(error_of(put_parameter(world.context, SsmWorld::parameter(deep + "/x", "a"))) ==
        "HierarchyLevelLimitExceededException");
  CHECK(error_of(put_parameter(world.context, SsmWorld::parameter("empty", ""))) == "ValidationException");
}

TEST_CASE("ParameterName_WithAndWithoutItsSlash_IsOneParameters") {
  SsmWorld world;
  REQUIRE(put_parameter(world.context, SsmWorld::parameter("a", "x")));
  auto other = SsmWorld::parameter("/a", "y");
  CHECK(error_of(put_parameter(world.context, other)) == "ParameterAlreadyExists");
  other.overwrite = true;
  CHECK(error_of(put_parameter(world.context, other)) == "ParameterAlreadyExists");
  CHECK(*world.get(*world.get("a")->parameter->arn)->parameter->value == "x");
  REQUIRE(delete_parameter(world.context, {.name = "a"}));
  CHECK(put_parameter(world.context, other));
}

TEST_CASE("AllowedPattern_ThatCostsTooMuchIsRefused_AndEndsNothing") {
  SsmWorld world;
  const auto put = [&](const std::string& pattern, const std::string& value) {
    auto in = SsmWorld::parameter("p", value);
    in.allowed_pattern = pattern;
    in.tier = "Advanced";
    in.overwrite = true;
    return error_of(put_parameter(world.context, in));
  };
  const std::string most(8192, 'a');
  for (const char* nested : {"^(a+)+$", "^(a|aa)+$", "^(a*)*[^a]$"}) {
    CAPTURE(nested);
    CHECK(put(nested, std::string(40, 'a') + "!!") == "InvalidAllowedPatternException");
  }
  CHECK(put("(.*)(.*)(.*)[^a]", most) == "InvalidAllowedPatternException");
  CHECK(put("^((((((((((((a))))))))))))*$", most) == "InvalidAllowedPatternException");
  CHECK(put("^(" + std::string(400, '(') + "a" + std::string(400, ')') + ")*$", most) ==
        "InvalidAllowedPatternException");
  CHECK(put("(", "a") == "InvalidAllowedPatternException");
  // As Java writes them, and as long as values are.
  CHECK(put("(?i)^prod$", "Prod") == "");
  CHECK(put("^(?<port>\\d++)\\z", "80") == "");
  CHECK(put("^(?=.*\\p{Lu})[\\p{L}.-]+$", "\xc3\x89t\xc3\xa9") == "");
  CHECK(put("^(a|b)*$", most) == "");
  CHECK(put("^([a-z]{1,20},?)+$", most) == "");
  CHECK(put("^[0-9]+$", most) == "ParameterPatternMismatchException");
}

TEST_CASE("ParameterValue_MatchesItsPatternAndFitsItsTier") {
  SsmWorld world;
  auto in = SsmWorld::parameter("port", "eighty");
  in.allowed_pattern = "^[0-9]+$";
  CHECK(error_of(put_parameter(world.context, in)) == "ParameterPatternMismatchException");
  in.value = "80";
  CHECK(put_parameter(world.context, in));
  CHECK(error_of(put_parameter(world.context, SsmWorld::parameter("long", std::string(4097, 'x')))) == "ValidationException");
  auto advanced = SsmWorld::parameter("long", std::string(4097, 'x'));
  advanced.tier = "Advanced";
  CHECK(*put_parameter(world.context, advanced)->tier == "Advanced");
}

TEST_CASE("GetParametersByPath_TakesOneLevelUnlessRecursive") {
  SsmWorld world;
  for (const char* name : {"/web/a", "/web/b/c", "/other"}) REQUIRE(put_parameter(world.context, SsmWorld::parameter(name, "x")));
  op::GetParametersByPath::Input in;
  in.path = "/web";
  CHECK(get_parameters_by_path(world.context, in)->parameters->size() == 1);
  in.recursive = true;
  CHECK(get_parameters_by_path(world.context, in)->parameters->size() == 2);
}

TEST_CASE("GetParametersByPath_ShowsAwssParametersOnlyBelowTheirOwnPath") {
  SsmWorld world;
  REQUIRE(put_parameter(world.context, SsmWorld::parameter("/web", "x")));
  op::GetParametersByPath::Input in;
  in.path = "/";
  in.recursive = true;
  REQUIRE(get_parameters_by_path(world.context, in)->parameters->size() == 1);
  CHECK(*get_parameters_by_path(world.context, in)->parameters->front().name == "/web");
  in.path = "/aws";
  CHECK(get_parameters_by_path(world.context, in)->parameters->size() == 10);
}

TEST_CASE("ParameterHistory_ComesInPagesOfAtMost50_OldestFirst") {
  SsmWorld world;
  auto parameter = SsmWorld::parameter("a", "x");
  parameter.overwrite = true;
  for (int version = 1; version <= 60; ++version) REQUIRE(put_parameter(world.context, parameter));
  op::GetParameterHistory::Input in;
  in.name = "a";
  CHECK(get_parameter_history(world.context, in)->parameters->size() == 50);
  in.max_results = 7;
  std::vector<std::int64_t> seen;
  do {
    const auto page = get_parameter_history(world.context, in);
    REQUIRE(page);
    CHECK(page->parameters->size() <= 7);
    for (const auto& one : *page->parameters) seen.push_back(*one.version);
    in.next_token = page->next_token;
  } while (in.next_token);
  REQUIRE(seen.size() == 60);
  CHECK(std::ranges::is_sorted(seen));
  in.next_token = "x";
  CHECK(error_of(get_parameter_history(world.context, in)) == "InvalidNextToken");
}

TEST_CASE("ParameterTags_AreAddedAndRemoved") {
  SsmWorld world;
  REQUIRE(put_parameter(world.context, SsmWorld::parameter("a", "x")));
  op::AddTagsToResource::Input in;
  in.resource_type = "Parameter";
  in.resource_id = "a";
  in.tags = std::vector<api::ssm::Tag>{{.key = "team", .value = "web"}};
  REQUIRE(add_tags_to_resource(world.context, in));
  op::ListTagsForResource::Input list;
  list.resource_type = "Parameter";
  list.resource_id = "a";
  CHECK(list_tags_for_resource(world.context, list)->tag_list->size() == 1);
  op::RemoveTagsFromResource::Input gone;
  gone.resource_type = "Parameter";
  gone.resource_id = "a";
  gone.tag_keys = std::vector<std::string>{"team"};
  REQUIRE(remove_tags_from_resource(world.context, gone));
  CHECK(list_tags_for_resource(world.context, list)->tag_list->empty());
  in.resource_id = "b";
  CHECK(error_of(add_tags_to_resource(world.context, in)) == "InvalidResourceId");
}

}  // namespace services::ssm
