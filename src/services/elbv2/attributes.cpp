#include "services/elbv2/attributes.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <span>

#include "base/http_token.h"
#include "services/elbv2/handlers.h"
#include "services/elbv2/lookup.h"

namespace services::elbv2 {

namespace {

constexpr std::size_t kAttributesPerCall = 20;

/// One attribute: its default, and what it may be. Number: min to max. Words: one of `words` (separated by '|'), and a
/// number too if max is not 0. Token: a cookie's name. Fixed: only the default is served; another value is refused by
/// name.
enum class Takes { text, flag, number, words, token, fixed };
struct AttributeRule {
  std::string_view key, standard;
  Takes takes = Takes::text;
  std::string_view words = "";
  int min = 0, max = 0;
};

// In the order in which AWS lists them.
constexpr AttributeRule kBalancerAttributes[] = {
    {"access_logs.s3.enabled", "false", Takes::fixed},
    {"access_logs.s3.bucket", ""},
    {"access_logs.s3.prefix", ""},
    {"idle_timeout.timeout_seconds", "60", Takes::number, "", 1, 4000},
    {"deletion_protection.enabled", "false", Takes::flag},
    {"routing.http2.enabled", "true", Takes::flag},
    {"routing.http.drop_invalid_header_fields.enabled", "false", Takes::flag},
    {"routing.http.xff_client_port.enabled", "false", Takes::flag},
    {"routing.http.preserve_host_header.enabled", "false", Takes::flag},
    {"routing.http.xff_header_processing.mode", "append", Takes::words, "append|preserve|remove"},
    {"load_balancing.cross_zone.enabled", "true", Takes::fixed},
    {"routing.http.desync_mitigation_mode", "defensive", Takes::words, "monitor|defensive|strictest"},
    {"client_keep_alive.seconds", "3600", Takes::number, "", 60, 604800},
    {"waf.fail_open.enabled", "false", Takes::flag},
    {"routing.http.x_amzn_tls_version_and_cipher_suite.enabled", "false", Takes::flag},
    {"zonal_shift.config.enabled", "false", Takes::flag},
    {"connection_logs.s3.enabled", "false", Takes::fixed},
    {"connection_logs.s3.bucket", ""},
    {"connection_logs.s3.prefix", ""},
    {"health_check_logs.s3.enabled", "false", Takes::fixed},
    {"health_check_logs.s3.bucket", ""},
    {"health_check_logs.s3.prefix", ""},
    {"ipv6.deny_all_igw_traffic", "false", Takes::flag},
};

constexpr AttributeRule kGroupAttributes[] = {
    {"target_group_health.unhealthy_state_routing.minimum_healthy_targets.count", "1", Takes::number, "", 1, 1000},
    {"deregistration_delay.timeout_seconds", "300", Takes::number, "", 0, 3600},
    {"stickiness.enabled", "false", Takes::flag},
    {"stickiness.type", "lb_cookie", Takes::words, "lb_cookie|app_cookie"},
    {"stickiness.lb_cookie.duration_seconds", "86400", Takes::number, "", 1, 604800},
    {"stickiness.app_cookie.duration_seconds", "86400", Takes::number, "", 1, 604800},
    {"stickiness.app_cookie.cookie_name", "", Takes::token},
    {"slow_start.duration_seconds", "0", Takes::number, "", 0, 900},
    {"load_balancing.algorithm.type", "round_robin", Takes::words,
     "round_robin|least_outstanding_requests|weighted_random"},
    {"load_balancing.algorithm.anomaly_mitigation", "off", Takes::words, "off|on"},
    {"load_balancing.cross_zone.enabled", "use_load_balancer_configuration", Takes::words,
     "true|false|use_load_balancer_configuration"},
    {"target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage", "off", Takes::words, "off", 1,
     100},
    {"target_group_health.dns_failover.minimum_healthy_targets.count", "1", Takes::words, "off", 1, 1000},
    {"target_group_health.dns_failover.minimum_healthy_targets.percentage", "off", Takes::words, "off", 1, 100},
};

constexpr AttributeRule kListenerAttributes[] = {
    {"routing.http.response.server.enabled", "true", Takes::flag},
    {"routing.http.response.strict_transport_security.header_value", "", Takes::fixed},
    {"routing.http.response.access_control_allow_origin.header_value", "", Takes::fixed},
    {"routing.http.response.access_control_allow_methods.header_value", "", Takes::fixed},
    {"routing.http.response.access_control_allow_headers.header_value", "", Takes::fixed},
    {"routing.http.response.access_control_allow_credentials.header_value", "", Takes::fixed},
    {"routing.http.response.access_control_expose_headers.header_value", "", Takes::fixed},
    {"routing.http.response.access_control_max_age.header_value", "", Takes::fixed},
    {"routing.http.response.content_security_policy.header_value", "", Takes::fixed},
    {"routing.http.response.x_content_type_options.header_value", "", Takes::fixed},
    {"routing.http.response.x_frame_options.header_value", "", Takes::fixed},
};

using Attributes = std::map<std::string, std::string>;

bool is_among(std::string_view words, std::string_view value) {
  while (!words.empty()) {
    const std::size_t bar = std::min(words.find('|'), words.size());
    if (words.substr(0, bar) == value) return true;
    words.remove_prefix(std::min(bar + 1, words.size()));
  }
  return false;
}

bool is_between(std::string_view text, int min, int max) {
  int value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  return failed == std::errc() && end == text.data() + text.size() && value >= min && value <= max;
}

Result<void> check_value(std::string_view kind, const AttributeRule& rule, const std::string& value) {
  bool good = true;
  switch (rule.takes) {
    case Takes::text:
      // Should one end in the balancer's configuration: nothing that could leave its place there.
      good = value.size() <= 1024 && std::ranges::all_of(value, [](unsigned char c) {
               return c > 0x20 && c < 0x7f && c != '"' && c != '\\' && c != ';';
             });
      break;
    case Takes::flag:
      good = value == "true" || value == "false";
      break;
    case Takes::number:
      good = is_between(value, rule.min, rule.max);
      break;
    case Takes::words:
      good = is_among(rule.words, value) || (rule.max > 0 && is_between(value, rule.min, rule.max));
      break;
    case Takes::token:
      good = value.empty() || is_http_token(value);
      break;
    case Takes::fixed:
      if (value != rule.standard)
        return fail("InvalidConfigurationRequest",
                    fmt::format("{} attribute '{}' is served by this engine with the value '{}' only", kind, rule.key,
                                rule.standard));
  }
  if (!good)
    return fail("ValidationError",
                fmt::format("{} attribute '{}' has a value that is not valid: '{}'", kind, rule.key, value));
  return {};
}

template <class Shown>
Result<void> change_attributes(std::string_view kind, std::span<const AttributeRule> rules,
                               const std::vector<Shown>& given, Attributes& attributes) {
  if (given.size() > kAttributesPerCall)
    return fail("ValidationError", fmt::format("At most {} attributes can be set in one call", kAttributesPerCall));
  std::set<std::string> keys;
  for (const auto& attribute : given) {
    const std::string key = attribute.key.value_or(""), value = attribute.value.value_or("");
    const auto rule = std::ranges::find(rules, key, &AttributeRule::key);
    if (rule == rules.end())
      return fail("ValidationError", fmt::format("{} attribute key '{}' is not recognized", kind, key));
    if (!keys.insert(key).second)
      return fail("ValidationError", fmt::format("{} attribute key '{}' was specified more than once", kind, key));
    TRY_VOID(check_value(kind, *rule, value));
    attributes[key] = value;
  }
  return {};
}

std::string value_of(std::span<const AttributeRule> rules, const Attributes& set, const std::string& key) {
  if (const auto found = set.find(key); found != set.end()) return found->second;
  const auto rule = std::ranges::find(rules, key, &AttributeRule::key);
  return rule == rules.end() ? "" : std::string(rule->standard);
}

template <class Shown>
std::vector<Shown> show_attributes(std::span<const AttributeRule> rules, const Attributes& set) {
  std::vector<Shown> shown;
  for (const auto& rule : rules) {
    std::string key(rule.key);
    std::string value = value_of(rules, set, key);
    shown.push_back({.key = std::move(key), .value = std::move(value)});
  }
  return shown;
}

/// What one attribute's rule cannot say about several.
Result<void> check_group_attributes(const Attributes& set) {
  const auto value = [&](const char* key) { return value_of(kGroupAttributes, set, key); };
  const std::string slow_start = value("slow_start.duration_seconds"),
                    algorithm = value("load_balancing.algorithm.type");
  if (slow_start != "0" && !is_between(slow_start, 30, 900))
    return fail("ValidationError", "Slow start duration must be 0 or between 30 and 900 seconds");
  if (slow_start != "0" && algorithm != "round_robin")
    return fail("InvalidConfigurationRequest",
                fmt::format("Slow start cannot be combined with the '{}' algorithm", algorithm));
  if (value("load_balancing.algorithm.anomaly_mitigation") == "on" && algorithm != "weighted_random")
    return fail("InvalidConfigurationRequest", "Anomaly mitigation requires the 'weighted_random' algorithm");
  const std::string cookie = value("stickiness.app_cookie.cookie_name");
  if (value("stickiness.type") == "app_cookie" && value("stickiness.enabled") == "true" && cookie.empty())
    return fail("InvalidConfigurationRequest",
                "The name of the application's cookie must be specified for stickiness of type 'app_cookie'");
  if (cookie.starts_with("AWSALB"))
    return fail("InvalidConfigurationRequest", "Cookie names that begin with 'AWSALB' are reserved");
  return {};
}

}  // namespace

std::string load_balancer_attribute(const model::LoadBalancer& balancer, const std::string& key) {
  return value_of(kBalancerAttributes, balancer.attributes, key);
}

Answer<op::DescribeLoadBalancerAttributes> describe_load_balancer_attributes(
    Context& context, const op::DescribeLoadBalancerAttributes::Input& in) {
  TRY(const model::LoadBalancer* balancer, find_load_balancer(context, *in.load_balancer_arn));
  op::DescribeLoadBalancerAttributes::Output out;
  out.attributes = show_attributes<shape::LoadBalancerAttribute>(kBalancerAttributes, balancer->attributes);
  return out;
}

Answer<op::ModifyLoadBalancerAttributes> modify_load_balancer_attributes(
    Context& context, const op::ModifyLoadBalancerAttributes::Input& in) {
  TRY(const model::LoadBalancer* balancer, find_load_balancer(context, *in.load_balancer_arn));
  Attributes attributes = balancer->attributes;
  TRY_VOID(change_attributes("Load balancer", kBalancerAttributes, *in.attributes, attributes));
  op::ModifyLoadBalancerAttributes::Output out;
  out.attributes = show_attributes<shape::LoadBalancerAttribute>(kBalancerAttributes, attributes);
  context.state.load_balancers.update(balancer->arn,
                                      [&](model::LoadBalancer& record) { record.attributes = std::move(attributes); });
  return out;
}

Answer<op::DescribeListenerAttributes> describe_listener_attributes(Context& context,
                                                                    const op::DescribeListenerAttributes::Input& in) {
  TRY(const model::Listener* listener, find_listener(context, *in.listener_arn));
  op::DescribeListenerAttributes::Output out;
  out.attributes = show_attributes<shape::ListenerAttribute>(kListenerAttributes, listener->attributes);
  return out;
}

Answer<op::ModifyListenerAttributes> modify_listener_attributes(Context& context,
                                                                const op::ModifyListenerAttributes::Input& in) {
  TRY(const model::Listener* listener, find_listener(context, *in.listener_arn));
  Attributes attributes = listener->attributes;
  TRY_VOID(change_attributes("Listener", kListenerAttributes, *in.attributes, attributes));
  op::ModifyListenerAttributes::Output out;
  out.attributes = show_attributes<shape::ListenerAttribute>(kListenerAttributes, attributes);
  context.state.listeners.update(listener->arn,
                                 [&](model::Listener& record) { record.attributes = std::move(attributes); });
  return out;
}

Answer<op::DescribeTargetGroupAttributes> describe_target_group_attributes(
    Context& context, const op::DescribeTargetGroupAttributes::Input& in) {
  TRY(const model::TargetGroup* group, find_target_group(context, *in.target_group_arn));
  op::DescribeTargetGroupAttributes::Output out;
  out.attributes = show_attributes<shape::TargetGroupAttribute>(kGroupAttributes, group->attributes);
  return out;
}

Answer<op::ModifyTargetGroupAttributes> modify_target_group_attributes(
    Context& context, const op::ModifyTargetGroupAttributes::Input& in) {
  TRY(const model::TargetGroup* group, find_target_group(context, *in.target_group_arn));
  Attributes attributes = group->attributes;
  TRY_VOID(change_attributes("Target group", kGroupAttributes, *in.attributes, attributes));
  TRY_VOID(check_group_attributes(attributes));
  op::ModifyTargetGroupAttributes::Output out;
  out.attributes = show_attributes<shape::TargetGroupAttribute>(kGroupAttributes, attributes);
  context.state.target_groups.update(group->arn,
                                     [&](model::TargetGroup& record) { record.attributes = std::move(attributes); });
  return out;
}

}  // namespace services::elbv2
