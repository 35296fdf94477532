#include <fmt/format.h>

#include <algorithm>

#include "api/document.h"
#include "model/launch_configuration.h"
#include "services/autoscaling/group_settings.h"
#include "services/autoscaling/handlers.h"
#include "services/autoscaling/lookup.h"

namespace services::autoscaling {
namespace {

tl::unexpected<Error> no_configuration(const std::string& name) {
  return fail("ValidationError", fmt::format("Launch configuration name not found - Launch configuration {} not found", name));
}

Result<void> refuse_parts_of_configuration(const op::CreateLaunchConfiguration::Input& in) {
  if (in.instance_id) {
    return fail("ValidationError",
                "This engine does not make launch configurations from instances. Use ImageId and InstanceType.");
  }
  if (in.spot_price) return fail("ValidationError", "This engine runs no Spot instances. Leave SpotPrice out.");
  return {};
}

api::autoscaling::LaunchConfiguration show_configuration(const model::LaunchTemplate& record) {
  const model::LaunchTemplateVersion& version = record.versions.front();
  auto shown = api::from_document<api::autoscaling::LaunchConfiguration>(version.document);
  shown.launch_configuration_name = model::launch_configuration_name(record.id);
  shown.created_time = api::Timestamp{to_ms(record.created_at)};
  return shown;
}

}  // namespace

Result<void> use_launch_configuration(const Context& context, model::AutoScalingGroup& group, const std::string& name) {
  const std::string id = model::launch_configuration_id(name);
  if (!context.state.launch_templates.find(id)) return no_configuration(name);
  group.launch_template_id = id;
  group.launch_template_version.clear();
  return {};
}

Answer<op::CreateLaunchConfiguration> create_launch_configuration(Context& context,
                                                                  const op::CreateLaunchConfiguration::Input& in) {
  TRY_VOID(refuse_parts_of_configuration(in));
  const std::string& name = *in.launch_configuration_name;
  model::LaunchTemplate record;
  record.id = model::launch_configuration_id(name);
  record.name = record.id;
  if (context.state.launch_templates.find(record.id)) {
    return fail("AlreadyExists",
                fmt::format("Launch Configuration by this name already exists - A launch configuration already exists with "
                            "the name {}",
                            name));
  }
  record.created_at = context.now;
  auto& version = record.versions.emplace_back();
  version.image_id = in.image_id.value_or("");
  version.instance_type = in.instance_type.value_or("");
  version.user_data = in.user_data.value_or("");
  version.security_groups = in.security_groups.value_or(std::vector<std::string>());
  version.created_at = context.now;
  TRY_VOID(check_launch(version));
  api::autoscaling::LaunchConfiguration shown;
  shown.launch_configuration_arn =
      make_arn(context.account, "autoscaling",
               fmt::format("launchConfiguration:{}:launchConfigurationName/{}", context.random.uuid(), name));
  shown.image_id = version.image_id;
  shown.instance_type = version.instance_type;
  shown.user_data = version.user_data;
  shown.security_groups = version.security_groups;
  shown.key_name = in.key_name.value_or("");
  shown.kernel_id = in.kernel_id.value_or("");
  shown.ramdisk_id = in.ramdisk_id.value_or("");
  shown.block_device_mappings.emplace();
  if (in.block_device_mappings) shown.block_device_mappings = in.block_device_mappings;
  shown.instance_monitoring.emplace().enabled = true;  // AWS's default for launch configurations
  if (in.instance_monitoring) shown.instance_monitoring = in.instance_monitoring;
  shown.iam_instance_profile = in.iam_instance_profile;
  shown.ebs_optimized = in.ebs_optimized.value_or(false);
  shown.associate_public_ip_address = in.associate_public_ip_address;
  shown.placement_tenancy = in.placement_tenancy;
  shown.metadata_options = in.metadata_options;
  shown.classic_link_vpc_security_groups.emplace();
  version.document = api::to_document(shown);
  context.state.launch_templates.put(std::move(record));
  return {};
}

Answer<op::DescribeLaunchConfigurations> describe_launch_configurations(
    Context& context, const op::DescribeLaunchConfigurations::Input& in) {
  const std::vector<std::string> named = in.launch_configuration_names.value_or(std::vector<std::string>());
  op::DescribeLaunchConfigurations::Output out;
  auto& shown = out.launch_configurations.emplace();
  TRY(Page page, page_of(in, {.usual = 50, .most = 100}));
  for (const auto& [id, record] : context.state.launch_templates.all()) {
    if (!model::is_launch_configuration(id)) continue;
    if (!named.empty() && std::ranges::count(named, model::launch_configuration_name(id)) == 0) continue;
    if (page.take(id)) shown.push_back(show_configuration(record));
  }
  out.next_token = page.next_token();
  return out;
}

Answer<op::DeleteLaunchConfiguration> delete_launch_configuration(Context& context,
                                                                  const op::DeleteLaunchConfiguration::Input& in) {
  const std::string id = model::launch_configuration_id(*in.launch_configuration_name);
  if (!context.state.launch_templates.find(id)) return no_configuration(*in.launch_configuration_name);
  for (const auto& [name, group] : context.state.auto_scaling_groups.all()) {
    if (group.launch_template_id == id && group.status.empty()) {
      return fail("ResourceInUse", fmt::format("Cannot delete launch configuration {} because it is attached to "
                                               "AutoScalingGroup {}",
                                               *in.launch_configuration_name, name));
    }
  }
  context.state.launch_templates.erase(id);
  return {};
}

}  // namespace services::autoscaling
