#include "services/elbv2/render.h"

#include "services/elbv2/action_sets.h"
#include "services/elbv2/conditions.h"

namespace services::elbv2 {

namespace {

/// The hosted zone that AWS's load balancers of a region live in; Terraform shows it as zone_id.
const char* hosted_zone(const std::string& region) {
  static const std::map<std::string, const char*, std::less<>> zones = {
      {"us-east-1", "Z35SXDOTRQ7X7K"},  {"us-east-2", "Z3AADJGX6KTTL2"},      {"us-west-1", "Z368ELLRRE2KJ0"},
      {"us-west-2", "Z1H1FL5HABSF5"},   {"ca-central-1", "ZQSVJUPU6J1EY"},    {"eu-central-1", "Z215JYRZR1TBD5"},
      {"eu-west-1", "Z32O12XQLNTSW2"},  {"eu-west-2", "ZHURV8PSTC4K8"},       {"eu-west-3", "Z3Q77PNBQS71R4"},
      {"eu-north-1", "Z23TAZ6LKFMNIO"}, {"ap-northeast-1", "Z14GRHDCWA56QT"}, {"ap-northeast-2", "ZWKZPGTI48KDX"},
      {"ap-south-1", "ZP97RAFLXTNZK"},  {"ap-southeast-1", "Z1LMS91P8CMLE5"}, {"ap-southeast-2", "Z1GM3OXH4ZPM65"},
      {"sa-east-1", "Z2P70J7HTTTPLU"},
  };
  const auto found = zones.find(region);
  return found == zones.end() ? "Z35SXDOTRQ7X7K" : found->second;
}

}  // namespace

std::vector<shape::AvailabilityZone> show_zones(const Context& context, const model::LoadBalancer& balancer) {
  std::vector<shape::AvailabilityZone> zones;
  for (const auto& subnet_id : balancer.subnets) {
    auto& zone = zones.emplace_back();
    zone.subnet_id = subnet_id;
    if (const auto* subnet = context.state.subnets.find(subnet_id)) zone.zone_name = subnet->availability_zone;
    zone.load_balancer_addresses.emplace();
  }
  return zones;
}

shape::LoadBalancer show_load_balancer(const Context& context, const model::LoadBalancer& balancer) {
  shape::LoadBalancer out;
  out.load_balancer_arn = balancer.arn;
  out.dns_name = balancer.dns_name;
  out.canonical_hosted_zone_id = hosted_zone(context.account.region);
  out.created_time = api::Timestamp{to_ms(balancer.created_at)};
  out.load_balancer_name = balancer.name;
  out.scheme = balancer.scheme;
  out.vpc_id = balancer.vpc_id;
  out.state.emplace().code = balancer.state;
  out.type = balancer.type;
  out.availability_zones = show_zones(context, balancer);
  out.security_groups = balancer.security_groups;
  out.ip_address_type = balancer.ip_address_type;
  return out;
}

shape::Listener show_listener(const model::Listener& listener) {
  shape::Listener out;
  out.listener_arn = listener.arn;
  out.load_balancer_arn = listener.load_balancer_arn;
  out.port = listener.port;
  out.protocol = listener.protocol;
  if (listener.protocol == "HTTPS") {
    out.ssl_policy = listener.ssl_policy;
    out.certificates.emplace().push_back({.certificate_arn = listener.certificates.front()});
    out.mutual_authentication.emplace().mode = "off";
  }
  out.default_actions = show_actions(listener.default_actions);
  return out;
}

shape::Rule show_rule(const model::ListenerRule& rule) {
  shape::Rule out;
  out.rule_arn = rule.arn;
  out.priority = std::to_string(rule.priority);
  out.conditions = show_conditions(rule.conditions);
  out.actions = show_actions(rule.actions);
  out.is_default = false;
  return out;
}

shape::Rule show_default_rule(const model::Listener& listener) {
  shape::Rule out;
  out.rule_arn = listener.default_rule_arn;
  out.priority = "default";
  out.conditions.emplace();
  out.actions = show_actions(listener.default_actions);
  out.is_default = true;
  return out;
}

shape::TargetGroup show_target_group(const model::TargetGroup& group, const std::set<std::string>& balancers) {
  shape::TargetGroup out;
  out.target_group_arn = group.arn;
  out.target_group_name = group.name;
  out.protocol = group.protocol;
  out.port = group.port;
  out.vpc_id = group.vpc_id;
  out.health_check_protocol = group.health_check_protocol;
  out.health_check_port = group.health_check_port;
  out.health_check_enabled = group.health_check_enabled;
  out.health_check_interval_seconds = group.health_check_interval;
  out.health_check_timeout_seconds = group.health_check_timeout;
  out.healthy_threshold_count = group.healthy_threshold;
  out.unhealthy_threshold_count = group.unhealthy_threshold;
  out.health_check_path = group.health_check_path;
  out.matcher.emplace().http_code = group.matcher;
  out.load_balancer_arns.emplace(balancers.begin(), balancers.end());
  out.target_type = group.target_type;
  out.protocol_version = group.protocol_version;
  out.ip_address_type = group.ip_address_type;
  return out;
}

}  // namespace services::elbv2
