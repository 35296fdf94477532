#include <doctest/doctest.h>

#include "stack/stack.h"

namespace stack {
namespace {

Names names(const std::string& cluster, const std::string& service) {
  Options options;
  options.cluster = cluster;
  options.service = service;
  return Names(options);
}

TEST_CASE("the default cluster's names are the document's") {
  const Names made = names("container-cluster", "http-api");
  CHECK(made.load_balancer == "ecs-lb-http-api");
  CHECK(made.target_group == "ecs-tg-http-api");
  CHECK(made.log_group == "/ecs/http-api");
  CHECK(made.task_family == "http-api");
}

TEST_CASE("no two stacks share a load balancer, a target group, a log group or a task family") {
  const std::pair<std::string, std::string> stacks[] = {{"container-cluster", "http-api"}, {"second", "http-api"}, {"a-b", "c"},
                                                        {"a", "b-c"}, {"container-cluster", "a-b-c"}, {"container-cluster", "second-http-api"},
                                                        {std::string(200, 'c') + "1", "s"}, {std::string(200, 'c') + "2", "s"}};
  std::set<std::string> seen;
  for (const auto& [cluster, service] : stacks) {
    const Names made = names(cluster, service);
    for (const std::string& name : {made.load_balancer, made.target_group, made.log_group, made.task_family}) {
      CHECK_MESSAGE(seen.insert(name).second, name);
    }
  }
}

TEST_CASE("names of load balancers and target groups are such as AWS takes") {
  for (const std::string cluster : {"container-cluster", "under_score", "a-cluster-with-a-very-long-name-indeed"}) {
    for (const std::string service : {"http-api", "http_api", "a-service-with-a-very-long-name-indeed"}) {
      for (const std::string& name : {names(cluster, service).load_balancer, names(cluster, service).target_group}) {
        CHECK(name.size() <= 32);
        CHECK(name.find('_') == std::string::npos);
        CHECK(name.back() != '-');
      }
    }
  }
}

std::string problem(const Options& options) {
  const auto checked = check(options);
  return checked ? "" : checked.error().message;
}

TEST_CASE("counts outside their bounds are contradictions, named by their flags") {
  Options options;
  CHECK(problem(options) == "");
  options.nodes_min = 4, options.nodes_max = 2;
  CHECK(problem(options) == "--nodes-min 4 is above --nodes-max 2");
  options = {};
  options.nodes = 50;
  CHECK(problem(options) == "--nodes 50 is above --nodes-max 5");
  options = {};
  options.tasks = 0;
  CHECK(problem(options) == "--tasks 0 is below --tasks-min 1");
  options.tasks = 30;
  CHECK(problem(options) == "--tasks 30 is above --tasks-max 20");
  options.autoscaling = false;
  CHECK(problem(options) == "");
}

}  // namespace
}  // namespace stack
