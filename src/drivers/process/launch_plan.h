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

/// Whose network a container is in (README: "process: whose network").
enum class NetworkKind {
  machine,  ///< this machine's; told where to listen by HOST and PORT
  own,      ///< a namespace of the container's, its ports forwarded to it
  task,     ///< the same, shared by the task's containers
  none      ///< one without anything
};
NetworkKind network_of(const TaskSpec& task, const ContainerSpec& container, const ImageRoot& image);

/// What of the container's ports cannot be forwarded, for the kinds own and task. `problem`: why this machine makes no
/// network namespaces; empty: it does.
Result<void> check_forwarding(const ContainerSpec& container, const std::string& problem);

/// Image and definition merged as Docker does it; HOST and PORT of the first port where the network is the machine's.
/// Paths, cgroups, sandbox and the task's shared network are the driver's to fill in.
Launch plan_launch(const TaskSpec& task, const ContainerSpec& container, const ImageRoot& image);

}  // namespace drivers::process
