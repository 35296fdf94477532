// The settings that CreateService and UpdateService share: read from the API and checked once.
#pragma once

#include "api/ecs.h"
#include "services/context.h"

namespace services::ecs {

Result<std::vector<model::TargetGroupBinding>> read_load_balancers(
    const Context& context, const std::vector<api::ecs::LoadBalancer>& given, const model::TaskDefinition& definition);
Result<std::vector<model::PlacementConstraint>> read_constraints(
    const std::vector<api::ecs::PlacementConstraint>& given);
Result<std::vector<model::PlacementStrategy>> read_strategies(const std::vector<api::ecs::PlacementStrategy>& given);
/// `current`: what members not given keep.
Result<model::DeploymentConfiguration> read_deployment_configuration(const api::ecs::DeploymentConfiguration& given,
                                                                     model::DeploymentConfiguration current,
                                                                     const std::string& scheduling_strategy);
/// The metrics to publish each 20 s, in order.
Result<std::vector<std::string>> read_fine_metrics(const api::ecs::MonitoringConfiguration& given);
/// A new PRIMARY deployment of the service's present settings.
model::Deployment new_deployment(Context& context, const model::Service& service);

}  // namespace services::ecs
