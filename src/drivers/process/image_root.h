// What the process driver needs of an image. The engine's wiring joins it to the registry (resolve, unpack, manifest).
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "drivers/driver.h"

namespace drivers::process {

struct ImageRoot {
  std::filesystem::path path;  ///< unpacked; never written to
  std::string digest;
  std::vector<std::string> entry_point, command;
  std::map<std::string, std::string> environment;
  std::string working_directory, user;
};

/// Called on the driver's thread; may take as long as unpacking takes. The error's message is shown to the user behind
/// "CannotPullContainerError: ".
using FindImage = std::function<Result<ImageRoot>(const ContainerSpec&)>;

}  // namespace drivers::process
