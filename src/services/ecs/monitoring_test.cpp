// The 20 s option of services and Container Insights of clusters.
#include <doctest/doctest.h>

#include "services/context_test.h"
#include "services/ecs/handlers.h"
#include "services/ecs/service_settings.h"

namespace services::ecs {
namespace {

api::ecs::MonitoringConfiguration monitoring(std::vector<std::pair<std::vector<std::string>, int>> given) {
  api::ecs::MonitoringConfiguration configuration;
  auto& list = configuration.metric_configurations.emplace();
  for (auto& [names, seconds] : given) {
    auto& one = list.emplace_back();
    one.metric_names = names;
    one.resolution_seconds = seconds;
  }
  return configuration;
}

}  // namespace

TEST_CASE("Monitoring_TwentySecondsForTheTwoServiceMetrics") {
  CHECK(*read_fine_metrics(monitoring({{{"MemoryUtilization", "CPUUtilization"}, 20}})) ==
        std::vector<std::string>{"CPUUtilization", "MemoryUtilization"});
  CHECK(*read_fine_metrics(monitoring({{{"MemoryUtilization"}, 60}, {{"CPUUtilization"}, 20}})) ==
        std::vector<std::string>{"CPUUtilization"});
  CHECK(read_fine_metrics(monitoring({}))->empty());
  CHECK(read_fine_metrics(monitoring({{{"CPUUtilization"}, 30}})).error().message == "resolutionSeconds must be 20 or 60.");
  CHECK(read_fine_metrics(monitoring({{{"Latency"}, 20}})).error().message.find("Latency") != std::string::npos);
  CHECK_FALSE(read_fine_metrics(monitoring({{{"CPUUtilization"}, 20}, {{"CPUUtilization"}, 60}})));
}

TEST_CASE_FIXTURE(services::ContextFixture, "ContainerInsights_EnabledAndDisabledAndEnhancedIsRefused") {
  const auto setting = [](const char* value) {
    std::vector<api::ecs::ClusterSetting> settings;
    auto& one = settings.emplace_back();
    one.name = "containerInsights";
    one.value = value;
    return settings;
  };
  op::CreateCluster::Input in;
  in.cluster_name = "c";
  in.settings = setting("enhanced");
  CHECK(create_cluster(context, in).error().message.find("enhanced") != std::string::npos);
  in.settings = setting("enabled");
  const auto made = create_cluster(context, in);
  REQUIRE(made);
  CHECK(made->cluster->settings->at(0).value == "enabled");
  CHECK(state.clusters.find("c")->container_insights);
  op::UpdateClusterSettings::Input update;
  update.cluster = "c";
  update.settings = setting("disabled");
  REQUIRE(update_cluster_settings(context, update));
  CHECK_FALSE(state.clusters.find("c")->container_insights);
}

}  // namespace services::ecs
