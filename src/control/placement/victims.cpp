#include "control/placement/victims.h"

#include <algorithm>
#include <map>

namespace control {
namespace {

constexpr const char* kZone = "attribute:ecs.availability-zone";
constexpr const char* kAttribute = "attribute:";

// What each candidate weighs under one strategy: the heaviest go. Counting buckets shrink as victims are taken.
class Scale {
 public:
  Scale(const model::PlacementStrategy& strategy, const std::vector<VictimCandidate>& candidates,
        const std::map<std::string, const NodeView*>& nodes)
      : binpack_(strategy.type == "binpack"), by_cpu_(strategy.field == "cpu"), candidates_(candidates) {
    std::map<std::string, std::size_t> buckets;
    for (const VictimCandidate& candidate : candidates) {
      const auto found = nodes.find(candidate.container_instance);
      const NodeView* node = found == nodes.end() ? nullptr : found->second;
      std::string value = candidate.container_instance;
      if (strategy.field == kZone) {
        value = candidate.availability_zone;
      } else if (strategy.type == "spread" && strategy.field.starts_with(kAttribute)) {
        value.clear();
        const std::string name = strategy.field.substr(std::string_view(kAttribute).size());
        if (node != nullptr && node->instance->attributes.contains(name)) value = node->instance->attributes.at(name);
      }
      const std::size_t bucket = buckets.emplace(value, buckets.size()).first->second;
      bucket_of_.push_back(bucket);
      weight_.resize(buckets.size());
      if (!binpack_) ++weight_[bucket];
      if (binpack_ && node != nullptr) weight_[bucket] = by_cpu_ ? node->cpu_free.value : node->memory_free.value;
    }
  }
  std::int64_t weight(std::size_t i) const {
    const std::int64_t kept = weight_[bucket_of_[i]];
    return binpack_ ? kept + size(i) : kept;  // binpack: what is left on the instance after the removal
  }
  void take(std::size_t i) { weight_[bucket_of_[i]] += binpack_ ? size(i) : -1; }

 private:
  std::int64_t size(std::size_t i) const { return by_cpu_ ? candidates_[i].cpu.value : candidates_[i].memory.value; }

  bool binpack_, by_cpu_;
  const std::vector<VictimCandidate>& candidates_;
  std::vector<std::size_t> bucket_of_;
  std::vector<std::int64_t> weight_;
};

}  // namespace

bool victims_need_nodes(const std::vector<model::PlacementStrategy>& strategies) {
  return std::any_of(strategies.begin(), strategies.end(), [](const model::PlacementStrategy& strategy) {
    return strategy.type == "binpack" ||
           (strategy.type == "spread" && strategy.field.starts_with(kAttribute) && strategy.field != kZone);
  });
}

std::vector<std::size_t> choose_victims(const std::vector<VictimCandidate>& candidates, std::size_t count,
                                        const std::vector<model::PlacementStrategy>& strategies,
                                        const std::vector<NodeView>& nodes, Random& random) {
  std::map<std::string, const NodeView*> node_by_id;
  for (const NodeView& node : nodes) node_by_id[node.instance->id] = &node;

  std::vector<Scale> scales;
  bool by_chance = false;
  for (const model::PlacementStrategy& strategy : strategies) {
    if (strategy.type == "random") {
      by_chance = true;
      break;
    }
    scales.emplace_back(strategy, candidates, node_by_id);
    if (strategy.type == "spread") by_chance = true;  // balanced, then random within
    if (strategy.type == "binpack") by_chance = false;
  }
  if (strategies.empty()) {
    scales.emplace_back(model::PlacementStrategy{"spread", kZone}, candidates, node_by_id);
    scales.emplace_back(model::PlacementStrategy{"spread", "instanceId"}, candidates, node_by_id);
  }

  std::vector<std::size_t> left;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (candidates[i].eligible) left.push_back(i);
  }
  const auto readiness = [&](std::size_t i) { return !candidates[i].running ? 0 : candidates[i].healthy ? 2 : 1; };

  std::vector<std::size_t> victims;
  while (victims.size() < count && !left.empty()) {
    std::vector<std::size_t> best = left;
    int lowest = 2;
    for (const std::size_t i : best) lowest = std::min(lowest, readiness(i));
    std::erase_if(best, [&](std::size_t i) { return readiness(i) != lowest; });
    for (const Scale& scale : scales) {
      std::int64_t heaviest = scale.weight(best.front());
      for (const std::size_t i : best) heaviest = std::max(heaviest, scale.weight(i));
      std::erase_if(best, [&](std::size_t i) { return scale.weight(i) != heaviest; });
    }
    // Of equals the oldest goes, so that the same view always gives the same victim.
    std::size_t victim = *std::min_element(best.begin(), best.end(), [&](std::size_t a, std::size_t b) {
      return candidates[a].created_at < candidates[b].created_at;
    });
    if (by_chance) victim = best[random.below(best.size())];
    for (Scale& scale : scales) scale.take(victim);
    std::erase(left, victim);
    victims.push_back(victim);
  }
  return victims;
}

}  // namespace control
