#include "services/ec2/lookup.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace services::ec2 {
namespace {

bool is_id(const std::string& id, std::string_view prefix) {
  return id.starts_with(prefix) && (id.size() == prefix.size() + 8 || id.size() == prefix.size() + 17) &&
         std::ranges::all_of(id.substr(prefix.size()), [](unsigned char c) { return std::isxdigit(c) != 0; });
}

bool in_default_vpc(const Context& context, const model::SecurityGroup& group) {
  const model::Vpc* vpc = context.state.vpcs.find(group.vpc_id);
  return vpc && vpc->is_default;
}

}  // namespace

Result<const model::SecurityGroup*> find_security_group(const Context& context, const std::optional<std::string>& id,
                                                        const std::optional<std::string>& name) {
  if (id) {
    if (const auto* found = context.state.security_groups.find(*id)) return found;
    if (!is_id(*id, "sg-")) return fail("InvalidGroupId.Malformed", fmt::format("Invalid id: \"{}\"", *id));
    return fail("InvalidGroup.NotFound", fmt::format("The security group '{}' does not exist", *id));
  }
  if (!name) return fail("MissingParameter", "The request must contain the parameter groupId or groupName");
  for (const auto& [key, group] : context.state.security_groups.all()) {
    if (group.name == *name && in_default_vpc(context, group)) return &group;
  }
  return fail("InvalidGroup.NotFound", fmt::format("The security group '{}' does not exist in default VPC", *name));
}

Result<const model::LaunchTemplate*> find_launch_template(const Context& context, const std::optional<std::string>& id,
                                                          const std::optional<std::string>& name) {
  if (id && name) {
    return fail("InvalidParameterCombination",
                "The request must contain either launchTemplateId or launchTemplateName, not both.");
  }
  if (id) {
    if (const auto* found = context.state.launch_templates.find(*id)) return found;
    if (!is_id(*id, "lt-")) {
      return fail("InvalidLaunchTemplateId.Malformed",
                  fmt::format("The specified launch template ID, {}, is not valid.", *id));
    }
    return fail("InvalidLaunchTemplateId.NotFound",
                fmt::format("The specified launch template, with template ID {}, does not exist.", *id));
  }
  if (!name) {
    return fail("MissingParameter", "The request must contain the parameter launchTemplateId or launchTemplateName");
  }
  for (const auto& [key, launch_template] : context.state.launch_templates.all()) {
    if (launch_template.name == *name) return &launch_template;
  }
  return fail("InvalidLaunchTemplateName.NotFoundException",
              fmt::format("The specified launch template, with template name {}, does not exist.", *name));
}

Result<const model::LaunchTemplateVersion*> find_version(const model::LaunchTemplate& launch_template,
                                                         const std::string& version) {
  if (const auto* found = launch_template.version(version)) return found;
  if (!version.starts_with('$') && !std::ranges::all_of(version, [](unsigned char c) { return std::isdigit(c) != 0; })) {
    return fail("InvalidLaunchTemplateVersion.Malformed",
                fmt::format("The specified launch template version, {}, is not valid.", version));
  }
  return fail("InvalidLaunchTemplateId.VersionNotFound",
              fmt::format("Could not find the specified version {} for the launch template with ID {}.", version,
                          launch_template.id));
}

Result<const model::Instance*> find_instance(const Context& context, const std::string& id) {
  if (const auto* found = context.state.instances.find(id)) return found;
  if (!is_id(id, "i-")) return fail("InvalidInstanceID.Malformed", fmt::format("Invalid id: \"{}\"", id));
  return fail("InvalidInstanceID.NotFound", fmt::format("The instance ID '{}' does not exist", id));
}

std::vector<const model::SecurityGroup*> groups_of_instance(const Context& context, const model::Instance& instance) {
  return groups_of_interface(context, instance.security_groups, instance.vpc_id);
}

std::vector<const model::SecurityGroup*> groups_of_interface(const Context& context,
                                                             const std::vector<std::string>& named,
                                                             const std::string& vpc_id) {
  std::vector<const model::SecurityGroup*> groups;
  for (const std::string& id : named) {
    if (const auto* group = context.state.security_groups.find(id)) groups.push_back(group);
  }
  if (!groups.empty()) return groups;
  for (const auto& [id, group] : context.state.security_groups.all()) {
    if (group.vpc_id == vpc_id && group.name == "default") groups.push_back(&group);
  }
  return groups;
}

}  // namespace services::ec2
