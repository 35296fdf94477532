// The network that the containers of an awsvpc task share. A Docker container can only join the network of one that
// runs, so a task of several gets one more, as the ECS agent does it: the holder, which only waits, publishes the ports
// of all, starts first and stops last. To the driver it is a container like the others, on which they depend; the
// engine never hears of it.
#pragma once

#include <string>

#include "drivers/driver.h"

namespace drivers::docker {

/// No name of a definition can be this one.
inline constexpr const char* kHolderName = ".pause";
/// Asked of FindImage (image_files.h) for it, else of the daemon: an image whose entry point waits until SIGTERM.
inline constexpr const char* kHolderImage = "scaleout-pause";

inline bool is_holder(const ContainerSpec& container) { return container.name == kHolderName; }
/// Its place in the task; the number of containers if there is none.
std::size_t holder_of(const TaskSpec& task);

/// What the driver runs for what the engine asked for: with a holder if the task needs one. Twice is once.
TaskSpec with_holder(TaskSpec task);
/// What the engine asked for.
TaskSpec without_holder(TaskSpec task);

}  // namespace drivers::docker
