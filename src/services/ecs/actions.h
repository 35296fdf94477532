// ECS: clusters, task definitions, services, tasks, container instances.
#pragma once

#include <span>

#include "api/route.h"

namespace services::ecs {

std::span<const api::Route> routes();

}  // namespace services::ecs
