#include "engine/balancer_specs.h"

#include <algorithm>
#include <charconv>

#include "model/tls_policy.h"

namespace engine {

namespace {

std::string attribute(const std::map<std::string, std::string>& attributes, const std::string& name,
                      const std::string& fallback) {
  const auto found = attributes.find(name);
  return found == attributes.end() ? fallback : found->second;
}

int number(const std::string& text, int fallback) {
  int value = fallback;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::string field(const std::map<std::string, std::string>& fields, const std::string& name, std::string fallback) {
  const auto found = fields.find(name);
  return found == fields.end() || found->second.empty() ? fallback : found->second;
}

/// Certificates of users may lack the last line's end.
std::string pem(const model::Certificate& certificate) {
  std::string text;
  for (const std::string* part : {&certificate.certificate, &certificate.chain, &certificate.private_key}) {
    text += *part;
    if (!text.empty() && text.back() != '\n') text += '\n';
  }
  return text;
}

balancer::Action action(const std::vector<model::ListenerAction>& actions) {
  for (const model::ListenerAction& given : actions) {
    if (given.type == "redirect") {
      balancer::Redirect redirect;
      redirect.protocol = field(given.redirect, "Protocol", redirect.protocol);
      redirect.host = field(given.redirect, "Host", redirect.host);
      redirect.port = field(given.redirect, "Port", redirect.port);
      redirect.path = field(given.redirect, "Path", redirect.path);
      // An empty one is an answer, not a gap: the request's query is dropped.
      redirect.query = attribute(given.redirect, "Query", redirect.query);
      redirect.status = field(given.redirect, "StatusCode", "HTTP_301") == "HTTP_302" ? 302 : 301;
      return redirect;
    }
    if (given.type == "fixed-response") {
      return balancer::FixedResponse{number(field(given.fixed_response, "StatusCode", "200"), 200),
                                     field(given.fixed_response, "ContentType", "text/plain"),
                                     field(given.fixed_response, "MessageBody", "")};
    }
    if (given.type == "forward") {
      balancer::Forward forward;
      for (const model::WeightedTargetGroup& group : given.groups) {
        forward.groups.push_back({group.target_group_arn, group.weight.value_or(1)});
      }
      if (forward.groups.empty()) forward.groups.push_back({given.target_group_arn, 1});
      if (given.group_stickiness) forward.group_stickiness = seconds(given.group_stickiness_seconds.value_or(3600));
      return forward;
    }
  }
  return balancer::FixedResponse{503, "text/plain", ""};
}

}  // namespace

balancer::GroupSpec group_spec(const model::TargetGroup& group, const Pace& pace) {
  balancer::GroupSpec spec;
  spec.id = group.arn;
  spec.name = group.name;
  spec.algorithm = attribute(group.attributes, "load_balancing.algorithm.type", "round_robin");
  spec.stickiness.enabled = attribute(group.attributes, "stickiness.enabled", "false") == "true";
  spec.stickiness.application_cookie = attribute(group.attributes, "stickiness.type", "lb_cookie") == "app_cookie";
  const char* duration = "stickiness.lb_cookie.duration_seconds";
  if (spec.stickiness.application_cookie) {
    spec.stickiness.cookie = attribute(group.attributes, "stickiness.app_cookie.cookie_name", "");
    duration = "stickiness.app_cookie.duration_seconds";
  }
  spec.stickiness.duration = seconds(number(attribute(group.attributes, duration, "86400"), 86400));
  spec.slow_start = pace(seconds(number(attribute(group.attributes, "slow_start.duration_seconds", "0"), 0)));
  spec.health.enabled = group.health_check_enabled;
  spec.health.protocol = group.health_check_protocol;
  spec.health.path = group.health_check_path;
  spec.health.port = group.health_check_port;
  // Scaled, but never quicker than a probe can be told from the next.
  spec.health.interval = std::max<Duration>(pace(seconds(group.health_check_interval)), milliseconds(200));
  spec.health.timeout =
      std::min<Duration>(seconds(group.health_check_timeout), std::max<Duration>(spec.health.interval, seconds(1)));
  spec.health.healthy_threshold = group.healthy_threshold;
  spec.health.unhealthy_threshold = group.unhealthy_threshold;
  spec.health.matcher = group.matcher;
  return spec;
}

balancer::ListenerSpec listener_spec(const model::Listener& listener, const model::LoadBalancer& load_balancer,
                                     const std::vector<const model::ListenerRule*>& rules,
                                     const std::vector<const model::Certificate*>& certificates) {
  balancer::ListenerSpec spec;
  spec.id = listener.arn;
  spec.load_balancer_id = load_balancer.arn;
  spec.address = load_balancer.address;
  spec.port = listener.port;
  spec.protocol = listener.protocol;
  for (const model::Certificate* certificate : certificates) spec.certificates.push_back(pem(*certificate));
  if (const model::TlsPolicy* policy = model::find_tls_policy(listener.ssl_policy)) {
    spec.tls_min = policy->min;
    spec.tls_max = policy->max;
  }
  const auto& attributes = load_balancer.attributes;
  spec.idle_timeout = seconds(number(attribute(attributes, "idle_timeout.timeout_seconds", "60"), 60));
  spec.client_keep_alive = seconds(number(attribute(attributes, "client_keep_alive.seconds", "3600"), 3600));
  spec.preserve_host_header = attribute(attributes, "routing.http.preserve_host_header.enabled", "false") == "true";
  spec.xff_mode = attribute(attributes, "routing.http.xff_header_processing.mode", "append");
  for (const model::ListenerRule* given : rules) {
    balancer::Rule rule;
    rule.id = given->arn;
    rule.priority = given->priority;
    for (const model::RuleCondition& condition : given->conditions) {
      balancer::Condition& added = rule.conditions.emplace_back();
      added.field = condition.field;
      added.header_name = condition.header_name;
      added.values = condition.values;
      for (const model::KeyValue& pair : condition.pairs) added.pairs.emplace_back(pair.key, pair.value);
    }
    rule.action = action(given->actions);
    spec.rules.push_back(std::move(rule));
  }
  std::sort(spec.rules.begin(), spec.rules.end(),
            [](const balancer::Rule& a, const balancer::Rule& b) { return a.priority < b.priority; });
  spec.default_action = action(listener.default_actions);
  return spec;
}

balancer::Member member(const model::Target& target) {
  return {target.member_id(), target.address, target.port, target.state == "draining"};
}

}  // namespace engine
