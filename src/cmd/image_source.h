// Joins the runtimes to the registry: the image a task definition names becomes an unpacked root, or files for a daemon.
#pragma once

#include <filesystem>

#include "drivers/docker/image_files.h"
#include "drivers/process/image_root.h"
#include "registry/image_store.h"

namespace cmd {

/// Of the image that a container's digest names, as the engine resolved it; `store` outlives the result.
drivers::process::FindImage image_source(const registry::ImageStore& store);
/// The same for Docker. A name that is not of this account's registry and not in the store is the daemon's to find. The image of
/// network holders (drivers/docker/network_holder.h) is made of the small helper beside this program, in `directory`.
drivers::docker::FindImage docker_image_source(const registry::ImageStore& store, std::filesystem::path directory);

}  // namespace cmd
