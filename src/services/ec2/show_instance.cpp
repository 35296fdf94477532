#include "services/ec2/show_instance.h"

#include <fmt/format.h>

#include <algorithm>

#include "api/document.h"
#include "model/instance_type.h"
#include "services/ec2/lookup.h"
#include "services/ec2/region.h"
#include "services/ec2/tags.h"
#include "services/network_names.h"

namespace services::ec2 {
namespace {

/// Members that only a machine with a network has; a terminated one shows none of them.
void show_place(const Context& context, const model::Instance& instance, api::ec2::Instance& shown) {
  shown.vpc_id = instance.vpc_id;
  shown.subnet_id = instance.subnet_id;
  shown.private_ip_address = instance.address;
  shown.private_dns_name = private_dns_name(context.account.region, instance.address);
  shown.source_dest_check = true;
  const model::Subnet* subnet = context.state.subnets.find(instance.subnet_id);
  if (subnet && subnet->map_public_ip && instance.state == "running") {
    // Its address in 127.0.0.0/8 is the one under which it is reached.
    shown.public_ip_address = instance.address;
    shown.public_dns_name = instance.address;
  }
  for (const model::SecurityGroup* group : groups_of_instance(context, instance)) {
    shown.security_groups->push_back({.group_id = group->id, .group_name = group->name});
  }
}

void show_launch_settings(const Context& context, const model::Instance& instance, api::ec2::Instance& shown) {
  const auto data = api::from_document<api::ec2::ResponseLaunchTemplateData>(instance.document);
  shown.key_name = data.key_name;
  shown.ebs_optimized = data.ebs_optimized.value_or(false);
  shown.monitoring.emplace().state = data.monitoring && data.monitoring->enabled.value_or(false) ? "enabled" : "disabled";
  if (data.iam_instance_profile) {
    const auto& profile = *data.iam_instance_profile;
    shown.iam_instance_profile.emplace().arn = profile.arn.value_or(
        fmt::format("arn:aws:iam::{}:instance-profile/{}", context.account.id, profile.name.value_or("")));
  }
  auto& metadata = shown.metadata_options.emplace();
  metadata.state = "applied";
  metadata.http_tokens = "optional";
  metadata.http_put_response_hop_limit = 1;
  metadata.http_endpoint = "enabled";
  metadata.http_protocol_ipv6 = "disabled";
  metadata.instance_metadata_tags = "disabled";
  if (data.metadata_options) {
    const auto& given = *data.metadata_options;
    if (given.http_tokens) metadata.http_tokens = given.http_tokens;
    if (given.http_put_response_hop_limit) metadata.http_put_response_hop_limit = given.http_put_response_hop_limit;
    if (given.http_endpoint) metadata.http_endpoint = given.http_endpoint;
    if (given.instance_metadata_tags) metadata.instance_metadata_tags = given.instance_metadata_tags;
  }
}

}  // namespace

api::ec2::InstanceState show_state(const std::string& state) {
  const std::pair<std::string_view, int> codes[] = {{"pending", 0},     {"running", 16},  {"shutting-down", 32},
                                                    {"terminated", 48}, {"stopping", 64}, {"stopped", 80}};
  api::ec2::InstanceState shown;
  shown.name = state;
  for (const auto& [name, code] : codes) {
    if (name == state) shown.code = code;
  }
  return shown;
}

model::Tags all_tags(const model::Instance& instance) {
  model::Tags tags = instance.tags;
  if (!instance.group.empty()) tags.push_back({"aws:autoscaling:groupName", instance.group});
  if (!instance.launch_template_id.empty()) {
    tags.push_back({"aws:ec2launchtemplate:id", instance.launch_template_id});
    tags.push_back({"aws:ec2launchtemplate:version", std::to_string(instance.launch_template_version)});
  }
  return tags;
}

std::string reservation_of(const model::Instance& instance) {
  return instance.reservation_id.empty() ? "r-" + instance.id.substr(2) : instance.reservation_id;
}

api::ec2::Instance show_instance(const Context& context, const model::Instance& instance) {
  api::ec2::Instance shown;
  shown.instance_id = instance.id;
  shown.image_id = instance.image_id;
  shown.instance_type = instance.instance_type;
  shown.state = show_state(instance.state);
  shown.launch_time = api::Timestamp{to_ms(instance.launched_at)};
  auto& placement = shown.placement.emplace();
  placement.availability_zone = instance.availability_zone;
  placement.availability_zone_id = zone_id(instance.availability_zone);
  placement.group_name = "";
  placement.tenancy = "default";
  shown.ami_launch_index = 0;
  shown.architecture = "x86_64";
  shown.hypervisor = "xen";
  shown.virtualization_type = "hvm";
  shown.root_device_name = "/dev/xvda";
  shown.root_device_type = "ebs";
  shown.ena_support = true;
  shown.platform_details = "Linux/UNIX";
  shown.usage_operation = "RunInstances";
  shown.client_token = instance.client_token;
  shown.private_dns_name = "";
  shown.public_dns_name = "";
  shown.state_transition_reason = "";
  shown.security_groups.emplace();
  shown.network_interfaces.emplace();
  shown.block_device_mappings.emplace();
  shown.product_codes.emplace();
  show_launch_settings(context, instance, shown);
  if (instance.state != "terminated") show_place(context, instance, shown);
  if (!instance.alive()) {
    const std::string at = to_iso8601(instance.shutdown_at.value_or(instance.terminated_at.value_or(context.now)));
    shown.state_transition_reason = fmt::format("User initiated ({} {} GMT)", at.substr(0, 10), at.substr(11, 8));
    auto& reason = shown.state_reason.emplace();
    reason.code = "Client.UserInitiatedShutdown";
    reason.message = "Client.UserInitiatedShutdown: User initiated shutdown";
  }
  if (const auto* type = model::find_instance_type(instance.instance_type)) {
    auto& cpus = shown.cpu_options.emplace();
    const int threads = type->vcpus > 1 ? 2 : 1;
    cpus.core_count = type->vcpus / threads;
    cpus.threads_per_core = threads;
  }
  shown.tags = show_tags(all_tags(instance));
  return shown;
}

std::vector<Fact> facts_of_instance(const Context& context, const model::Instance& instance) {
  const api::ec2::Instance shown = show_instance(context, instance);
  const auto one = [](const std::optional<std::string>& value) {
    return value ? std::vector<std::string>{*value} : std::vector<std::string>();
  };
  std::vector<std::string> group_ids, group_names;
  for (const auto& group : *shown.security_groups) {
    group_ids.push_back(*group.group_id);
    group_names.push_back(*group.group_name);
  }
  return {{"instance-id", {instance.id}},
          {"instance-state-name", {instance.state}},
          {"instance-state-code", {std::to_string(shown.state->code.value_or(0))}},
          {"instance-type", {instance.instance_type}},
          {"instance-lifecycle", {}},
          {"image-id", {instance.image_id}},
          {"availability-zone", {instance.availability_zone}},
          {"vpc-id", one(shown.vpc_id)},
          {"subnet-id", one(shown.subnet_id)},
          {"private-ip-address", one(shown.private_ip_address)},
          {"ip-address", one(shown.public_ip_address)},
          {"private-dns-name", one(shown.private_dns_name)},
          {"dns-name", one(shown.public_dns_name)},
          {"key-name", one(shown.key_name)},
          {"client-token", one(shown.client_token)},
          {"iam-instance-profile.arn", shown.iam_instance_profile ? one(shown.iam_instance_profile->arn) : one({})},
          {"instance.group-id", group_ids},
          {"instance.group-name", group_names},
          {"group-id", group_ids},
          {"group-name", group_names},
          {"reservation-id", {reservation_of(instance)}},
          {"owner-id", {context.account.id}},
          {"tenancy", {"default"}},
          {"architecture", {"x86_64"}},
          {"root-device-type", {"ebs"}},
          {"launch-time", {to_iso8601(instance.launched_at)}}};
}

}  // namespace services::ec2
