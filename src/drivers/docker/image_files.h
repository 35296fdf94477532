// What the docker driver needs of an image that the engine's own store has: its files, from which the daemon gets an archive.
// The engine's wiring joins it to the registry. No pull, so no registry has to be known to the daemon.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "drivers/driver.h"

namespace drivers::docker {

struct ImageFiles {
  std::string manifest_digest;
  std::string config_digest;  ///< the image's id in Docker
  std::string name;           ///< "host/repository:tag" it gets in Docker; empty: none
  std::filesystem::path config;
  std::vector<std::filesystem::path> layers;  ///< from the lowest; plain or gzip tar archives
};

/// Called on the driver's thread. Nothing: the store is not where this name points to, so the daemon has it or pulls it.
/// The error's message is shown to the user behind "CannotPullContainerError: ".
using FindImage = std::function<Result<std::optional<ImageFiles>>(const ContainerSpec&)>;

}  // namespace drivers::docker
