#include "control/tasks/task_tags.h"

#include <algorithm>
#include <boost/json.hpp>

namespace control {

namespace {

/// The service's tags, its definition's or none: what its propagateTags says.
const model::Tags* source_of(std::string_view propagate, const model::Service& service,
                             const model::TaskDefinition& definition) {
  if (propagate == "SERVICE") return &service.tags;
  if (propagate == "TASK_DEFINITION") return &definition.tags;
  return nullptr;
}

}  // namespace

model::Tags task_tags(const TaskTags& wanted) {
  model::Tags tags = wanted.own;
  for (const model::Tag& tag : wanted.propagated ? *wanted.propagated : model::Tags()) {
    if (std::ranges::find(tags, tag.key, &model::Tag::key) == tags.end()) tags.push_back(tag);
  }
  if (!wanted.managed) return tags;
  tags.push_back({"aws:ecs:clusterName", wanted.cluster});
  if (!wanted.service.empty()) tags.push_back({"aws:ecs:serviceName", wanted.service});
  return tags;
}

model::Tags service_task_tags(const model::Service& service, const model::TaskDefinition& definition) {
  TaskTags wanted{.cluster = service.cluster, .service = service.name};
  boost::system::error_code bad;
  const boost::json::value document = boost::json::parse(service.document, bad);
  if (!bad && document.is_object()) {
    const boost::json::value* propagate = document.as_object().if_contains("propagateTags");
    const boost::json::value* managed = document.as_object().if_contains("enableECSManagedTags");
    if (propagate && propagate->is_string()) wanted.propagated = source_of(propagate->as_string(), service, definition);
    wanted.managed = managed && managed->is_bool() && managed->as_bool();
  }
  return task_tags(wanted);
}

}  // namespace control
