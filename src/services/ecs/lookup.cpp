#include "services/ecs/lookup.h"

#include <fmt/format.h>

namespace services::ecs {

std::string_view short_name(std::string_view name_or_arn) {
  const std::size_t slash = name_or_arn.rfind('/');
  return slash == std::string_view::npos ? name_or_arn : name_or_arn.substr(slash + 1);
}

std::string cluster_name(const std::optional<std::string>& name_or_arn) {
  if (!name_or_arn || name_or_arn->empty()) return "default";
  return std::string(short_name(*name_or_arn));
}

Result<const model::Cluster*> find_cluster(const Context& context, const std::optional<std::string>& name_or_arn) {
  const model::Cluster* cluster = context.state.clusters.find(cluster_name(name_or_arn));
  if (!cluster || cluster->status != "ACTIVE") return fail("ClusterNotFoundException", "Cluster not found.");
  return cluster;
}

Result<const model::Service*> find_service(const Context& context, const model::Cluster& cluster,
                                           const std::string& name_or_arn) {
  const model::Service* service =
      context.state.services.find(cluster.name + "/" + std::string(short_name(name_or_arn)));
  if (!service || service->status == "INACTIVE") return fail("ServiceNotFoundException", "Service not found.");
  return service;
}

Result<const model::Service*> active_service(const Context& context, const model::Cluster& cluster,
                                             const std::string& name_or_arn) {
  const model::Service* service =
      context.state.services.find(cluster.name + "/" + std::string(short_name(name_or_arn)));
  if (!service) return fail("ServiceNotFoundException", "Service not found.");
  if (service->status != "ACTIVE") return fail("ServiceNotActiveException", "Service was not ACTIVE.");
  return service;
}

const model::TaskDefinition* find_task_definition(const Context& context, std::string_view reference) {
  if (const std::string key = model::TaskDefinition::key_of(reference); !key.empty()) {
    return context.state.task_definitions.find(key);
  }
  const auto& all = context.state.task_definitions.all();
  const std::string family(short_name(reference));
  // ';' follows ':' in ASCII: the first key that is not this family's.
  for (auto next = all.lower_bound(family + ";"); next != all.begin();) {
    --next;
    if (next->second.family != family) break;
    if (next->second.status == "ACTIVE") return &next->second;
  }
  return nullptr;
}

Result<const model::TaskDefinition*> usable_task_definition(const Context& context, const std::string& reference) {
  const model::TaskDefinition* definition = find_task_definition(context, reference);
  if (!definition) return fail("ClientException", "Unable to describe task definition.");
  if (definition->status != "ACTIVE") return fail("ClientException", "TaskDefinition is inactive");
  return definition;
}

Result<std::size_t> page_size(const std::optional<int>& max_results, PageRange range) {
  const int size = max_results.value_or(range.usual);
  if (size < 1 || size > range.most) {
    return fail("InvalidParameterException", fmt::format("maxResults must be between 1 and {}.", range.most));
  }
  return static_cast<std::size_t>(size);
}

}  // namespace services::ecs
