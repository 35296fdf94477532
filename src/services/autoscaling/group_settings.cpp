#include "services/autoscaling/group_settings.h"

#include <fmt/format.h>

#include <algorithm>

#include "model/instance_type.h"

namespace services::autoscaling {
namespace {

tl::unexpected<Error> bad_template(const std::string& why) {
  return fail("ValidationError", "You must use a valid fully-formed launch template. " + why);
}

}  // namespace

Result<void> check_launch(const model::LaunchTemplateVersion& version) {
  if (version.image_id.empty()) return bad_template("The request must contain the parameter ImageId");
  if (version.instance_type.empty()) return bad_template("The request must contain the parameter InstanceType");
  if (!model::find_instance_type(version.instance_type)) {
    std::string offered;
    for (const auto& type : model::instance_types()) offered += fmt::format("{}{}", offered.empty() ? "" : ", ", type.name);
    return bad_template(
        fmt::format("Invalid value '{}' for InstanceType. This engine offers: {}.", version.instance_type, offered));
  }
  return {};
}

Result<void> use_launch_template(const Context& context, model::AutoScalingGroup& group,
                                 const api::autoscaling::LaunchTemplateSpecification& given) {
  if (given.launch_template_id.has_value() == given.launch_template_name.has_value()) {
    return fail("ValidationError",
                "Valid requests must contain either launchTemplateId or LaunchTemplateName");
  }
  const model::LaunchTemplate* found = nullptr;
  if (given.launch_template_id) {
    found = context.state.launch_templates.find(*given.launch_template_id);
    if (!found) {
      return bad_template(fmt::format("The specified launch template, with template ID {}, does not exist.",
                                      *given.launch_template_id));
    }
  } else {
    for (const auto& [id, one] : context.state.launch_templates.all()) {
      if (one.name == *given.launch_template_name) found = &one;
    }
    if (!found) {
      return bad_template(fmt::format("The specified launch template, with template name {}, does not exist.",
                                      *given.launch_template_name));
    }
  }
  const std::string wanted = given.version.value_or("$Default");
  const model::LaunchTemplateVersion* version = found->version(wanted);
  if (!version) {
    return bad_template(fmt::format("Could not find the specified version {} for the launch template with ID {}.", wanted,
                                    found->id));
  }
  TRY_VOID(check_launch(*version));
  group.launch_template_id = found->id;
  group.launch_template_version = wanted;
  return {};
}

Result<void> use_zones(const Context& context, model::AutoScalingGroup& group, const std::optional<std::string>& subnets,
                       const std::optional<std::vector<std::string>>& zones) {
  if (subnets) {
    group.subnets.clear();
    group.availability_zones.clear();
    std::string vpc;
    for (std::size_t from = 0; from < subnets->size();) {
      const std::size_t comma = std::min(subnets->find(',', from), subnets->size());
      std::string id = subnets->substr(from, comma - from);
      from = comma + 1;
      std::erase(id, ' ');
      if (id.empty()) continue;
      const model::Subnet* subnet = context.state.subnets.find(id);
      if (!subnet) return fail("ValidationError", fmt::format("The subnet ID '{}' does not exist", id));
      if (!vpc.empty() && subnet->vpc_id != vpc) {
        return fail("ValidationError", "The subnets of a group must be in the same VPC");
      }
      vpc = subnet->vpc_id;
      group.subnets.push_back(id);
      if (std::ranges::count(group.availability_zones, subnet->availability_zone) == 0) {
        group.availability_zones.push_back(subnet->availability_zone);
      }
    }
    if (zones && std::ranges::any_of(*zones, [&](const auto& zone) {
          return std::ranges::count(group.availability_zones, zone) == 0;
        })) {
      return fail("ValidationError", "The availability zones of the specified subnets and the Auto Scaling group do not match");
    }
  } else if (zones) {
    group.availability_zones = *zones;
    group.subnets.clear();
    for (const std::string& zone : *zones) {  // a zone stands for its default subnet
      const model::Subnet* in_zone = nullptr;
      for (const auto& [id, subnet] : context.state.subnets.all()) {
        if (subnet.availability_zone == zone && subnet.default_for_az) in_zone = &subnet;
      }
      if (!in_zone) return fail("ValidationError", fmt::format("Invalid availability zones specified: [{}]", zone));
    }
  }
  if (group.availability_zones.empty()) {
    return fail("ValidationError", "At least one Availability Zone or VPC Subnet is required.");
  }
  return {};
}

Result<void> check_lifetime(int max_instance_lifetime) {
  constexpr int kLeast = 86'400, kMost = 31'536'000;  // a day, a year: AWS's bounds
  if (max_instance_lifetime == 0) return {};
  if (max_instance_lifetime < kLeast || max_instance_lifetime > kMost) {
    return fail("ValidationError", fmt::format("Invalid MaxInstanceLifetime {}: it must be 0 or from {} to {} seconds.",
                                               max_instance_lifetime, kLeast, kMost));
  }
  return fail("ValidationError", "This engine does not replace instances for their age: MaxInstanceLifetime must be 0.");
}

Result<void> check_sizes(int min_size, int max_size) {
  if (min_size < 0 || max_size < 0) {
    return fail("ValidationError", fmt::format("Bounds must not be negative: min {}, max {}", min_size, max_size));
  }
  if (max_size < min_size) {
    return fail("ValidationError",
                fmt::format("Max bound, {}, must be greater than or equal to min bound, {}", max_size, min_size));
  }
  return {};
}

Result<void> check_desired(const model::AutoScalingGroup& group) {
  if (group.desired_capacity >= group.min_size && group.desired_capacity <= group.max_size) return {};
  return fail("ValidationError", fmt::format("Desired capacity:{} must be between the specified min size:{} and max size:{}",
                                             group.desired_capacity, group.min_size, group.max_size));
}

Result<void> check_policies(const std::vector<std::string>& policies) {
  constexpr std::string_view kServed[] = {"Default",        "OldestInstance",       "NewestInstance",
                                          "OldestLaunchTemplate", "ClosestToNextInstanceHour"};
  for (const std::string& policy : policies) {
    if (policy == "AllocationStrategy" || policy == "OldestLaunchConfiguration" || policy.starts_with("arn:")) {
      return fail("ValidationError",
                  fmt::format("The termination policy '{}' is not served by this engine; it serves Default, OldestInstance, "
                              "NewestInstance, OldestLaunchTemplate and ClosestToNextInstanceHour",
                              policy));
    }
    if (std::ranges::find(kServed, policy) == std::end(kServed)) {
      return fail("ValidationError", fmt::format("Invalid termination policy: {}", policy));
    }
  }
  return {};
}

Result<void> check_health_check_type(const std::string& type) {
  for (std::size_t from = 0; from <= type.size();) {
    const std::size_t comma = std::min(type.find(',', from), type.size());
    const std::string one = type.substr(from, comma - from);
    if (one != "EC2" && one != "ELB" && one != "EBS" && one != "VPC_LATTICE") {
      return fail("ValidationError", fmt::format("Invalid health check type: {}", type));
    }
    from = comma + 1;
  }
  return {};
}

Result<void> check_target_groups(const Context& context, const std::vector<std::string>& arns) {
  for (const std::string& arn : arns) {
    if (!context.state.target_groups.find(arn)) {
      return fail("ValidationError", fmt::format("Provided Target Groups may not be valid. Please ensure they exist and try "
                                                 "again: {}",
                                                 arn));
    }
  }
  return {};
}

Result<void> set_tag(model::AutoScalingGroup& group, const api::autoscaling::Tag& tag) {
  const std::string key = tag.key.value_or("");
  if (key.starts_with("aws:")) {
    return fail("ValidationError", fmt::format("Tag key '{}' is reserved: keys may not begin with aws:", key));
  }
  const auto same = std::ranges::find(group.tags, key, &model::AutoScalingGroup::GroupTag::key);
  auto& kept = same == group.tags.end() ? group.tags.emplace_back() : *same;
  kept.key = key;
  kept.value = tag.value.value_or("");
  kept.propagate_at_launch = tag.propagate_at_launch.value_or(false);
  return {};
}

}  // namespace services::autoscaling
