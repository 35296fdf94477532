// Which cluster an instance joins, from its user data. Called when an instance reaches running.
#pragma once

#include <string>

namespace control {

/// `base64`: as the API keeps it. Finds the last ECS_CLUSTER=name (a config line or an echo into /etc/ecs/ecs.config);
/// "default" if none is set, as the agent does.
std::string cluster_of_user_data(const std::string& base64);

}  // namespace control
