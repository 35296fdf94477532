// Finds what a request names, or says in AWS's words that it is not there.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api/ecs.h"
#include "services/context.h"

namespace services::ecs {

/// The part after the last '/' of a name or ARN.
std::string_view short_name(std::string_view name_or_arn);
/// The cluster's name a request means; "default" when it names none.
std::string cluster_name(const std::optional<std::string>& name_or_arn);
/// An ACTIVE cluster, or ClusterNotFoundException.
Result<const model::Cluster*> find_cluster(const Context& context, const std::optional<std::string>& name_or_arn);
/// A service that is not INACTIVE, or ServiceNotFoundException.
Result<const model::Service*> find_service(const Context& context, const model::Cluster& cluster,
                                           const std::string& name_or_arn);
/// An ACTIVE service; ServiceNotActiveException if there was one, else ServiceNotFoundException.
Result<const model::Service*> active_service(const Context& context, const model::Cluster& cluster,
                                             const std::string& name_or_arn);
/// By family (its newest ACTIVE revision), family:revision or ARN; nullptr if there is none.
const model::TaskDefinition* find_task_definition(const Context& context, std::string_view reference);
/// As find_task_definition, and ACTIVE; else the ClientException AWS answers.
Result<const model::TaskDefinition*> usable_task_definition(const Context& context, const std::string& reference);


/// How many items a list's page may have. `most` is also what a request gets that does not say, but of services (10).
struct PageRange {
  int most = 100;
  int usual = most;
};
/// A request's maxResults, or InvalidParameterException if it is out of range.
Result<std::size_t> page_size(const std::optional<int>& max_results, PageRange range = {});

}  // namespace services::ecs
