// Which provider of a capacity provider strategy the next task goes to (sheet C). Called by the service scheduler for each
// task it starts, and by RunTask.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "model/capacity_provider.h"

namespace control {

/// `tasks`: how many each provider has, of the service (or of this RunTask). The one with a base first, until it has that
/// many; then the one furthest behind its weight, of equals the first as given. Empty: all weights are 0.
std::string choose_provider(const std::vector<model::CapacityShare>& strategy, const std::map<std::string, int>& tasks);

/// Tasks that may wait in PROVISIONING in one cluster.
inline constexpr int kMostWaitingTasks = 500;

}  // namespace control
