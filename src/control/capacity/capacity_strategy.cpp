#include "control/capacity/capacity_strategy.h"

#include <algorithm>

namespace control {

std::string choose_provider(const std::vector<model::CapacityShare>& strategy, const std::map<std::string, int>& tasks) {
  const auto count = [&](const model::CapacityShare& share) {
    const auto found = tasks.find(share.provider);
    return found == tasks.end() ? 0 : found->second;
  };
  for (const model::CapacityShare& share : strategy) {
    if (count(share) < share.base) return share.provider;
  }
  const model::CapacityShare* best = nullptr;
  for (const model::CapacityShare& share : strategy) {
    if (share.weight <= 0) continue;
    const auto beyond_base = [&](const model::CapacityShare& one) {
      return static_cast<std::int64_t>(std::max(0, count(one) - one.base));
    };
    // (tasks + 1) / weight, compared without division: with 1 to 4, of five tasks one goes to the first
    if (best == nullptr || (beyond_base(share) + 1) * best->weight < (beyond_base(*best) + 1) * share.weight) best = &share;
  }
  return best == nullptr ? std::string() : best->provider;
}

}  // namespace control
