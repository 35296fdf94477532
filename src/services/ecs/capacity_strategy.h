// Capacity provider strategies in requests and answers. Called by the handlers of clusters, services and tasks.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/ecs.h"
#include "services/context.h"

namespace services::ecs {

/// Checked against the cluster: its providers, the limits of a strategy (sheet C).
Result<std::vector<model::CapacityShare>> read_strategy(const model::Cluster& cluster,
                                                        const std::vector<api::ecs::CapacityProviderStrategyItem>& given);
/// What a service or RunTask gets: the strategy it names, else the cluster's default one unless it names a launch type;
/// empty: a launch type.
Result<std::vector<model::CapacityShare>> strategy_for(
    const model::Cluster& cluster, const std::vector<api::ecs::CapacityProviderStrategyItem>& given, bool has_launch_type);
std::vector<api::ecs::CapacityProviderStrategyItem> render_strategy(const std::vector<model::CapacityShare>& strategy);

/// ACTIVE and not Fargate's; by name or ARN.
const model::CapacityProvider* find_provider(const Context& context, const std::string& name_or_arn);

/// A provider comes to a cluster: ECS's scaling policy and its alarms are put on its group, nodes there get its name.
void attach_provider(Context& context, const std::string& provider, const std::string& cluster);
void detach_provider(Context& context, const std::string& provider);
api::ecs::Attachment render_attachment(const Context& context, const model::CapacityProvider& provider);

}  // namespace services::ecs
