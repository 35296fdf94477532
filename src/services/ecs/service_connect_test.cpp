// The namespace that a cluster names for Service Connect; Service Connect itself is refused.
#include <doctest/doctest.h>

#include "services/context_test.h"
#include "services/ecs/handlers.h"

namespace services::ecs {

TEST_CASE_FIXTURE(services::ContextFixture, "ServiceConnect_AClusterNamesANamespaceByNameOrArn_OneThatIsNotThereIsRefused") {
  const std::string arn = "arn:aws:servicediscovery:us-east-1:123456789012:namespace/ns-1";
  state.namespaces.put({.id = "ns-1", .arn = arn, .name = "apps"});
  op::CreateCluster::Input in;
  in.cluster_name = "c";
  in.service_connect_defaults.emplace().namespace_ = "apps";
  CHECK(*create_cluster(context, in)->cluster->service_connect_defaults->namespace_ == arn);
  op::UpdateCluster::Input update;
  update.cluster = "c";
  update.service_connect_defaults.emplace().namespace_ = "";
  CHECK_FALSE(update_cluster(context, update)->cluster->service_connect_defaults);
  update.service_connect_defaults->namespace_ = arn;
  CHECK(*update_cluster(context, update)->cluster->service_connect_defaults->namespace_ == arn);
  update.service_connect_defaults->namespace_ = "gone";
  CHECK(update_cluster(context, update).error().code == "NamespaceNotFoundException");
}

TEST_CASE_FIXTURE(services::ContextFixture, "ServiceConnect_OfAServiceIsRefusedByName") {
  op::CreateCluster::Input cluster;
  cluster.cluster_name = "c";
  REQUIRE(create_cluster(context, cluster));
  op::CreateService::Input in;
  in.cluster = "c";
  in.service_name = "web";
  in.service_connect_configuration.emplace().enabled = true;
  const auto refused = create_service(context, in);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("Service Connect") != std::string::npos);
}

}  // namespace services::ecs
