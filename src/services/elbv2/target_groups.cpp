// Target groups: where a forward goes, and how its targets' health is probed.
#include <fmt/format.h>

#include <charconv>

#include "services/elbv2/handlers.h"
#include "services/elbv2/lookup.h"
#include "services/elbv2/render.h"
#include "services/elbv2/tags.h"
#include "services/page.h"

namespace services::elbv2 {

namespace {

std::optional<int> whole_number(std::string_view text) {
  int value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  return failed == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

/// "200", "200,202", "200-299", and mixtures.
Result<void> check_matcher(const std::string& matcher) {
  std::size_t from = 0;
  while (from <= matcher.size()) {
    const std::size_t comma = std::min(matcher.find(',', from), matcher.size());
    const std::string_view part = std::string_view(matcher).substr(from, comma - from);
    const std::size_t dash = part.find('-');
    const auto low = whole_number(part.substr(0, dash));
    const auto high = dash == std::string_view::npos ? low : whole_number(part.substr(dash + 1));
    if (!low || !high || *low < 200 || *high > 499 || *low > *high)
      return fail("ValidationError",
                  fmt::format("Health check matcher HTTP code '{}' must be within '200-499' inclusive", part));
    from = comma + 1;
  }
  return {};
}

/// The health check's members of either request, over what the group has.
template <class Input>
Result<void> read_health_check(const Input& in, model::TargetGroup& group) {
  if (in.health_check_enabled && !*in.health_check_enabled)
    return fail(
        "ValidationError",
        fmt::format("Health check enabled must be true for target groups with target type '{}'", group.target_type));
  if (in.health_check_protocol) group.health_check_protocol = *in.health_check_protocol;
  if (group.health_check_protocol != "HTTP")
    return fail("ValidationError", fmt::format("Health check protocol '{}' is not served by this engine; use 'HTTP'",
                                               group.health_check_protocol));
  if (in.health_check_port) group.health_check_port = *in.health_check_port;
  if (const auto port = whole_number(group.health_check_port);
      group.health_check_port != "traffic-port" && (!port || *port < 1 || *port > 65535))
    return fail("ValidationError",
                fmt::format("Health check port '{}' must be 'traffic-port' or a number from 1 to 65535",
                            group.health_check_port));
  if (in.health_check_path) group.health_check_path = *in.health_check_path;
  if (!group.health_check_path.starts_with('/'))
    return fail("ValidationError",
                fmt::format("Health check path '{}' must begin with a '/' character", group.health_check_path));
  for (unsigned char c : group.health_check_path)
    if (c <= 0x20 || c >= 0x7f)
      return fail("ValidationError", "Health check path contains a character that is not valid");
  if (in.health_check_interval_seconds) group.health_check_interval = *in.health_check_interval_seconds;
  if (in.health_check_timeout_seconds) group.health_check_timeout = *in.health_check_timeout_seconds;
  if (in.healthy_threshold_count) group.healthy_threshold = *in.healthy_threshold_count;
  if (in.unhealthy_threshold_count) group.unhealthy_threshold = *in.unhealthy_threshold_count;
  if (group.health_check_timeout >= group.health_check_interval)
    return fail("ValidationError", fmt::format("Health check timeout '{}' must be smaller than the interval '{}'",
                                               group.health_check_timeout, group.health_check_interval));
  if (in.matcher) {
    if (in.matcher->grpc_code || !in.matcher->http_code)
      return fail("ValidationError", "The matcher must hold an HTTP code");
    group.matcher = *in.matcher->http_code;
  }
  return check_matcher(group.matcher);
}

/// What this engine can balance to, of what the API can say.
Result<void> check_kind(const Context& context, const op::CreateTargetGroup::Input& in,
                        const model::TargetGroup& group) {
  if (group.target_type != "instance" && group.target_type != "ip")
    return fail(
        "InvalidConfigurationRequest",
        fmt::format("Target type '{}' is not served by this engine; use 'instance' or 'ip'", group.target_type));
  if (!in.protocol) return fail("ValidationError", "A protocol must be specified");
  if (group.protocol != "HTTP")
    return fail("InvalidConfigurationRequest",
                fmt::format("Target group protocol '{}' is not served by this engine; use 'HTTP'", group.protocol));
  if (group.protocol_version != "HTTP1")
    return fail("InvalidConfigurationRequest",
                fmt::format("Protocol version '{}' is not served by this engine; use 'HTTP1'", group.protocol_version));
  if (!in.port) return fail("ValidationError", "A port must be specified");
  if (!in.vpc_id) return fail("ValidationError", "A VPC ID must be specified");
  if (context.state.vpcs.find(group.vpc_id) == nullptr)
    return fail("ValidationError", fmt::format("The VPC ID '{}' is not found", group.vpc_id));
  if (group.ip_address_type != "ipv4")
    return fail("InvalidConfigurationRequest",
                fmt::format("IP address type '{}' is not served by this engine; use 'ipv4'", group.ip_address_type));
  if (in.target_control_port)
    return fail("InvalidConfigurationRequest", "A target control port is not served by this engine");
  return {};
}

const model::TargetGroup* target_group_named(const Context& context, const std::string& name) {
  for (const auto& [arn, group] : context.state.target_groups.all())
    if (group.name == name) return &group;
  return nullptr;
}

/// What a repeated CreateTargetGroup must share with the first; tags are not compared by AWS.
auto settings_of(const model::TargetGroup& group) {
  return std::tie(group.protocol, group.protocol_version, group.port, group.vpc_id, group.target_type,
                  group.health_check_protocol, group.health_check_port, group.health_check_path,
                  group.health_check_interval, group.health_check_timeout, group.healthy_threshold,
                  group.unhealthy_threshold, group.matcher);
}

}  // namespace

Answer<op::CreateTargetGroup> create_target_group(Context& context, const op::CreateTargetGroup::Input& in) {
  TRY_VOID(check_name("Target group", *in.name));
  model::TargetGroup group{.name = *in.name, .created_at = context.now};
  group.protocol = in.protocol.value_or("");
  // Terraform sends an empty one for "not set".
  if (in.protocol_version && !in.protocol_version->empty()) group.protocol_version = *in.protocol_version;
  else group.protocol_version = "HTTP1";
  group.port = in.port.value_or(0);
  group.vpc_id = in.vpc_id.value_or("");
  group.target_type = in.target_type.value_or("instance");
  group.ip_address_type = in.ip_address_type.value_or("ipv4");
  TRY_VOID(check_kind(context, in, group));
  TRY_VOID(read_health_check(in, group));
  TRY(group.tags, merge_tags({}, in.tags));

  op::CreateTargetGroup::Output out;
  if (const auto* same = target_group_named(context, group.name)) {
    if (settings_of(*same) != settings_of(group))
      return fail(
          "DuplicateTargetGroupName",
          fmt::format("A target group with the same name '{}' exists, but with different settings", group.name));
    out.target_groups.emplace().push_back(show_target_group(*same, balancers_of_group(context, same->arn)));
    return out;
  }
  group.arn =
      make_arn(context.account, "elasticloadbalancing", fmt::format("targetgroup/{}/{}", group.name, new_id(context)));
  out.target_groups.emplace().push_back(show_target_group(group, {}));
  context.state.target_groups.put(std::move(group));
  return out;
}

Answer<op::ModifyTargetGroup> modify_target_group(Context& context, const op::ModifyTargetGroup::Input& in) {
  TRY(const model::TargetGroup* found, find_target_group(context, *in.target_group_arn));
  model::TargetGroup group = *found;
  TRY_VOID(read_health_check(in, group));
  op::ModifyTargetGroup::Output out;
  out.target_groups.emplace().push_back(show_target_group(group, balancers_of_group(context, group.arn)));
  context.state.target_groups.put(std::move(group));
  return out;
}

Answer<op::DeleteTargetGroup> delete_target_group(Context& context, const op::DeleteTargetGroup::Input& in) {
  const auto found = find_target_group(context, *in.target_group_arn);
  if (!found) {
    // AWS: deleting a group that is gone succeeds.
    if (found.error().code == "TargetGroupNotFound") return {};
    return tl::unexpected(found.error());
  }
  const std::string& arn = *in.target_group_arn;
  if (!balancers_of_group(context, arn).empty())
    return fail("ResourceInUse", fmt::format("Target group '{}' is currently in use by a listener or a rule", arn));
  for (const auto& target : std::set(context.state.targets_by_group.keys(arn))) context.state.targets.erase(target);
  context.state.target_groups.erase(arn);
  return {};
}

Answer<op::DescribeTargetGroups> describe_target_groups(Context& context, const op::DescribeTargetGroups::Input& in) {
  op::DescribeTargetGroups::Output out;
  auto& shown = out.target_groups.emplace();
  const int filters = (in.load_balancer_arn ? 1 : 0) +
                      (in.target_group_arns && !in.target_group_arns->empty() ? 1 : 0) +
                      (in.names && !in.names->empty() ? 1 : 0);
  if (filters > 1)
    return fail("ValidationError", "You can specify only one of a load balancer ARN, target group ARNs and names");
  const auto balancers = balancers_by_group(context);
  const auto show = [&](const model::TargetGroup& group) {
    const auto users = balancers.find(group.arn);
    shown.push_back(show_target_group(group, users == balancers.end() ? std::set<std::string>{} : users->second));
  };
  if (in.target_group_arns && !in.target_group_arns->empty()) {
    for (const auto& arn : std::set(in.target_group_arns->begin(), in.target_group_arns->end())) {
      auto found = find_target_group(context, arn);
      if (!found && found.error().code == "TargetGroupNotFound")
        return fail("TargetGroupNotFound", "One or more target groups not found");
      if (!found) return tl::unexpected(found.error());
      show(**found);
    }
    return out;
  }
  if (in.names && !in.names->empty()) {
    for (const auto& name : std::set(in.names->begin(), in.names->end())) {
      const auto* found = target_group_named(context, name);
      if (found == nullptr) return fail("TargetGroupNotFound", "One or more target groups not found");
      show(*found);
    }
    return out;
  }
  std::optional<std::set<std::string>> wanted;
  if (in.load_balancer_arn) {
    TRY_VOID(find_load_balancer(context, *in.load_balancer_arn));
    wanted = groups_of_balancer(context, *in.load_balancer_arn);
  }
  TRY(Page page, Page::open(in.marker, static_cast<std::size_t>(in.page_size.value_or(400)), kInvalidToken));
  for (const auto& [arn, group] : context.state.target_groups.all()) {
    if (wanted && !wanted->contains(arn)) continue;
    if (page.take(arn)) show(group);
    if (page.full()) break;
  }
  out.next_marker = page.next_token();
  return out;
}

}  // namespace services::elbv2
