#include "control/capacity/capacity_strategy.h"

#include <doctest/doctest.h>

using control::choose_provider;

namespace {

std::map<std::string, int> spread(const std::vector<model::CapacityShare>& strategy, int tasks) {
  std::map<std::string, int> counts;
  for (int i = 0; i < tasks; ++i) ++counts[choose_provider(strategy, counts)];
  return counts;
}

}  // namespace

TEST_CASE("CapacityStrategy_BaseFirstThenTheRatioOfTheWeights") {
  CHECK(spread({{"a", 1, 2}, {"b", 4, 0}}, 2) == std::map<std::string, int>{{"a", 2}});
  CHECK(spread({{"a", 1, 2}, {"b", 4, 0}}, 12) == std::map<std::string, int>{{"a", 4}, {"b", 8}});
  CHECK(spread({{"a", 1, 0}, {"b", 1, 0}}, 7) == std::map<std::string, int>{{"a", 4}, {"b", 3}});
}

TEST_CASE("CapacityStrategy_WeightZeroTakesNothingBeyondItsBase") {
  CHECK(spread({{"a", 0, 1}, {"b", 1, 0}}, 5) == std::map<std::string, int>{{"a", 1}, {"b", 4}});
  CHECK(choose_provider({{"a", 0, 0}}, {}).empty());
}
