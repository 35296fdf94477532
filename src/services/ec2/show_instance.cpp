#include "services/ec2/show_instance.h"

#include <fmt/format.h>

#include <algorithm>

#include "api/document.h"
#include "model/instance_type.h"
#include "services/ec2/lookup.h"
#include "services/ec2/network_interfaces.h"
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
  if (const auto interface = interface_of_instance(context, instance)) {
    // The two shapes name alike what they share.
    shown.network_interfaces->push_back(
        api::from_document<api::ec2::InstanceNetworkInterface>(api::to_document(*interface)));
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

/// A terminated instance has none: the names are there all the same.
void add_interface_facts(const std::optional<api::ec2::NetworkInterface>& shown, std::vector<Fact>& facts) {
  std::vector<Fact> own;
  if (shown) {
    own = facts_of_interface(*shown);
  } else {
    api::ec2::NetworkInterface none;
    none.groups.emplace();
    none.attachment.emplace();
    own = facts_of_interface(none);
    for (Fact& fact : own) fact.values.clear();
  }
  const auto association = shown && shown->association ? *shown->association : api::ec2::NetworkInterfaceAssociation();
  own.push_back({"addresses.private-dns-name", shown ? values_of(shown->private_dns_name) : std::vector<std::string>()});
  own.push_back({"addresses.association.ip-owner-id", values_of(association.ip_owner_id)});
  own.push_back({"addresses.association.public-dns-name", values_of(association.public_dns_name)});
  add_without_values(
      own, {"addresses.association.allocation-id", "addresses.association.association-id",
            "addresses.association.carrier-ip", "addresses.association.customer-owned-ip", "association.carrier-ip",
            "association.customer-owned-ip", "attachment.network-card-index", "deny-all-igw-traffic",
            "ipv4-prefixes.ipv4-prefix", "ipv6-address", "ipv6-addresses.is-primary-ipv6", "ipv6-native",
            "ipv6-prefixes.ipv6-prefix", "outpost-arn", "public-dns-name", "tag-key", "tag-value"});
  for (Fact& fact : own) facts.push_back({"network-interface." + fact.name, std::move(fact.values)});
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
  std::vector<std::string> group_ids, group_names;
  for (const auto& group : *shown.security_groups) {
    group_ids.push_back(*group.group_id);
    group_names.push_back(*group.group_name);
  }
  const auto profile = shown.iam_instance_profile.value_or(api::ec2::IamInstanceProfile());
  const auto reason = shown.state_reason.value_or(api::ec2::StateReason());
  const auto& metadata = *shown.metadata_options;
  std::vector<Fact> facts = {
      {"instance-id", {instance.id}},
      {"instance-state-name", {instance.state}},
      {"instance-state-code", values_of(shown.state->code)},
      {"instance-type", {instance.instance_type}},
      {"image-id", {instance.image_id}},
      {"availability-zone", {instance.availability_zone}},
      {"availability-zone-id", values_of(shown.placement->availability_zone_id)},
      {"vpc-id", values_of(shown.vpc_id)},
      {"subnet-id", values_of(shown.subnet_id)},
      {"private-ip-address", values_of(shown.private_ip_address)},
      {"ip-address", values_of(shown.public_ip_address)},
      {"private-dns-name", values_of(shown.private_dns_name)},
      {"dns-name", values_of(shown.public_dns_name)},
      {"key-name", values_of(shown.key_name)},
      {"client-token", values_of(shown.client_token)},
      {"iam-instance-profile.arn", values_of(profile.arn)},
      {"iam-instance-profile.id", values_of(profile.id)},
      {"instance.group-id", group_ids},
      {"instance.group-name", group_names},
      {"group-id", group_ids},
      {"group-name", group_names},
      {"reservation-id", {reservation_of(instance)}},
      {"owner-id", {context.account.id}},
      {"tenancy", values_of(shown.placement->tenancy)},
      {"placement-group-name", values_of(shown.placement->group_name)},
      {"architecture", values_of(shown.architecture)},
      {"hypervisor", values_of(shown.hypervisor)},
      {"virtualization-type", values_of(shown.virtualization_type)},
      {"root-device-name", values_of(shown.root_device_name)},
      {"root-device-type", values_of(shown.root_device_type)},
      {"platform-details", values_of(shown.platform_details)},
      {"usage-operation", values_of(shown.usage_operation)},
      {"launch-index", values_of(shown.ami_launch_index)},
      {"launch-time", {to_iso8601(instance.launched_at)}},
      {"ebs-optimized", values_of(shown.ebs_optimized)},
      {"ena-support", values_of(shown.ena_support)},
      {"source-dest-check", values_of(shown.source_dest_check)},
      {"monitoring-state", values_of(shown.monitoring->state)},
      {"reason", values_of(shown.state_transition_reason)},
      {"state-reason-code", values_of(reason.code)},
      {"state-reason-message", values_of(reason.message)},
      {"metadata-options.state", values_of(metadata.state)},
      {"metadata-options.http-endpoint", values_of(metadata.http_endpoint)},
      {"metadata-options.http-tokens", values_of(metadata.http_tokens)},
      {"metadata-options.http-put-response-hop-limit", values_of(metadata.http_put_response_hop_limit)},
      {"metadata-options.http-protocol-ipv6", values_of(metadata.http_protocol_ipv6)},
      {"metadata-options.instance-metadata-tags", values_of(metadata.instance_metadata_tags)}};
  add_interface_facts(interface_of_instance(context, instance), facts);
  add_without_values(
      facts,
      {"affinity", "block-device-mapping.attach-time", "block-device-mapping.delete-on-termination",
       "block-device-mapping.device-name", "block-device-mapping.status", "block-device-mapping.volume-id", "boot-mode",
       "capacity-reservation-id", "capacity-reservation-specification.capacity-reservation-preference",
       "capacity-reservation-specification.capacity-reservation-target.capacity-reservation-id",
       "capacity-reservation-specification.capacity-reservation-target.capacity-reservation-resource-group-arn",
       "current-instance-boot-mode", "enclave-options.enabled", "hibernation-options.configured", "host-id",
       "instance-lifecycle", "ipv6-address", "kernel-id", "maintenance-options.auto-recovery",
       "metadata-options.http-protocol-ipv4", "network-performance-options.bandwidth-weighting", "operator.managed",
       "operator.principal", "outpost-arn", "placement-partition-number", "platform",
       "private-dns-name-options.enable-resource-name-dns-a-record",
       "private-dns-name-options.enable-resource-name-dns-aaaa-record", "private-dns-name-options.hostname-type",
       "product-code", "product-code.type", "ramdisk-id", "requester-id", "spot-instance-request-id", "tpm-support",
       "usage-operation-update-time"});
  return facts;
}

}  // namespace services::ec2
