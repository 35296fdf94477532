#include "services/ec2/launch_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "api/document.h"
#include "model/instance_type.h"
#include "services/ec2/lookup.h"
#include "services/ec2/tags.h"

namespace services::ec2 {
namespace {

constexpr std::size_t kUserDataLength = 16 * 1024 * 4 / 3 + 4;  // 16 KiB before base64

bool is_base64(std::string_view text) {
  while (!text.empty() && (text.back() == '=' || text.back() == '\n')) text.remove_suffix(1);
  return std::ranges::all_of(text, [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '+' || c == '/' || c == '-' || c == '_' || c == '\n' || c == '\r';
  });
}

}  // namespace

Result<void> keep_launch_data(const Context& context, model::LaunchTemplateVersion& version,
                              const api::ec2::RequestLaunchTemplateData& data) {
  version.image_id = data.image_id.value_or("");
  version.instance_type = data.instance_type.value_or("");
  // Now, and not first when a group launches from it.
  if (data.instance_type) TRY_VOID(check_instance_type(version.instance_type));
  version.user_data = data.user_data.value_or("");
  if (!is_base64(version.user_data)) {
    return fail("InvalidUserData.Malformed", "Invalid BASE64 encoding of user data.");
  }
  if (version.user_data.size() > kUserDataLength) {
    return fail("InvalidParameterValue", "User data is limited to 16384 bytes");
  }
  version.security_groups = data.security_group_ids.value_or(std::vector<std::string>());
  for (const auto& interface :
       data.network_interfaces.value_or(
           std::vector<api::ec2::LaunchTemplateInstanceNetworkInterfaceSpecificationRequest>())) {
    for (const std::string& id : interface.groups.value_or(std::vector<std::string>())) version.security_groups.push_back(id);
  }
  for (const std::string& name : data.security_groups.value_or(std::vector<std::string>())) {
    TRY(const model::SecurityGroup* group, find_security_group(context, std::nullopt, name));
    version.security_groups.push_back(group->id);
  }
  version.instance_tags.clear();
  for (const auto& specification :
       data.tag_specifications.value_or(std::vector<api::ec2::LaunchTemplateTagSpecificationRequest>())) {
    if (specification.resource_type != "instance") continue;  // volumes and interfaces are not resources here
    TRY_VOID(set_tags(version.instance_tags, specification.tags.value_or(std::vector<api::ec2::Tag>())));
  }
  version.document = api::to_document(data);
  return {};
}

std::string offered_instance_types() {
  std::string offered;
  for (const auto& type : model::instance_types()) offered += fmt::format("{}{}", offered.empty() ? "" : ", ", type.name);
  return fmt::format("This engine offers: {}.", offered);
}

Result<void> check_instance_type(const std::string& type) {
  if (model::find_instance_type(type)) return {};
  return fail("InvalidParameterValue",
              fmt::format("Invalid value '{}' for InstanceType. {}", type, offered_instance_types()));
}

Result<void> check_launchable(const Context& context, const model::LaunchTemplateVersion& version) {
  if (version.image_id.empty()) return fail("MissingParameter", "The request must contain the parameter ImageId");
  if (!version.image_id.starts_with("ami-") && !version.image_id.starts_with("resolve:ssm:")) {
    return fail("InvalidAMIID.Malformed", fmt::format("Invalid id: \"{}\" (expecting \"ami-...\")", version.image_id));
  }
  TRY_VOID(check_instance_type(version.instance_type));
  for (const std::string& id : version.security_groups) TRY_VOID(find_security_group(context, id, std::nullopt));
  return {};
}

}  // namespace services::ec2
