// Rules of a listener: ascending priority, the listener's default actions last.
#include <fmt/format.h>

#include <algorithm>

#include "services/elbv2/action_sets.h"
#include "services/elbv2/conditions.h"
#include "services/elbv2/handlers.h"
#include "services/elbv2/lookup.h"
#include "services/elbv2/render.h"
#include "services/elbv2/tags.h"
#include "services/page.h"

namespace services::elbv2 {

namespace {

constexpr std::size_t kRulesPerBalancer = 100;  // defaults not counted

Result<const model::LoadBalancer*> balancer_of(const Context& context, const std::string& listener_arn) {
  TRY(const model::Listener* listener, find_listener(context, listener_arn));
  return find_load_balancer(context, listener->load_balancer_arn);
}

std::vector<const model::ListenerRule*> by_priority(const Context& context, const std::string& listener_arn) {
  std::vector<const model::ListenerRule*> rules;
  for (const auto& arn : context.state.rules_by_listener.keys(listener_arn))
    rules.push_back(context.state.listener_rules.find(arn));
  std::ranges::sort(rules, {}, &model::ListenerRule::priority);
  return rules;
}

std::size_t rules_of_balancer(const Context& context, const std::string& balancer_arn) {
  std::size_t rules = 0;
  for (const auto& listener : context.state.listeners_by_load_balancer.keys(balancer_arn))
    rules += context.state.rules_by_listener.keys(listener).size();
  return rules;
}

Result<void> refuse_transforms(const std::optional<std::vector<shape::RuleTransform>>& transforms) {
  if (transforms && !transforms->empty())
    return fail("InvalidConfigurationRequest", "Rule transforms are not served by this engine");
  return {};
}

tl::unexpected<Error> priority_in_use(int priority) {
  return fail("PriorityInUse", fmt::format("Priority '{}' is currently in use", priority));
}

}  // namespace

Answer<op::CreateRule> create_rule(Context& context, const op::CreateRule::Input& in) {
  TRY(const model::Listener* listener, find_listener(context, *in.listener_arn));
  TRY(const model::LoadBalancer* balancer, balancer_of(context, listener->arn));
  TRY_VOID(refuse_transforms(in.transforms));
  for (const auto* rule : by_priority(context, listener->arn))
    if (rule->priority == *in.priority) return priority_in_use(*in.priority);
  if (rules_of_balancer(context, balancer->arn) >= kRulesPerBalancer)
    return fail("TooManyRules", fmt::format("Load balancer '{}' already has the maximum of {} rules", balancer->arn,
                                            kRulesPerBalancer));

  model::ListenerRule rule{.listener_arn = listener->arn, .priority = *in.priority};
  TRY(rule.conditions, read_conditions(*in.conditions));
  TRY(rule.actions, read_actions(context, *balancer, *in.actions));
  TRY(rule.tags, merge_tags({}, in.tags));
  const std::string path = listener->arn.substr(listener->arn.find("/app/"));
  rule.arn =
      make_arn(context.account, "elasticloadbalancing", fmt::format("listener-rule{}/{}", path, new_id(context)));
  op::CreateRule::Output out;
  out.rules.emplace().push_back(show_rule(rule));
  context.state.listener_rules.put(std::move(rule));
  return out;
}

Answer<op::ModifyRule> modify_rule(Context& context, const op::ModifyRule::Input& in) {
  TRY(const FoundRule found, find_rule(context, *in.rule_arn));
  if (found.rule == nullptr)
    return fail("OperationNotPermitted", fmt::format("Default rule '{}' cannot be modified", *in.rule_arn));
  TRY_VOID(refuse_transforms(in.transforms));
  model::ListenerRule rule = *found.rule;
  if (in.conditions) {
    TRY(rule.conditions, read_conditions(*in.conditions));
  }
  if (in.actions) {
    TRY(const model::LoadBalancer* balancer, balancer_of(context, rule.listener_arn));
    TRY(rule.actions, read_actions(context, *balancer, *in.actions));
  }
  op::ModifyRule::Output out;
  out.rules.emplace().push_back(show_rule(rule));
  context.state.listener_rules.put(std::move(rule));
  return out;
}

Answer<op::DeleteRule> delete_rule(Context& context, const op::DeleteRule::Input& in) {
  TRY(const FoundRule found, find_rule(context, *in.rule_arn));
  if (found.rule == nullptr)
    return fail("OperationNotPermitted", fmt::format("Default rule '{}' cannot be deleted", *in.rule_arn));
  context.state.listener_rules.erase(*in.rule_arn);
  return {};
}

Answer<op::DescribeRules> describe_rules(Context& context, const op::DescribeRules::Input& in) {
  op::DescribeRules::Output out;
  auto& shown = out.rules.emplace();
  if (in.rule_arns && !in.rule_arns->empty()) {
    if (in.listener_arn) return fail("ValidationError", "You cannot specify both a listener ARN and rule ARNs");
    for (const auto& arn : *in.rule_arns) {
      auto found = find_rule(context, arn);
      if (!found && found.error().code == "RuleNotFound") return fail("RuleNotFound", "One or more rules not found");
      if (!found) return tl::unexpected(found.error());
      shown.push_back(found->rule != nullptr ? show_rule(*found->rule) : show_default_rule(*found->listener));
    }
    return out;
  }
  if (!in.listener_arn) return fail("ValidationError", "You must specify either listener rule ARNs or a listener ARN");
  TRY(const model::Listener* listener, find_listener(context, *in.listener_arn));
  TRY(Page page, Page::open(in.marker, static_cast<std::size_t>(in.page_size.value_or(400)), kInvalidToken));
  for (const auto* rule : by_priority(context, listener->arn)) {
    if (page.take(fmt::format("{:05}", rule->priority))) shown.push_back(show_rule(*rule));
  }
  if (page.take("default")) shown.push_back(show_default_rule(*listener));  // after every number
  out.next_marker = page.next_token();
  return out;
}

Answer<op::SetRulePriorities> set_rule_priorities(Context& context, const op::SetRulePriorities::Input& in) {
  std::map<std::string, int> wanted;
  std::string listener_arn;
  for (const auto& pair : *in.rule_priorities) {
    const std::string arn = pair.rule_arn.value_or("");
    TRY(const FoundRule found, find_rule(context, arn));
    if (found.rule == nullptr)
      return fail("OperationNotPermitted", fmt::format("The priority of default rule '{}' cannot be set", arn));
    if (!pair.priority) return fail("ValidationError", "A priority must be specified for each rule");
    if (!listener_arn.empty() && listener_arn != found.listener->arn)
      return fail("ValidationError", "The rules must belong to the same listener");
    listener_arn = found.listener->arn;
    if (!wanted.emplace(arn, *pair.priority).second)
      return fail("ValidationError", fmt::format("Rule '{}' was specified more than once", arn));
  }
  // All at once: two rules may swap.
  std::set<int> taken;
  for (const auto* rule : by_priority(context, listener_arn)) {
    const auto found = wanted.find(rule->arn);
    const int priority = found == wanted.end() ? rule->priority : found->second;
    if (!taken.insert(priority).second) return priority_in_use(priority);
  }
  op::SetRulePriorities::Output out;
  auto& shown = out.rules.emplace();
  for (const auto& [arn, priority] : wanted) {
    context.state.listener_rules.update(arn, [p = priority](model::ListenerRule& rule) { rule.priority = p; });
    shown.push_back(show_rule(*context.state.listener_rules.find(arn)));
  }
  return out;
}

}  // namespace services::elbv2
