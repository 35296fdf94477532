// What the runtime is told of a task: made from its record and its task definition.
#pragma once

#include "base/time.h"
#include "drivers/driver.h"
#include "model/task.h"
#include "model/task_definition.h"

namespace engine {

drivers::TaskSpec task_spec(const model::Task& task, const model::TaskDefinition& definition, const Pace& pace);

}  // namespace engine
