// A TaskSpec as JSON: a runtime keeps it with the task, so that a later engine can adopt what it finds. Called by runtimes.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "drivers/driver.h"

namespace drivers {

std::string spec_to_json(const TaskSpec& spec);
Result<TaskSpec> spec_from_json(std::string_view text);

}  // namespace drivers
