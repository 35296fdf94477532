#include "services/ec2/instance_type_info.h"

#include <algorithm>
#include <utility>

namespace services::ec2 {
namespace {

/// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/AvailableIpPerENI.html; as many IPv6 addresses as IPv4 ones.
struct Interfaces {
  std::string_view type;
  int interfaces, addresses;
};
constexpr Interfaces kInterfaces[] = {
    {"t2.nano", 2, 2},    {"t2.micro", 2, 2},   {"t2.small", 3, 4},   {"t2.medium", 3, 6},  {"t2.large", 3, 12},
    {"t3.nano", 2, 2},    {"t3.micro", 2, 2},   {"t3.small", 3, 4},   {"t3.medium", 3, 6},  {"t3.large", 3, 12},
    {"t3.xlarge", 4, 15}, {"t3a.micro", 2, 2},  {"t3a.small", 2, 4},  {"t3a.medium", 3, 6}, {"c4.large", 3, 10},
    {"c5.large", 3, 10},  {"c5.xlarge", 4, 15}, {"m4.large", 2, 10},  {"m5.large", 3, 10},  {"m5.xlarge", 4, 15},
    {"m6i.large", 3, 10}, {"m6i.xlarge", 4, 15},
};

constexpr std::pair<std::string_view, std::string_view> kNetworkPerformance[] = {
    {"t2", "Low to Moderate"},  {"t3", "Up to 5 Gigabit"}, {"t3a", "Up to 5 Gigabit"}, {"c4", "Moderate"},
    {"c5", "Up to 10 Gigabit"}, {"m4", "Moderate"},        {"m5", "Up to 10 Gigabit"}, {"m6i", "Up to 12.5 Gigabit"},
};

std::string_view family_of(std::string_view type) { return type.substr(0, type.find('.')); }
bool is_nitro(std::string_view type) { return hypervisor_of(type) == "nitro"; }

std::string network_performance(std::string_view type) {
  for (const auto& [family, performance] : kNetworkPerformance) {
    if (family == family_of(type)) return std::string(performance);
  }
  return "Moderate";
}

api::ec2::NetworkInfo show_network(std::string_view type) {
  const auto* found = std::ranges::find(kInterfaces, type, &Interfaces::type);
  const Interfaces most = found == std::end(kInterfaces) ? Interfaces{type, 2, 2} : *found;
  api::ec2::NetworkInfo shown;
  shown.network_performance = network_performance(type);
  shown.maximum_network_interfaces = most.interfaces;
  shown.maximum_network_cards = 1;
  shown.default_network_card_index = 0;
  auto& card = shown.network_cards.emplace().emplace_back();
  card.network_card_index = 0;
  card.network_performance = shown.network_performance;
  card.maximum_network_interfaces = most.interfaces;
  shown.ipv4_addresses_per_interface = most.addresses;
  shown.ipv6_addresses_per_interface = most.addresses;
  shown.ipv6_supported = true;
  shown.ena_support = is_nitro(type) ? "required" : "unsupported";
  shown.ena_srd_supported = false;
  shown.efa_supported = false;
  shown.encryption_in_transit_supported = family_of(type) == "m6i";
  return shown;
}

api::ec2::EbsInfo show_ebs(std::string_view type) {
  api::ec2::EbsInfo shown;
  shown.ebs_optimized_support = family_of(type) == "t2" ? "unsupported" : "default";
  shown.encryption_support = "supported";
  shown.nvme_support = is_nitro(type) ? "required" : "unsupported";
  return shown;
}

api::ec2::PlacementGroupInfo show_placement(std::string_view type) {
  api::ec2::PlacementGroupInfo shown;
  shown.supported_strategies = {"partition", "spread"};
  if (!is_burstable(type)) shown.supported_strategies->insert(shown.supported_strategies->begin(), "cluster");
  return shown;
}

}  // namespace

bool is_current_generation(std::string_view type) { return !type.starts_with("m4.") && !type.starts_with("c4."); }
bool is_burstable(std::string_view type) { return type.starts_with("t"); }
std::string hypervisor_of(std::string_view type) {
  for (const std::string_view xen : {"t2.", "m4.", "c4."}) {
    if (type.starts_with(xen)) return "xen";
  }
  return "nitro";
}

api::ec2::InstanceTypeInfo show_type(const model::InstanceType& type) {
  api::ec2::InstanceTypeInfo shown;
  shown.instance_type = std::string(type.name);
  shown.current_generation = is_current_generation(type.name);
  shown.free_tier_eligible = type.name == "t2.micro" || type.name == "t3.micro";
  shown.supported_usage_classes = {"on-demand"};
  shown.supported_root_device_types = {"ebs"};
  shown.supported_virtualization_types = {"hvm"};
  shown.bare_metal = false;
  shown.hypervisor = hypervisor_of(type.name);
  shown.processor_info.emplace().supported_architectures = {"x86_64"};
  auto& vcpus = shown.v_cpu_info.emplace();
  const int threads = is_nitro(type.name) ? 2 : 1;
  vcpus.default_v_cpus = type.vcpus;
  vcpus.default_threads_per_core = threads;
  vcpus.default_cores = std::max(1, type.vcpus / threads);
  shown.memory_info.emplace().size_in_mi_b = type.memory.value;
  shown.instance_storage_supported = false;
  shown.ebs_info = show_ebs(type.name);
  shown.network_info = show_network(type.name);
  shown.placement_group_info = show_placement(type.name);
  shown.hibernation_supported = false;
  shown.burstable_performance_supported = is_burstable(type.name);
  shown.dedicated_hosts_supported = false;
  shown.auto_recovery_supported = false;
  return shown;
}

}  // namespace services::ec2
