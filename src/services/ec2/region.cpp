#include "services/ec2/region.h"

#include <fmt/format.h>

#include <algorithm>

#include "services/ec2/filters.h"
#include "services/ec2/handlers.h"

namespace services::ec2 {

std::vector<std::string> zones_of(const std::string& region) { return {region + "a", region + "b", region + "c"}; }

std::string zone_id(const std::string& zone) {
  if (zone.empty()) return "";
  std::string id, word;
  for (const char c : zone.substr(0, zone.size() - 1) + "-") {
    if (c != '-') {
      word.push_back(c);
      continue;
    }
    // "us" stays, "east" is "e", "southeast" is "se", the number stays.
    if (word.size() <= 2) {
      id += word;
    } else if (word.starts_with("north") || word.starts_with("south")) {
      id += word.front();
      if (word.size() > 5) id += word[5];
    } else {
      id += word.front();
    }
    word.clear();
  }
  return fmt::format("{}-az{}", id, zone.back() - 'a' + 1);
}

Answer<op::DescribeAvailabilityZones> describe_availability_zones(Context& context,
                                                                  const op::DescribeAvailabilityZones::Input& in) {
  TRY_VOID(check_dry_run(in.dry_run));
  op::DescribeAvailabilityZones::Output out;
  auto& shown = out.availability_zones.emplace();
  const std::vector<std::string> zones = zones_of(context.account.region);
  for (const std::string& name : in.zone_names.value_or(std::vector<std::string>())) {
    if (std::ranges::find(zones, name) == zones.end()) {
      return fail("InvalidParameterValue", fmt::format("Invalid availability zone: [{}]", name));
    }
  }
  for (const std::string& name : zones) {
    const std::string id = zone_id(name);
    if (in.zone_names && std::ranges::find(*in.zone_names, name) == in.zone_names->end()) continue;
    if (in.zone_ids && std::ranges::find(*in.zone_ids, id) == in.zone_ids->end()) continue;
    TRY(const bool passed, passes(in.filters,
                                  {{"zone-name", {name}},
                                   {"zone-id", {id}},
                                   {"zone-type", {"availability-zone"}},
                                   {"region-name", {context.account.region}},
                                   {"group-name", {context.account.region + "-zg-1"}},
                                   {"state", {"available"}},
                                   {"message", {}},
                                   {"group-long-name", {}},
                                   {"parent-zone-id", {}},
                                   {"parent-zone-name", {}},
                                   {"opt-in-status", {"opt-in-not-required"}}},
                                  {}));
    if (!passed) continue;
    auto& zone = shown.emplace_back();
    zone.zone_name = name;
    zone.zone_id = id;
    zone.zone_type = "availability-zone";
    zone.region_name = context.account.region;
    zone.group_name = context.account.region + "-zg-1";
    zone.network_border_group = context.account.region;
    zone.opt_in_status = "opt-in-not-required";
    zone.state = "available";
    zone.messages.emplace();
  }
  return out;
}

Answer<op::DescribeRegions> describe_regions(Context& context, const op::DescribeRegions::Input& in) {
  TRY_VOID(check_dry_run(in.dry_run));
  const std::string& region = context.account.region;
  for (const std::string& name : in.region_names.value_or(std::vector<std::string>())) {
    if (name != region) return fail("InvalidParameterValue", fmt::format("Invalid region provided: {}", name));
  }
  const std::string endpoint = fmt::format("ec2.{}.amazonaws.com", region);
  op::DescribeRegions::Output out;
  auto& shown = out.regions.emplace();
  TRY(const bool passed, passes(in.filters,
                                {{"region-name", {region}},
                                 {"endpoint", {endpoint}},
                                 {"opt-in-status", {"opt-in-not-required"}}},
                                {}));
  if (passed) {
    auto& one = shown.emplace_back();
    one.region_name = region;
    one.endpoint = endpoint;
    one.opt_in_status = "opt-in-not-required";
  }
  return out;
}

Answer<op::DescribeAccountAttributes> describe_account_attributes(Context& context,
                                                                  const op::DescribeAccountAttributes::Input& in) {
  TRY_VOID(check_dry_run(in.dry_run));
  std::string default_vpc = "none";
  for (const auto& [id, vpc] : context.state.vpcs.all()) {
    if (vpc.is_default) default_vpc = id;
  }
  const std::pair<const char*, std::vector<std::string>> attributes[] = {
      {"supported-platforms", {"VPC"}},   {"vpc-max-security-groups-per-interface", {"5"}},
      {"max-elastic-ips", {"5"}},         {"max-instances", {std::to_string(AddressPlan::kNodes)}},
      {"vpc-max-elastic-ips", {"5"}},     {"default-vpc", {default_vpc}}};
  op::DescribeAccountAttributes::Output out;
  auto& shown = out.account_attributes.emplace();
  for (const auto& [name, values] : attributes) {
    if (in.attribute_names && std::ranges::find(*in.attribute_names, name) == in.attribute_names->end()) continue;
    auto& one = shown.emplace_back();
    one.attribute_name = name;
    for (const std::string& value : values) {
      auto& shown_values = one.attribute_values ? *one.attribute_values : one.attribute_values.emplace();
      shown_values.push_back({.attribute_value = value});
    }
  }
  return out;
}

}  // namespace services::ec2
