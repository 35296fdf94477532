#include <doctest/doctest.h>

#include "services/context_test.h"
#include "services/tagging/handlers.h"

namespace services::tagging {
namespace {

const std::string kVpc = "arn:aws:ec2:us-east-1:123456789012:vpc/vpc-1";
const std::string kCluster = "arn:aws:ecs:us-east-1:123456789012:cluster/web";

/// A VPC and a cluster with tags, a log group without.
struct TaggedWorld : services::ContextFixture {
  TaggedWorld() {
    state.vpcs.put({.id = "vpc-1", .tags = {{"team", "web"}, {"stage", "test"}}});
    state.clusters.put({.name = "web", .arn = kCluster, .tags = {{"team", "shop"}}});
    state.log_groups.put({.name = "plain", .arn = "arn:aws:logs:us-east-1:123456789012:log-group:plain"});
  }
  std::vector<std::string> arns(const op::GetResources::Input& in) {
    std::vector<std::string> found;
    const auto out = get_resources(context, in);
    for (const auto& one : *out->resource_tag_mapping_list) found.push_back(*one.resource_arn);
    return found;
  }
  static op::GetResources::Input filtered(const std::string& key, std::vector<std::string> values) {
    op::GetResources::Input in;
    auto& filter = in.tag_filters.emplace().emplace_back();
    filter.key = key;
    filter.values = std::move(values);
    return in;
  }
};

}  // namespace

TEST_CASE("GetResources_ShowsWhatHasTags_FilteredByTagAndType") {
  TaggedWorld world;
  CHECK(world.arns({}) == std::vector{kVpc, kCluster});
  CHECK(world.arns(TaggedWorld::filtered("team", {"shop", "other"})) == std::vector{kCluster});
  CHECK(world.arns(TaggedWorld::filtered("team", {})).size() == 2);
  auto both = TaggedWorld::filtered("team", {});
  both.tag_filters->emplace_back().key = "stage";
  CHECK(world.arns(both) == std::vector{kVpc});
  op::GetResources::Input typed;
  typed.resource_type_filters = std::vector<std::string>{"ecs"};
  CHECK(world.arns(typed) == std::vector{kCluster});
  typed.resource_type_filters = std::vector<std::string>{"ec2:subnet"};
  CHECK(world.arns(typed).empty());
}

TEST_CASE("GetResources_PagesByToken_TheLastOneIsEmpty") {
  TaggedWorld world;
  op::GetResources::Input in;
  in.resources_per_page = 1;
  const auto first = get_resources(world.context, in);
  REQUIRE(first);
  CHECK(!first->pagination_token->empty());
  in.pagination_token = *first->pagination_token;
  const auto second = get_resources(world.context, in);
  CHECK(*second->resource_tag_mapping_list->front().resource_arn == kCluster);
  CHECK(second->pagination_token->empty());
}

TEST_CASE("TagKeysAndValues_AreThoseOfAllResources") {
  TaggedWorld world;
  CHECK(*get_tag_keys(world.context, {})->tag_keys == std::vector<std::string>{"stage", "team"});
  op::GetTagValues::Input in;
  in.key = "team";
  CHECK(*get_tag_values(world.context, in)->tag_values == std::vector<std::string>{"shop", "web"});
}

TEST_CASE("TagResources_DoesWhatItCanAndSaysWhatFailed") {
  TaggedWorld world;
  op::TagResources::Input in;
  in.resource_arn_list = std::vector<std::string>{kVpc, "arn:aws:ec2:us-east-1:123456789012:vpc/vpc-2"};
  in.tags = std::map<std::string, std::string>{{"team", "new"}};
  const auto out = tag_resources(world.context, in);
  REQUIRE(out);
  CHECK(out->failed_resources_map->size() == 1);
  CHECK(world.arns(TaggedWorld::filtered("team", {"new"})) == std::vector{kVpc});
  in.tags = std::map<std::string, std::string>{{"aws:team", "new"}};
  CHECK(tag_resources(world.context, in).error().code == "InvalidParameterException");
  op::UntagResources::Input gone;
  gone.resource_arn_list = std::vector<std::string>{kCluster};
  gone.tag_keys = std::vector<std::string>{"team"};
  REQUIRE(untag_resources(world.context, gone));
  CHECK(world.arns({}) == std::vector{kVpc});
}

}  // namespace services::tagging
