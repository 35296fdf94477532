#include "services/ecs/capacity_strategy.h"

#include <algorithm>

#include "services/ecs/lookup.h"

namespace services::ecs {

namespace {
constexpr std::size_t kMostProviders = 20;
}  // namespace

const model::CapacityProvider* find_provider(const Context& context, const std::string& name_or_arn) {
  const model::CapacityProvider* found = context.state.capacity_providers.find(short_name(name_or_arn));
  return found && found->status == "ACTIVE" ? found : nullptr;
}

Result<std::vector<model::CapacityShare>> read_strategy(
    const model::Cluster& cluster, const std::vector<api::ecs::CapacityProviderStrategyItem>& given) {
  std::vector<model::CapacityShare> strategy;
  if (given.size() > kMostProviders) {
    return fail("InvalidParameterException", "A capacity provider strategy can have at most 20 capacity providers.");
  }
  int bases = 0;
  for (const auto& item : given) {
    model::CapacityShare share{std::string(short_name(*item.capacity_provider)), static_cast<int>(item.weight.value_or(0)),
                               static_cast<int>(item.base.value_or(0))};
    if (std::ranges::find(cluster.capacity_providers, share.provider) == cluster.capacity_providers.end()) {
      return fail("InvalidParameterException",
                  "The specified capacity provider strategy contains a capacity provider (" + share.provider +
                      ") that is not associated with the cluster. Associate the capacity provider with the cluster and try "
                      "again.");
    }
    if (std::ranges::any_of(strategy, [&](const auto& other) { return other.provider == share.provider; })) {
      return fail("InvalidParameterException",
                  "The specified capacity provider strategy contains " + share.provider + " more than once.");
    }
    bases += share.base > 0;
    strategy.push_back(std::move(share));
  }
  const auto on_fargate =
      std::ranges::count_if(strategy, [](const auto& share) { return model::is_fargate(share.provider); });
  if (on_fargate != 0 && on_fargate != static_cast<std::ptrdiff_t>(strategy.size())) {
    return fail(
        "InvalidParameterException",
        "A capacity provider strategy cannot contain a mix of capacity providers using Auto Scaling groups and Fargate "
        "providers. Specify one or the other and try again.");
  }
  if (bases > 1) {
    return fail("InvalidParameterException",
                "The specified capacity provider strategy can only have one capacity provider with a base value defined.");
  }
  if (!strategy.empty() && std::ranges::all_of(strategy, [](const auto& share) { return share.weight == 0; })) {
    return fail("InvalidParameterException",
                "The specified capacity provider strategy cannot place tasks: the weight of every capacity provider is 0. "
                "Specify a weight of at least 1 for one of them and try again.");
  }
  return strategy;
}

Result<std::vector<model::CapacityShare>> strategy_for(
    const model::Cluster& cluster, const std::vector<api::ecs::CapacityProviderStrategyItem>& given,
    bool has_launch_type) {
  if (!given.empty() && has_launch_type) {
    return fail("InvalidParameterException",
                "Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.");
  }
  std::vector<model::CapacityShare> strategy;
  if (!given.empty()) {
    TRY(strategy, read_strategy(cluster, given));
  } else if (!has_launch_type) {
    strategy = cluster.default_strategy;
  }
  return strategy;
}

std::vector<api::ecs::CapacityProviderStrategyItem> render_strategy(const std::vector<model::CapacityShare>& strategy) {
  std::vector<api::ecs::CapacityProviderStrategyItem> items;
  for (const model::CapacityShare& share : strategy) {
    items.push_back({.capacity_provider = share.provider, .weight = share.weight, .base = share.base});
  }
  return items;
}

}  // namespace services::ecs
