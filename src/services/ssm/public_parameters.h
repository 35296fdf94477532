// The parameters below /aws/service that AWS publishes and that Terraform files look machine images up with. Made of the
// engine's own images (model/machine_image.h): the newest of each kind is the recommended one. Called by lookup.cpp.
#pragma once

#include <map>
#include <string>

namespace services::ssm {

/// Name to value.
const std::map<std::string, std::string>& public_parameters();

}  // namespace services::ssm
