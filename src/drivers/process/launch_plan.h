// From what ECS asks of a container to what the shim does: pure, so each rule has a test. Called by the process driver.
#pragma once

#include <string>

#include "base/result.h"
#include "drivers/driver.h"
#include "drivers/process/container_files.h"
#include "drivers/process/image_root.h"

namespace drivers::process {

/// What of the task this runtime cannot do at all, with the way out; an ECS agent's "<ErrorName>: text" as message.
Result<void> check_task(const TaskSpec& task);

/// Image and definition merged as Docker does it; HOST and PORT of the first port. Paths, cgroups and sandbox are the
/// driver's to fill in.
Launch plan_launch(const TaskSpec& task, const ContainerSpec& container, const ImageRoot& image);

}  // namespace drivers::process
