// The tags that a new task begins with: its own, those it takes from its service or task definition, and AWS's managed ones.
// Called when the scheduler's StartTask is applied and by RunTask.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-using-tags.html
#pragma once

#include <string>
#include <string_view>

#include "model/service.h"
#include "model/tag.h"
#include "model/task_definition.h"

namespace control {

struct TaskTags {
  model::Tags own;                          ///< given for the task itself: these go before what is propagated
  const model::Tags* propagated = nullptr;  ///< null: nothing is
  bool managed = false;                     ///< enableECSManagedTags
  std::string cluster;
  std::string service;  ///< empty: standalone
};
model::Tags task_tags(const TaskTags& wanted);

/// Of a task that its service starts: by the propagateTags and enableECSManagedTags in the service's document.
model::Tags service_task_tags(const model::Service& service, const model::TaskDefinition& definition);

}  // namespace control
