// Targets: registering writes a record in state initial, deregistering one that drains. How they feel, and when a
// drained one goes, is observed by the engine.
#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>

#include "services/elbv2/handlers.h"
#include "services/elbv2/lookup.h"

namespace services::elbv2 {

namespace {

constexpr std::size_t kTargetsPerGroup = 1000;

/// Loopback, where tasks and nodes of this engine live, and the private ranges that AWS takes. Anything else would make
/// the balancer a way out to strangers.
bool is_private_address(const std::string& text) {
  in_addr packed{};
  if (inet_pton(AF_INET, text.c_str(), &packed) != 1) return false;
  const std::uint32_t address = ntohl(packed.s_addr);
  const auto in = [&](std::uint32_t network, int bits) { return (address >> (32 - bits)) == (network >> (32 - bits)); };
  return in(0x7f000000, 8) || in(0x0a000000, 8) || in(0xac100000, 12) || in(0xc0a80000, 16) || in(0x64400000, 10);
}

Result<model::Target> read_target(const Context& context, const model::TargetGroup& group,
                                  const shape::TargetDescription& given) {
  model::Target target{
      .group_arn = group.arn, .target_id = given.id.value_or(""), .port = given.port.value_or(group.port)};
  target.registered_at = context.now;
  if (group.target_type == "instance") {
    if (given.availability_zone)
      return fail("ValidationError", "You cannot specify an Availability Zone for a target of type 'instance'");
    const auto* instance = context.state.instances.find(target.target_id);
    if (instance == nullptr)
      return fail("InvalidTarget",
                  fmt::format("The following targets are not valid instances: '{}'", target.target_id));
    if (instance->state != "running")
      return fail("InvalidTarget",
                  fmt::format("The following targets are not in a running state and cannot be registered: '{}'",
                              target.target_id));
    if (instance->vpc_id != group.vpc_id)
      return fail("InvalidTarget", fmt::format("The following targets are not in the target group VPC '{}': '{}'",
                                               group.vpc_id, target.target_id));
    target.address = instance->address;
    target.availability_zone = instance->availability_zone;
    return target;
  }
  if (!is_private_address(target.target_id))
    return fail(
        "InvalidTarget",
        fmt::format("The IP address '{}' is not a private IPv4 address and cannot be registered", target.target_id));
  target.address = target.target_id;
  target.availability_zone = given.availability_zone.value_or("");
  return target;
}

/// AWS tells apart what feels bad and what is not asked: a group that no listener uses is not probed.
shape::TargetHealth show_health(const model::Target& target, bool in_use) {
  shape::TargetHealth health;
  if (!in_use && target.state != "draining") {
    health.state = "unused";
    health.reason = "Target.NotInUse";
    health.description = "Target group is not configured to receive traffic from the load balancer";
    return health;
  }
  health.state = target.state;
  if (target.state == "healthy") return health;
  if (!target.reason.empty()) health.reason = target.reason;
  if (!target.description.empty()) health.description = target.description;
  return health;
}

shape::TargetHealthDescription show_target(const model::TargetGroup& group, const model::Target& target, bool in_use,
                                           bool anomaly) {
  shape::TargetHealthDescription out;
  auto& description = out.target.emplace();
  description.id = target.target_id;
  description.port = target.port;
  if (group.target_type == "ip" && !target.availability_zone.empty())
    description.availability_zone = target.availability_zone;
  out.health_check_port =
      group.health_check_port == "traffic-port" ? std::to_string(target.port) : group.health_check_port;
  out.target_health = show_health(target, in_use);
  if (anomaly) {
    auto& detection = out.anomaly_detection.emplace();
    detection.result = "normal";
    detection.mitigation_in_effect = "no";
  }
  return out;
}

shape::TargetHealthDescription show_stranger(const model::TargetGroup& group, const shape::TargetDescription& asked) {
  shape::TargetHealthDescription out;
  auto& description = out.target.emplace();
  description.id = asked.id;
  description.port = asked.port.value_or(group.port);
  auto& health = out.target_health.emplace();
  health.state = "unused";
  health.reason = "Target.NotRegistered";
  health.description = "Target is not registered to the target group";
  return out;
}

}  // namespace

Answer<op::RegisterTargets> register_targets(Context& context, const op::RegisterTargets::Input& in) {
  TRY(const model::TargetGroup* group, find_target_group(context, *in.target_group_arn));
  for (const auto& given : *in.targets) {
    TRY(model::Target target, read_target(context, *group, given));
    const auto* current = context.state.targets.find(target.key());
    if (current != nullptr && current->state != "draining") continue;  // registered already
    if (current == nullptr && context.state.targets_by_group.keys(group->arn).size() >= kTargetsPerGroup)
      return fail("TooManyTargets",
                  fmt::format("Target group '{}' already has the maximum of {} targets", group->arn, kTargetsPerGroup));
    context.state.targets.put(std::move(target));
  }
  return {};
}

Answer<op::DeregisterTargets> deregister_targets(Context& context, const op::DeregisterTargets::Input& in) {
  TRY(const model::TargetGroup* group, find_target_group(context, *in.target_group_arn));
  const bool in_use = !balancers_of_group(context, group->arn).empty();
  for (const auto& given : *in.targets) {
    const model::Target named{
        .group_arn = group->arn, .target_id = given.id.value_or(""), .port = given.port.value_or(group->port)};
    const auto* target = context.state.targets.find(named.key());
    if (target == nullptr || target->state == "draining") continue;  // AWS: not registered is no error
    if (!in_use) {
      context.state.targets.erase(named.key());  // nothing can be in flight
      continue;
    }
    context.state.targets.update(named.key(), [&](model::Target& record) {
      record.state = "draining";
      record.reason = "Target.DeregistrationInProgress";
      record.description = "Target deregistration is in progress";
      record.draining_since = context.now;
      record.idle = false;
    });
  }
  return {};
}

Answer<op::DescribeTargetHealth> describe_target_health(Context& context, const op::DescribeTargetHealth::Input& in) {
  TRY(const model::TargetGroup* group, find_target_group(context, *in.target_group_arn));
  const bool in_use = !balancers_of_group(context, group->arn).empty();
  const auto includes = in.include.value_or(std::vector<std::string>{});
  const bool anomaly = std::ranges::any_of(
      includes, [](const std::string& what) { return what == "AnomalyDetection" || what == "All"; });
  op::DescribeTargetHealth::Output out;
  auto& shown = out.target_health_descriptions.emplace();
  const auto& keys = context.state.targets_by_group.keys(group->arn);
  if (!in.targets || in.targets->empty()) {
    for (const auto& key : keys)
      shown.push_back(show_target(*group, *context.state.targets.find(key), in_use, anomaly));
    return out;
  }
  for (const auto& asked : *in.targets) {
    bool any = false;
    for (const auto& key : keys) {
      const auto& target = *context.state.targets.find(key);
      // Without a port: every registration of that id.
      if (target.target_id != asked.id.value_or("") || (asked.port && *asked.port != target.port)) continue;
      shown.push_back(show_target(*group, target, in_use, anomaly));
      any = true;
    }
    if (!any) shown.push_back(show_stranger(*group, asked));
  }
  return out;
}

}  // namespace services::elbv2
