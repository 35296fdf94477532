// Joins the process runtime to the image store, which must not know each other: from a container's image to a directory
// it can run in. Called by the engine's wiring.
#pragma once

#include "drivers/process/image_root.h"
#include "registry/image_store.h"

/// By the manifest digest the engine has resolved; without one by the name in the task definition.
drivers::process::FindImage image_roots(registry::ImageStore store);
