#include "control/tasks/waiting.h"

#include <doctest/doctest.h>

using namespace control;

namespace {

model::Task task(const std::string& id, int age_seconds) {
  model::Task one;
  one.id = id;
  one.group = "service:web";
  one.capacity_provider = "cp";
  one.created_at = instant_from_ms(1'700'000'000'000) - seconds(age_seconds);
  return one;
}
model::ContainerInstance node(const std::string& id, const std::string& provider) {
  model::ContainerInstance one;
  one.id = id;
  one.capacity_provider = provider;
  one.cpu = {1024};
  one.memory = {983};
  return one;
}

}  // namespace

TEST_CASE("Waiting_OldestFirst_OnlyOnNodesOfTheirProvider_NeverMoreThanFits") {
  Random random(1);
  const auto young = task("young", 1), old = task("old", 60), middle = task("middle", 30);
  const auto ours = node("ours", "cp"), other = node("other", "");
  std::vector<NodeView> nodes = {make_node_view(other, {}), make_node_view(ours, {})};
  const PlacementRequest request{"service:web", {{512}, {128}, {}}, {}, {}, "cp"};
  const auto placed = place_waiting({{&young, request}, {&old, request}, {&middle, request}}, nodes, random);
  REQUIRE(placed.size() == 2);
  CHECK(placed[0].task_id == "old");
  CHECK(placed[1].task_id == "middle");
  CHECK(placed[0].node->id == "ours");
  CHECK(nodes[1].cpu_free == CpuUnits{0});
  CHECK(nodes[0].cpu_free == CpuUnits{1024});
}

TEST_CASE("Waiting_ATaskTooLargeDoesNotHoldUpSmallerOnesOfAnotherKind") {
  Random random(1);
  auto large = task("large", 60), small = task("small", 1);
  large.task_definition_arn = "td/large";
  const auto ours = node("ours", "cp");
  std::vector<NodeView> nodes = {make_node_view(ours, {})};
  const auto placed = place_waiting({{&large, {"service:web", {{2048}, {128}, {}}, {}, {}, "cp"}},
                                     {&small, {"service:web", {{256}, {128}, {}}, {}, {}, "cp"}}},
                                    nodes, random);
  REQUIRE(placed.size() == 1);
  CHECK(placed[0].task_id == "small");
}
