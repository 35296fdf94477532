// Records as the API answers them.
#pragma once

#include "api/ecs.h"
#include "services/context.h"

namespace services::ecs {

api::Timestamp timestamp(Instant at);
std::vector<api::ecs::Tag> render_tags(const model::Tags& tags);
/// Whether a description's `include` names TAGS.
bool asks_for_tags(const std::optional<std::vector<std::string>>& include);

/// What of DescribeClusters' answer was asked for (its `include`).
struct ClusterDetail {
  bool attachments = false, configurations = false, settings = false, statistics = false, tags = false;
};
api::ecs::Cluster render_cluster(const Context& context, const model::Cluster& cluster, const ClusterDetail& detail);
api::ecs::Service render_service(const Context& context, const model::Service& service, bool with_tags);
api::ecs::Task render_task(const Context& context, const model::Task& task, bool with_tags);
api::ecs::TaskDefinition render_task_definition(const model::TaskDefinition& definition);
api::ecs::ContainerInstance render_container_instance(const Context& context, const model::ContainerInstance& instance,
                                                      bool with_tags);

/// RUNNING and not-yet-running tasks among those of an index entry.
struct TaskCounts {
  int running = 0, pending = 0;
};
TaskCounts count_tasks(const Context& context, const std::set<std::string>& task_ids,
                       const std::string& deployment_id = {});

}  // namespace services::ecs
