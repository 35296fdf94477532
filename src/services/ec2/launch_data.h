// What a launch template's data, or a RunInstances request, says about the instances to launch. Called by launch
// templates and instances.
#pragma once

#include <string>

#include "api/ec2.h"
#include "services/context.h"

namespace services::ec2 {

/// Fills the members that the engine reads and keeps all of it as the document. Refuses what cannot be stored.
Result<void> keep_launch_data(const Context& context, model::LaunchTemplateVersion& version,
                              const api::ec2::RequestLaunchTemplateData& data);

/// A sentence for those who named another type.
std::string offered_instance_types();
/// The API's own list of types is left out of the model (ec2.patch.json): it is long, and most of it is not here.
Result<void> check_instance_type(const std::string& type);

/// Whether instances can be launched from it: an image, an instance type that this engine offers, groups that exist.
Result<void> check_launchable(const Context& context, const model::LaunchTemplateVersion& version);

}  // namespace services::ec2
