// Finds records by what clients name them with, or answers AWS's error. Called by this service's handlers.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "services/context.h"

namespace services::ec2 {

/// By id, else by name (of the default VPC).
Result<const model::SecurityGroup*> find_security_group(const Context& context, const std::optional<std::string>& id,
                                                        const std::optional<std::string>& name);
/// By id, else by name; one of the two must be given.
Result<const model::LaunchTemplate*> find_launch_template(const Context& context, const std::optional<std::string>& id,
                                                          const std::optional<std::string>& name);
/// "$Default", "$Latest", "" (default) or a number.
Result<const model::LaunchTemplateVersion*> find_version(const model::LaunchTemplate& launch_template,
                                                         const std::string& version);
Result<const model::Instance*> find_instance(const Context& context, const std::string& id);

/// An interface's groups: those it names, else the VPC's default one.
std::vector<const model::SecurityGroup*> groups_of_interface(const Context& context,
                                                             const std::vector<std::string>& named,
                                                             const std::string& vpc_id);
/// The instance's groups: its own, else the VPC's default one.
std::vector<const model::SecurityGroup*> groups_of_instance(const Context& context, const model::Instance& instance);

}  // namespace services::ec2
