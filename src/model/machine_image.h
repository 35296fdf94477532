// The machine images that the engine lists: what Terraform files look up by name. An instance of any image is the same
// node; its name decides nothing. Used by ec2, and by whoever serves the public parameters that name images.
#pragma once

#include <span>
#include <string_view>

namespace model {

struct MachineImage {
  std::string_view id, name, description;
  std::string_view owner_id;       ///< Amazon's accounts, as AWS publishes them
  std::string_view creation_date;  ///< ISO 8601
  std::string_view root_device;
};

/// Oldest first.
std::span<const MachineImage> machine_images();

}  // namespace model
