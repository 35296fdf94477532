#include "control/placement/placement.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace control {
namespace {

constexpr const char* kAttribute = "attribute:";
constexpr const char* kDistinctUnmet = "DistinctInstance placement constraint unsatisfied.";
constexpr const char* kMemberUnmet = "MemberOf placement constraint unsatisfied.";

// No strategy: fewest service tasks in the zone, then on the instance (sheet C).
const std::vector<model::PlacementStrategy>& default_strategies() {
  static const std::vector<model::PlacementStrategy> strategies = {{"spread", "attribute:ecs.availability-zone"},
                                                                   {"spread", "instanceId"}};
  return strategies;
}

bool spreads_over_attribute(const model::PlacementStrategy& strategy) {
  return strategy.type == "spread" && strategy.field.starts_with(kAttribute);
}

std::string attribute_value(const NodeView& node, const std::string& name) {
  const auto found = node.instance->attributes.find(name);
  if (found != node.instance->attributes.end()) return found->second;
  return name == "ecs.availability-zone" ? node.instance->availability_zone : std::string();
}

bool ports_free(const NodeView& node, const TaskNeeds& needs) {
  return std::none_of(needs.ports.begin(), needs.ports.end(), [&](int slot) { return node.port_used(slot); });
}

}  // namespace

PlacementRequest placement_request(const std::string& group, const model::TaskDefinition& definition,
                                   const std::vector<model::PlacementConstraint>& constraints,
                                   const std::vector<model::PlacementStrategy>& strategies) {
  PlacementRequest request{group, task_needs(definition), constraints, strategies};
  request.constraints.insert(request.constraints.end(), definition.placement_constraints.begin(),
                             definition.placement_constraints.end());
  return request;
}

std::string Refusal::event_text() const {
  std::string text = "was unable to place a task because no container instance met all of its requirements. ";
  if (container_instance.empty()) {
    text += "Reason: No Container Instances were found in your cluster.";
  } else {
    std::string why = fmt::format("encountered error \"{}\"", code);
    if (code == "RESOURCE:CPU") why = "has insufficient CPU units available";
    if (code == "RESOURCE:MEMORY") why = "has insufficient memory available";
    if (code == "RESOURCE:PORTS") why = "is already using a port required by your task";
    if (code == "ATTRIBUTE") why = "is missing an attribute required by your task";
    text += fmt::format("The closest matching (container-instance {}) {}.", container_instance, why);
  }
  return text + " For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.";
}

Placer::Placer(PlacementRequest request, std::vector<NodeView>& nodes, Random& random)
    : request_(std::move(request)), nodes_(nodes), random_(random), member_(nodes.size(), 1) {
  if (request_.strategies.empty()) request_.strategies = default_strategies();
  for (const model::PlacementConstraint& constraint : request_.constraints) {
    if (constraint.type == "distinctInstance") distinct_ = true;
    if (constraint.type != "memberOf") continue;
    const Result<Query> query = Query::parse(constraint.expression);
    if (!query) {
      valid_ = false;  // the API refuses such a constraint, so only an old record can hold one
    } else if (!query->fixed()) {
      changing_.push_back(*query);
    } else {
      for (std::size_t i = 0; i < nodes_.size(); ++i) member_[i] = member_[i] && query->matches(nodes_[i]);
    }
  }
  for (const model::PlacementStrategy& strategy : request_.strategies) {
    std::vector<int>& bucket_of = bucket_of_.emplace_back();
    std::vector<int>& bucket_count = bucket_count_.emplace_back();
    if (!spreads_over_attribute(strategy)) continue;
    const std::string name = strategy.field.substr(std::string_view(kAttribute).size());
    std::map<std::string, int> buckets;
    for (const NodeView& node : nodes_) {
      const int bucket = buckets.emplace(attribute_value(node, name), static_cast<int>(buckets.size())).first->second;
      bucket_of.push_back(bucket);
      bucket_count.resize(buckets.size());
      bucket_count[bucket] += node.group_count(request_.group);
    }
  }
}

bool Placer::allowed(std::size_t i) const {
  if (!member_[i] || !valid_) return false;
  if (!request_.capacity_provider.empty() && nodes_[i].instance->capacity_provider != request_.capacity_provider) {
    return false;
  }
  if (distinct_ && nodes_[i].group_count(request_.group) > 0) return false;
  return std::all_of(changing_.begin(), changing_.end(), [&](const Query& query) { return query.matches(nodes_[i]); });
}

bool Placer::fits(const NodeView& node) const {
  return node.cpu_free >= request_.needs.cpu && node.memory_free >= request_.needs.memory &&
         ports_free(node, request_.needs);
}

tl::expected<std::size_t, Refusal> Placer::place() {
  std::vector<std::size_t> best;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (nodes_[i].open() && fits(nodes_[i]) && allowed(i)) best.push_back(i);
  }
  if (best.empty()) return tl::unexpected(refuse());

  for (std::size_t s = 0; s < request_.strategies.size() && best.size() > 1; ++s) {
    const model::PlacementStrategy& strategy = request_.strategies[s];
    if (strategy.type == "random") {
      best = {best[random_.below(best.size())]};
      break;
    }
    // The best partition is the one with the lowest of this number.
    const auto rank = [&](std::size_t i) -> std::int64_t {
      if (strategy.type == "binpack") {
        return strategy.field == "cpu" ? nodes_[i].cpu_free.value : nodes_[i].memory_free.value;
      }
      return spreads_over_attribute(strategy) ? bucket_count_[s][bucket_of_[s][i]]
                                              : nodes_[i].group_count(request_.group);
    };
    std::int64_t lowest = std::numeric_limits<std::int64_t>::max();
    for (const std::size_t i : best) lowest = std::min(lowest, rank(i));
    std::erase_if(best, [&](std::size_t i) { return rank(i) != lowest; });
  }

  const std::size_t chosen = best.front();
  nodes_[chosen].take(request_.needs, request_.group);
  for (std::size_t s = 0; s < bucket_of_.size(); ++s) {
    if (!bucket_of_[s].empty()) ++bucket_count_[s][bucket_of_[s][chosen]];
  }
  return chosen;
}

// The closest match is the open node with the fewest unmet needs; of several the one with most room.
Refusal Placer::refuse() const {
  Refusal refusal{"ATTRIBUTE", ""};
  int fewest = std::numeric_limits<int>::max();
  CpuUnits most_room{-1};
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    const NodeView& node = nodes_[i];
    if (node.instance->status != "ACTIVE") continue;
    std::vector<const char*> unmet;
    if (!node.instance->agent_connected) unmet.push_back("AGENT");
    if (node.cpu_free < request_.needs.cpu) unmet.push_back("RESOURCE:CPU");
    if (node.memory_free < request_.needs.memory) unmet.push_back("RESOURCE:MEMORY");
    if (!ports_free(node, request_.needs)) unmet.push_back("RESOURCE:PORTS");
    if (!allowed(i)) {
      const bool distinct_only = member_[i] && valid_ && distinct_ && node.group_count(request_.group) > 0;
      unmet.push_back(distinct_only ? kDistinctUnmet : kMemberUnmet);
    }
    const int count = static_cast<int>(unmet.size());
    if (count > fewest || (count == fewest && node.cpu_free <= most_room)) continue;
    fewest = count;
    most_room = node.cpu_free;
    refusal = {unmet.front(), node.instance->id};
  }
  return refusal;
}

tl::expected<std::size_t, Refusal> place(const PlacementRequest& request, std::vector<NodeView>& nodes,
                                         Random& random) {
  return Placer(request, nodes, random).place();
}

}  // namespace control
