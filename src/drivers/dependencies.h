// dependsOn between a task's containers: when one may start, and in which order they stop. Pure; shared by the runtimes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "drivers/driver.h"

namespace drivers {

/// Where a container is, one for each of the task's, in the spec's order.
struct ContainerProgress {
  bool ended = false;
  std::optional<Instant> started_at;
  std::optional<int> exit_code;
  std::string health;
};

/// Of a link "container:alias".
std::string link_target(const std::string& link);

enum class Readiness { ready, wait, never };

/// START, also of a link: the other has started. COMPLETE: it ran and ended. SUCCESS: ended with 0. HEALTHY: its check passes.
/// never, with the reason an ECS agent gives, when that cannot come true any more or took longer than its start timeout.
Readiness readiness(const TaskSpec& task, const std::vector<ContainerProgress>& progress, std::size_t index, Instant now,
                    std::string& reason);

/// Nobody who still runs depends on it.
bool may_stop(const TaskSpec& task, const std::vector<ContainerProgress>& progress, std::size_t index);

}  // namespace drivers
