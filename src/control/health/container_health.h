// Health of a task from its containers' (sheet A1). Called by the task lifecycle and the service scheduler.
#pragma once

#include <string>

#include "model/task.h"
#include "model/task_definition.h"

namespace control {

/// True if an essential container has a health check in its task definition; the image's own HEALTHCHECK is ignored.
bool has_container_checks(const model::TaskDefinition& definition);

/// HEALTHY, UNHEALTHY or UNKNOWN: HEALTHY if all essential containers with a check are; UNHEALTHY if one is.
std::string task_health(const model::Task& task, const model::TaskDefinition& definition);

}  // namespace control
