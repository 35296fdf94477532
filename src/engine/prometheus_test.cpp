#include "engine/prometheus.h"

#include <doctest/doctest.h>

namespace engine {

namespace {

struct Page {
  std::unique_ptr<state::MetricStore> metrics = state::MetricStore::in_memory();
  Instant now = instant_from_ms(1'800'000'000'000);
  void put(const model::MetricName& metric, Duration ago, double count, double sum, double low, double high) {
    metrics->put(metric, {.at = now - ago, .sample_count = count, .sum = sum, .minimum = low, .maximum = high, .unit = "Percent"});
  }
  std::string text() const { return prometheus_text(*metrics, now - minutes(5)); }
  bool has(const std::string& line) const { return ("\n" + text()).find("\n" + line + "\n") != std::string::npos; }
};

}  // namespace

TEST_CASE("Prometheus_TheNewestDatapointOfEachMetricWithItsDimensionsAsLabels") {
  Page page;
  page.put({"AWS/ECS", "CPUUtilization", {{"ClusterName", "c"}, {"ServiceName", "web"}}}, minutes(2), 1, 7, 7, 7);
  page.put({"AWS/ECS", "CPUUtilization", {{"ClusterName", "c"}, {"ServiceName", "web"}}}, minutes(1), 2, 90, 40, 50);
  page.put({"AWS/ECS", "CPUUtilization", {{"ClusterName", "c"}}}, minutes(1), 1, 12, 12, 12);
  page.put({"AWS/ApplicationELB", "RequestCount", {{"LoadBalancer", "app/lb/1"}}}, minutes(1), 1, 1000, 1000, 1000);
  CHECK(page.has("aws_ecs_service_cpuutilization_average{cluster_name=\"c\",service_name=\"web\"} 45"));
  CHECK(page.has("aws_ecs_service_cpuutilization_maximum{cluster_name=\"c\",service_name=\"web\"} 50"));
  CHECK(page.has("aws_ecs_cluster_cpuutilization_average{cluster_name=\"c\"} 12"));
  CHECK(page.has("# TYPE aws_applicationelb_request_count_sum gauge"));
  CHECK(page.has("aws_applicationelb_request_count_sum{load_balancer=\"app/lb/1\"} 1000"));
}

TEST_CASE("Prometheus_AMetricThatIsNotMeasuredAnyMoreHasNoValue") {
  Page page;
  page.put({"AWS/ECS", "CPUUtilization", {{"ClusterName", "c"}}}, minutes(6), 1, 12, 12, 12);
  CHECK(page.text().empty());
}

TEST_CASE("Prometheus_NamesAndLabelsOfUsersAreMadeLegalAndEachLineComesOnce") {
  Page page;
  page.put({"1st/App", "Depth-now", {{"a-b", "x\"\\\n"}, {"a_b", "y"}}}, minutes(1), 1, 3, 3, 3);
  page.put({"App", "m.1", {}}, minutes(1), 1, 3, 3, 3);
  page.put({"App", "m_1", {}}, minutes(1), 1, 4, 4, 4);
  CHECK(page.has("_1st_app_depth_now_sum{a_b=\"x\\\"\\\\\\n\",a_b_=\"y\"} 3"));
  const std::string text = page.text();
  const std::string line = "\napp_m_1_average ";
  CHECK(text.find(line) != std::string::npos);
  CHECK(text.find(line) == text.rfind(line));
}

}  // namespace engine
