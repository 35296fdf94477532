// What a task definition asks of the runtime alone: ulimits, volumes, labels, an init, links, restart policies, secrets. It stands in the definition's
// document only (neither placement nor control needs it), and is read from there when a task starts.
#pragma once

#include <functional>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "drivers/driver.h"
#include "model/parameter.h"
#include "model/task_definition.h"

namespace engine {

using FindParameter = std::function<const model::Parameter*(const std::string& name)>;

/// Secrets become variables, as the ECS agent does it: a parameter that is not there keeps the task from starting, and the
/// error's message is the agent's. `pace`: of how long a container must have run to be restarted.
Result<void> add_runtime_settings(drivers::TaskSpec& spec, const model::TaskDefinition& definition, const FindParameter& find,
                                  const Pace& pace = {});

}  // namespace engine
