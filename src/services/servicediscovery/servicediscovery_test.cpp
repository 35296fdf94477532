#include <doctest/doctest.h>

#include "services/context_test.h"
#include "services/servicediscovery/handlers.h"

namespace services::servicediscovery {
namespace {

struct CloudMapWorld : services::ContextFixture {
  Answer<op::CreateHttpNamespace> make(const std::string& name) {
    op::CreateHttpNamespace::Input in;
    in.name = name;
    return create_http_namespace(context, in);
  }
  api::servicediscovery::Operation_ operation(const std::string& id) {
    op::GetOperation::Input in;
    in.operation_id = id;
    return *get_operation(context, in)->operation;
  }
  std::string made(const std::string& name = "apps") {
    return operation(*make(name)->operation_id).targets->at("NAMESPACE");
  }
};

template <class Answered>
std::string error_of(const Answered& answer) {
  return answer ? "" : answer.error().code;
}

}  // namespace

TEST_CASE("Namespace_IsThereWhenItsOperationIsAnswered_AndGoneAfterDeletion") {
  CloudMapWorld world;
  const std::string id = world.made();
  op::GetNamespace::Input get;
  get.id = id;
  const auto shown = get_namespace(world.context, get);
  REQUIRE(shown);
  CHECK(*shown->namespace_->name == "apps");
  CHECK(*shown->namespace_->type == "HTTP");
  CHECK(*shown->namespace_->properties->http_properties->http_name == "apps");
  op::DeleteNamespace::Input gone;
  gone.id = *shown->namespace_->arn;  // by ARN as well
  const auto deleted = world.operation(*delete_namespace(world.context, gone)->operation_id);
  CHECK(*deleted.status == "SUCCESS");
  CHECK(*deleted.type == "DELETE_NAMESPACE");
  CHECK(error_of(get_namespace(world.context, get)) == "NamespaceNotFound");
  CHECK(error_of(delete_namespace(world.context, gone)) == "NamespaceNotFound");
}

TEST_CASE("Namespace_NamesAreTakenOnce_AndPlain") {
  CloudMapWorld world;
  REQUIRE(world.make("apps"));
  CHECK(error_of(world.make("apps")) == "NamespaceAlreadyExists");
  CHECK(error_of(world.make("two words")) == "InvalidInput");
  CHECK(error_of(world.make("arn:x")) == "InvalidInput");
}

TEST_CASE("Namespaces_AreListedByFilters") {
  CloudMapWorld world;
  REQUIRE(world.make("apps"));
  REQUIRE(world.make("apples"));
  const auto count = [&](const std::string& name, const std::string& value, const std::string& condition = "EQ") {
    op::ListNamespaces::Input in;
    in.filters.emplace().push_back({.name = name, .values = std::vector{value}, .condition = condition});
    return list_namespaces(world.context, in)->namespaces->size();
  };
  CHECK(count("TYPE", "HTTP") == 2);
  CHECK(count("TYPE", "DNS_PUBLIC") == 0);
  CHECK(count("NAME", "apps") == 1);
  CHECK(count("HTTP_NAME", "app", "BEGINS_WITH") == 2);
  CHECK(list_namespaces(world.context, {})->namespaces->size() == 2);
}

TEST_CASE("NamespaceTags_ComeAndGo") {
  CloudMapWorld world;
  op::TagResource::Input add;
  add.resource_arn = world.state.namespaces.find(world.made())->arn;
  add.tags = std::vector<api::servicediscovery::Tag>{{.key = "team", .value = "web"}};
  REQUIRE(tag_resource(world.context, add));
  op::ListTagsForResource::Input list;
  list.resource_arn = *add.resource_arn;
  CHECK(*list_tags_for_resource(world.context, list)->tags->front().value == "web");
  op::UntagResource::Input gone;
  gone.resource_arn = *add.resource_arn;
  gone.tag_keys = std::vector<std::string>{"team"};
  REQUIRE(untag_resource(world.context, gone));
  CHECK(list_tags_for_resource(world.context, list)->tags->empty());
  list.resource_arn = *add.resource_arn + "x";
  CHECK(error_of(list_tags_for_resource(world.context, list)) == "ResourceNotFoundException");
}

TEST_CASE("NamespaceOperations_OldOnesAreForgotten") {
  CloudMapWorld world;
  const std::string first = add_operation(world.context, "CREATE_NAMESPACE", "ns-1");
  for (int i = 0; i < 300; ++i) {
    world.context.now += seconds(1);
    add_operation(world.context, "UPDATE_NAMESPACE", "ns-1");
  }
  op::GetOperation::Input in;
  in.operation_id = first;
  CHECK(error_of(get_operation(world.context, in)) == "OperationNotFound");
  CHECK(world.state.namespace_operations.all().size() == 200);
}

}  // namespace services::servicediscovery
