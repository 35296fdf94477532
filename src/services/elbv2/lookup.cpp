#include "services/elbv2/lookup.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace services::elbv2 {

namespace {

constexpr std::size_t kNameLength = 32;  // AWS's, for balancers and groups alike

bool is_arn_of(const std::string& text, std::string_view kind) {
  const auto arn = Arn::parse(text);
  return arn && arn->service == "elasticloadbalancing" && arn->resource.starts_with(kind);
}

tl::unexpected<Error> not_an_arn(const std::string& text, std::string_view kind) {
  return fail("ValidationError", fmt::format("'{}' is not a valid {} ARN", text, kind));
}

}  // namespace

Result<const model::LoadBalancer*> find_load_balancer(const Context& context, const std::string& arn) {
  if (const auto* found = context.state.load_balancers.find(arn)) return found;
  if (!is_arn_of(arn, "loadbalancer/")) return not_an_arn(arn, "load balancer");
  return fail("LoadBalancerNotFound", fmt::format("Load balancer '{}' not found", arn));
}

Result<const model::TargetGroup*> find_target_group(const Context& context, const std::string& arn) {
  if (const auto* found = context.state.target_groups.find(arn)) return found;
  if (!is_arn_of(arn, "targetgroup/")) return not_an_arn(arn, "target group");
  return fail("TargetGroupNotFound", fmt::format("Target group '{}' not found", arn));
}

Result<const model::Listener*> find_listener(const Context& context, const std::string& arn) {
  if (const auto* found = context.state.listeners.find(arn)) return found;
  if (!is_arn_of(arn, "listener/")) return not_an_arn(arn, "listener");
  return fail("ListenerNotFound", fmt::format("Listener '{}' not found", arn));
}

Result<FoundRule> find_rule(const Context& context, const std::string& arn) {
  if (const auto* rule = context.state.listener_rules.find(arn))
    return FoundRule{context.state.listeners.find(rule->listener_arn), rule};
  // listener-rule/app/NAME/BALANCER/LISTENER/RULE: a default rule's ARN is its listener's with one more part.
  constexpr int kSlashes = 5;
  if (!is_arn_of(arn, "listener-rule/app/") || std::ranges::count(arn, '/') != kSlashes)
    return not_an_arn(arn, "listener rule");
  std::string listener_arn = arn.substr(0, arn.rfind('/'));
  listener_arn.replace(listener_arn.find(":listener-rule/"), 15, ":listener/");
  const auto* listener = context.state.listeners.find(listener_arn);
  if (listener != nullptr && listener->default_rule_arn == arn) return FoundRule{listener, nullptr};
  return fail("RuleNotFound", fmt::format("Rule '{}' not found", arn));
}

std::set<std::string> groups_of(const std::vector<model::ListenerAction>& actions) {
  std::set<std::string> groups;
  for (const auto& action : actions) {
    if (!action.target_group_arn.empty()) groups.insert(action.target_group_arn);
    for (const auto& group : action.groups) groups.insert(group.target_group_arn);
  }
  return groups;
}

std::set<std::string> groups_of_balancer(const Context& context, const std::string& balancer_arn) {
  std::set<std::string> groups;
  for (const auto& listener_arn : context.state.listeners_by_load_balancer.keys(balancer_arn)) {
    groups.merge(groups_of(context.state.listeners.find(listener_arn)->default_actions));
    for (const auto& rule_arn : context.state.rules_by_listener.keys(listener_arn))
      groups.merge(groups_of(context.state.listener_rules.find(rule_arn)->actions));
  }
  return groups;
}

std::map<std::string, std::set<std::string>> balancers_by_group(const Context& context) {
  std::map<std::string, std::set<std::string>> balancers;
  for (const auto& [arn, listener] : context.state.listeners.all())
    for (const auto& group : groups_of(listener.default_actions)) balancers[group].insert(listener.load_balancer_arn);
  for (const auto& [arn, rule] : context.state.listener_rules.all()) {
    const auto* listener = context.state.listeners.find(rule.listener_arn);
    if (listener == nullptr) continue;
    for (const auto& group : groups_of(rule.actions)) balancers[group].insert(listener->load_balancer_arn);
  }
  return balancers;
}

std::set<std::string> balancers_of_group(const Context& context, const std::string& group_arn) {
  return balancers_by_group(context)[group_arn];
}

Result<void> check_name(std::string_view kind, const std::string& name) {
  if (name.size() > kNameLength)
    return fail("ValidationError",
                fmt::format("{} name '{}' cannot be longer than '{}' characters", kind, name, kNameLength));
  const auto plain = [](unsigned char c) { return std::isalnum(c) != 0 || c == '-'; };
  if (name.empty() || !std::ranges::all_of(name, plain))
    return fail("ValidationError",
                fmt::format("{} name '{}' can only contain characters that are alphanumeric characters or hyphens(-)",
                            kind, name));
  if (name.front() == '-' || name.back() == '-')
    return fail("ValidationError", fmt::format("{} name '{}' cannot begin or end with '-'", kind, name));
  return {};
}

std::string new_id(Context& context) { return context.random.hex(16); }

}  // namespace services::elbv2
