// What can be launched: instance types and machine images.
#include <fmt/format.h>

#include <algorithm>

#include "model/instance_type.h"
#include "model/machine_image.h"
#include "services/ec2/filters.h"
#include "services/ec2/handlers.h"
#include "services/ec2/instance_type_info.h"
#include "services/ec2/launch_data.h"
#include "services/ec2/region.h"

namespace services::ec2 {
namespace {

std::string yes_no(bool value) { return value ? "true" : "false"; }

api::ec2::Image show_image(const model::MachineImage& image) {
  api::ec2::Image shown;
  shown.image_id = std::string(image.id);
  shown.name = std::string(image.name);
  shown.description = std::string(image.description);
  shown.owner_id = std::string(image.owner_id);
  shown.image_owner_alias = "amazon";
  shown.image_location = fmt::format("amazon/{}", image.name);
  shown.creation_date = std::string(image.creation_date);
  shown.architecture = "x86_64";
  shown.image_type = "machine";
  shown.public_ = true;
  shown.state = "available";
  shown.hypervisor = "xen";
  shown.virtualization_type = "hvm";
  shown.root_device_type = "ebs";
  shown.root_device_name = std::string(image.root_device);
  shown.ena_support = true;
  shown.sriov_net_support = "simple";
  shown.platform_details = "Linux/UNIX";
  shown.usage_operation = "RunInstances";
  auto& device = shown.block_device_mappings.emplace().emplace_back();
  device.device_name = std::string(image.root_device);
  auto& disk = device.ebs.emplace();
  disk.delete_on_termination = true;
  disk.encrypted = false;
  disk.snapshot_id = fmt::format("snap-{}", image.id.substr(4));
  disk.volume_size = 30;
  disk.volume_type = "gp2";
  return shown;
}

std::vector<Fact> facts_of_image(const model::MachineImage& image) {
  const auto text = [](std::string_view value) { return std::vector<std::string>{std::string(value)}; };
  return {{"image-id", text(image.id)},
          {"name", text(image.name)},
          {"description", text(image.description)},
          {"owner-id", text(image.owner_id)},
          {"owner-alias", {"amazon"}},
          {"architecture", {"x86_64"}},
          {"virtualization-type", {"hvm"}},
          {"root-device-type", {"ebs"}},
          {"root-device-name", text(image.root_device)},
          {"block-device-mapping.volume-type", {"gp2"}},
          {"hypervisor", {"xen"}},
          {"image-type", {"machine"}},
          {"is-public", {"true"}},
          {"ena-support", {"true"}},
          {"state", {"available"}},
          {"platform", {}},
          {"creation-date", text(image.creation_date)}};
}

}  // namespace

Answer<op::DescribeInstanceTypes> describe_instance_types(Context&, const op::DescribeInstanceTypes::Input& in) {
  TRY_VOID(check_dry_run(in.dry_run));
  constexpr int kMostTypes = 100;
  const std::vector<std::string> wanted = in.instance_types.value_or(std::vector<std::string>());
  for (const std::string& name : wanted) {
    if (!model::find_instance_type(name)) {
      return fail("InvalidInstanceType", fmt::format("The following supplied instance types do not exist: [{}]. {}", name,
                                                     offered_instance_types()));
    }
  }
  std::map<std::string, const model::InstanceType*> types;
  for (const model::InstanceType& type : model::instance_types()) types.emplace(type.name, &type);
  op::DescribeInstanceTypes::Output out;
  auto& shown = out.instance_types.emplace();
  TRY(Page page,
      Page::open(in.next_token, static_cast<std::size_t>(in.max_results.value_or(kMostTypes)), kInvalidToken));
  for (const auto& [name, type] : types) {
    if (!wanted.empty() && std::ranges::find(wanted, name) == wanted.end()) continue;
    TRY(const bool passed, passes(in.filters,
                                  {{"instance-type", {name}},
                                   {"vcpu-info.default-vcpus", {std::to_string(type->vcpus)}},
                                   {"memory-info.size-in-mib", {std::to_string(type->memory.value)}},
                                   {"current-generation", {yes_no(is_current_generation(name))}},
                                   {"burstable-performance-supported", {yes_no(is_burstable(name))}},
                                   {"processor-info.supported-architecture", {"x86_64"}},
                                   {"supported-usage-class", {"on-demand"}},
                                   {"supported-virtualization-type", {"hvm"}},
                                   {"supported-root-device-type", {"ebs"}},
                                   {"hypervisor", {hypervisor_of(name)}},
                                   {"bare-metal", {"false"}}},
                                  {}));
    if (passed && page.take(name)) shown.push_back(show_type(*type));
  }
  out.next_token = page.next_token();
  return out;
}

/// Every type in every zone.
Answer<op::DescribeInstanceTypeOfferings> describe_instance_type_offerings(
    Context& context, const op::DescribeInstanceTypeOfferings::Input& in) {
  TRY_VOID(check_dry_run(in.dry_run));
  constexpr int kMostOfferings = 1000;
  const std::string kind = in.location_type.value_or("region");
  std::vector<std::string> places = {context.account.region};
  if (kind != "region") {
    places = zones_of(context.account.region);
    if (kind == "availability-zone-id") std::ranges::transform(places, places.begin(), zone_id);
  }
  op::DescribeInstanceTypeOfferings::Output out;
  auto& shown = out.instance_type_offerings.emplace();
  TRY(Page page,
      Page::open(in.next_token, static_cast<std::size_t>(in.max_results.value_or(kMostOfferings)), kInvalidToken));
  std::set<std::pair<std::string, std::string>> offerings;
  for (const model::InstanceType& type : model::instance_types()) {
    for (const std::string& place : places) offerings.emplace(type.name, place);
  }
  for (const auto& [type, place] : offerings) {
    TRY(const bool passed, passes(in.filters, {{"instance-type", {type}}, {"location", {place}}}, {}));
    if (passed && page.take(type + "/" + place)) {
      shown.push_back({.instance_type = type, .location_type = kind, .location = place});
    }
  }
  out.next_token = page.next_token();
  return out;
}

Answer<op::DescribeImages> describe_images(Context&, const op::DescribeImages::Input& in) {
  TRY_VOID(check_dry_run(in.dry_run));
  const auto images = model::machine_images();
  for (const std::string& id : in.image_ids.value_or(std::vector<std::string>())) {
    if (!id.starts_with("ami-")) {
      return fail("InvalidAMIID.Malformed", fmt::format("Invalid id: \"{}\" (expecting \"ami-...\")", id));
    }
    if (std::ranges::find(images, id, &model::MachineImage::id) == images.end()) {
      return fail("InvalidAMIID.NotFound", fmt::format("The image id '[{}]' does not exist", id));
    }
  }
  op::DescribeImages::Output out;
  auto& shown = out.images.emplace();
  for (const model::MachineImage& image : images) {
    const auto names = [&](const std::vector<std::string>& wanted, std::initializer_list<std::string_view> values) {
      return std::ranges::any_of(wanted, [&](const auto& one) { return std::ranges::find(values, one) != values.end(); });
    };
    if (in.image_ids && !names(*in.image_ids, {image.id})) continue;
    if (in.owners && !names(*in.owners, {image.owner_id, "amazon"})) continue;
    TRY(const bool passed, passes(in.filters, facts_of_image(image), {}));
    if (passed) shown.push_back(show_image(image));
  }
  return out;
}

}  // namespace services::ec2
