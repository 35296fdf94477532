#include "drivers/dependencies.h"

#include <fmt/format.h>

#include <algorithm>

namespace drivers {

namespace {
/// Links come last: what is said of the same container before may ask for more.
std::vector<Dependency> dependencies_of(const ContainerSpec& container) {
  std::vector<Dependency> all = container.depends_on;
  for (const std::string& link : container.links) all.push_back({link_target(link), "START"});
  return all;
}
}  // namespace

std::string link_target(const std::string& link) { return link.substr(0, link.find(':')); }

Readiness readiness(const TaskSpec& task, const std::vector<ContainerProgress>& progress, std::size_t index, Instant now,
                    std::string& reason) {
  for (const Dependency& dependency : dependencies_of(task.containers[index])) {
    const auto on = std::find_if(task.containers.begin(), task.containers.end(),
                                 [&](const ContainerSpec& other) { return other.name == dependency.container; });
    if (on == task.containers.end()) {
      reason = fmt::format("TaskDependencyError: there is no container {}", dependency.container);
      return Readiness::never;
    }
    const ContainerProgress& other = progress[static_cast<std::size_t>(on - task.containers.begin())];
    const std::string& condition = dependency.condition;
    const bool ran = other.started_at.has_value();
    const bool met = condition == "COMPLETE"  ? other.ended && ran
                     : condition == "SUCCESS" ? other.ended && other.exit_code == 0
                     : condition == "HEALTHY" ? !other.ended && other.health == "HEALTHY"
                                              : ran;
    if (met) continue;
    const bool late = ran && !other.ended && now - *other.started_at > on->start_timeout;
    if (!other.ended && !late) return Readiness::wait;
    reason = fmt::format("TaskDependencyError: container {} {} before its condition {} held", dependency.container,
                         late ? "ran into its start timeout" : "ended", condition);
    return Readiness::never;
  }
  return Readiness::ready;
}

bool may_stop(const TaskSpec& task, const std::vector<ContainerProgress>& progress, std::size_t index) {
  for (std::size_t i = 0; i < task.containers.size(); ++i) {
    if (!progress[i].started_at || progress[i].ended) continue;
    for (const Dependency& dependency : dependencies_of(task.containers[i]))
      if (dependency.container == task.containers[index].name) return false;
  }
  return true;
}

}  // namespace drivers
