// Rules between the members of a container definition, and between the containers of one task definition, that the
// API's model cannot say. Called when a definition is registered.
#pragma once

#include <string>
#include <vector>

#include "api/ecs.h"
#include "base/result.h"

namespace services::ecs {

/// The period's bounds and the number of exit codes.
Result<void> check_restart_policy(const api::ecs::ContainerDefinition& container);

/// The numbers of its health check and its timeouts, and the names in its environment.
Result<void> check_container_values(const api::ecs::ContainerDefinition& container);

/// Links are for bridge mode, lead to other containers of the definition, and with dependsOn make no circle.
Result<void> check_links(const std::vector<api::ecs::ContainerDefinition>& containers, const std::string& network_mode);

}  // namespace services::ecs
