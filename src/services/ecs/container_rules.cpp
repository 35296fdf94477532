#include "services/ecs/container_rules.h"

#include <fmt/format.h>

#include <map>
#include <set>

namespace services::ecs {

namespace {

// Of the API's documentation, November 2026.
constexpr int kPeriodMin = 60, kPeriodMax = 1800;
constexpr std::size_t kIgnoredExitCodesMax = 50;

/// Members of a health check, in seconds and times.
struct HealthRange {
  const char* name;
  decltype(api::ecs::HealthCheck::interval) api::ecs::HealthCheck::*member;
  int min, max;
};
constexpr HealthRange kHealthRanges[] = {{"interval", &api::ecs::HealthCheck::interval, 5, 300},
                                         {"timeout", &api::ecs::HealthCheck::timeout, 2, 60},
                                         {"retries", &api::ecs::HealthCheck::retries, 1, 10},
                                         {"startPeriod", &api::ecs::HealthCheck::start_period, 0, 300}};

tl::unexpected<Error> invalid_setting(const api::ecs::ContainerDefinition& container, const std::string& what) {
  return fail("ClientException",
              fmt::format("Invalid setting for container '{}'. {}", container.name.value_or(""), what));
}

using Waits = std::map<std::string, std::set<std::string>>;  // container -> the others that it waits for

/// A container that waits for itself by way of `at`; the path there.
bool waits_for_itself(const Waits& waits, const std::string& begin, const std::string& at, std::set<std::string>& seen,
                      std::string& path) {
  const auto found = waits.find(at);
  if (found == waits.end()) return false;
  for (const std::string& other : found->second) {
    if (other == begin || (seen.insert(other).second && waits_for_itself(waits, begin, other, seen, path))) {
      path = other + (path.empty() ? "" : " -> ") + path;
      return true;
    }
  }
  return false;
}

}  // namespace

Result<void> check_restart_policy(const api::ecs::ContainerDefinition& container) {
  if (!container.restart_policy) return {};
  const auto& policy = *container.restart_policy;
  const int period = policy.restart_attempt_period.value_or(300);
  if (period < kPeriodMin || period > kPeriodMax) {
    return fail("ClientException", fmt::format("Invalid setting for container '{}'. The restartAttemptPeriod of a "
                                               "restart policy must be between {} and {} seconds.",
                                               container.name.value_or(""), kPeriodMin, kPeriodMax));
  }
  if (policy.ignored_exit_codes && policy.ignored_exit_codes->size() > kIgnoredExitCodesMax) {
    return fail(
        "ClientException",
        fmt::format("Invalid setting for container '{}'. A restart policy can have at most {} ignoredExitCodes.",
                    container.name.value_or(""), kIgnoredExitCodesMax));
  }
  return {};
}

Result<void> check_container_values(const api::ecs::ContainerDefinition& container) {
  for (const HealthRange& range : kHealthRanges) {
    if (!container.health_check) break;
    const auto& given = (*container.health_check).*range.member;
    if (given && (*given < range.min || *given > range.max)) {
      return invalid_setting(container, fmt::format("The {} of a health check must be between {} and {}.", range.name,
                                                    range.min, range.max));
    }
  }
  if (container.stop_timeout.value_or(0) < 0)
    return invalid_setting(container, "The stopTimeout must not be negative.");
  if (container.start_timeout.value_or(0) < 0)
    return invalid_setting(container, "The startTimeout must not be negative.");
  for (const auto& variable : container.environment.value_or(std::vector<api::ecs::KeyValuePair>())) {
    if (variable.name.value_or("").empty())
      return invalid_setting(container, "The name of a variable in its environment must not be empty.");
  }
  return {};
}

Result<void> check_links(const std::vector<api::ecs::ContainerDefinition>& containers,
                         const std::string& network_mode) {
  std::set<std::string> names;
  for (const auto& container : containers) names.insert(container.name.value_or(""));
  Waits waits;
  for (const auto& container : containers) {
    const std::string name = container.name.value_or("");
    for (const auto& dependency : container.depends_on.value_or(std::vector<api::ecs::ContainerDependency>()))
      waits[name].insert(dependency.container_name.value_or(""));
    for (const std::string& link : container.links.value_or(std::vector<std::string>())) {
      if (network_mode != "bridge")
        return fail("ClientException", fmt::format("Links are not supported when networkMode={}.", network_mode));
      const std::string target = link.substr(0, link.find(':'));
      if (target == name || !names.contains(target) || link.ends_with(':')) {
        return fail(
            "ClientException",
            fmt::format("Container '{}' has the link '{}', which must be the name of another container of this task "
                        "definition, or such a name, a colon and an alias.",
                        name, link));
      }
      waits[name].insert(target);
    }
  }
  for (const auto& [name, others] : waits) {
    std::set<std::string> seen;
    std::string path;
    if (waits_for_itself(waits, name, name, seen, path))
      return fail("ClientException",
                  fmt::format("Links and dependencies between containers must not be circular: {} -> {}.", name, path));
  }
  return {};
}

}  // namespace services::ecs
