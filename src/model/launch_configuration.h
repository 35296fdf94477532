// Launch configurations, the older kind of launch template: kept among the launch templates, under an id that no template
// can have, so that groups launch from both alike. autoscaling makes and shows them, ec2 does not list them; a group that
// has moved to a template gives its instances of a configuration up first.
#pragma once

#include <string>

namespace model {

inline constexpr const char* kLaunchConfiguration = "configuration:";

inline std::string launch_configuration_id(const std::string& name) { return kLaunchConfiguration + name; }
inline bool is_launch_configuration(const std::string& launch_template_id) {
  return launch_template_id.starts_with(kLaunchConfiguration);
}
inline std::string launch_configuration_name(const std::string& launch_template_id) {
  return launch_template_id.substr(std::string(kLaunchConfiguration).size());
}

}  // namespace model
