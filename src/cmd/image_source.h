// Joins the process runtime to the registry: the image a task definition names becomes an unpacked root.
#pragma once

#include "drivers/process/image_root.h"
#include "registry/image_store.h"

namespace cmd {

/// Of the image that a container's digest names, as the engine resolved it; `store` outlives the result.
drivers::process::FindImage image_source(const registry::ImageStore& store);

}  // namespace cmd
