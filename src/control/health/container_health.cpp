#include "control/health/container_health.h"

#include <algorithm>

namespace control {

bool has_container_checks(const model::TaskDefinition& definition) {
  return std::any_of(definition.containers.begin(), definition.containers.end(),
                     [](const model::ContainerDefinition& container) {
                       return container.essential && container.health_check.has_value();
                     });
}

std::string task_health(const model::Task& task, const model::TaskDefinition& definition) {
  bool any = false, all_healthy = true;
  for (const model::ContainerDefinition& wanted : definition.containers) {
    if (!wanted.essential || !wanted.health_check) continue;
    any = true;
    const auto found = std::find_if(task.containers.begin(), task.containers.end(),
                                    [&](const model::Container& container) { return container.name == wanted.name; });
    const std::string status = found == task.containers.end() ? "UNKNOWN" : found->health_status;
    if (status == "UNHEALTHY") return "UNHEALTHY";
    if (status != "HEALTHY") all_healthy = false;
  }
  return any && all_healthy ? "HEALTHY" : "UNKNOWN";
}

}  // namespace control
