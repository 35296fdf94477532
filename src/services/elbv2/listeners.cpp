// Listeners: a balancer's ports, each with default actions and rules.
#include <fmt/format.h>

#include <algorithm>

#include "api/document.h"
#include "services/elbv2/action_sets.h"
#include "services/elbv2/handlers.h"
#include "services/elbv2/lookup.h"
#include "services/elbv2/render.h"
#include "services/elbv2/tags.h"
#include "services/elbv2/tls.h"
#include "services/page.h"

namespace services::elbv2 {

namespace {

constexpr std::size_t kListenersPerBalancer = 50;
constexpr std::size_t kGroupsPerBalancer = 100;

const model::Listener* listener_on_port(const Context& context, const std::string& balancer, int port) {
  for (const auto& arn : context.state.listeners_by_load_balancer.keys(balancer))
    if (const auto* listener = context.state.listeners.find(arn); listener->port == port) return listener;
  return nullptr;
}

tl::unexpected<Error> duplicate_listener(const std::string& balancer_arn) {
  return fail("DuplicateListener",
              fmt::format("A listener already exists on this port for this load balancer '{}'", balancer_arn));
}

/// Nothing says so but their JSON-like text: two sets are one if they are shown alike.
bool same_actions(const std::vector<model::ListenerAction>& a, const std::vector<model::ListenerAction>& b) {
  return api::to_document(shape::Rule{.actions = show_actions(a)}) ==
         api::to_document(shape::Rule{.actions = show_actions(b)});
}

}  // namespace

Answer<op::CreateListener> create_listener(Context& context, const op::CreateListener::Input& in) {
  TRY(const model::LoadBalancer* balancer, find_load_balancer(context, *in.load_balancer_arn));
  if (!in.protocol) return fail("ValidationError", "A listener protocol must be specified");
  if (!in.port) return fail("ValidationError", "A listener port must be specified");

  model::Listener listener{.load_balancer_arn = balancer->arn, .port = *in.port, .protocol = *in.protocol};
  TRY_VOID(read_tls(context, listener, tls_settings(in)));
  TRY(listener.default_actions, read_actions(context, *balancer, *in.default_actions));
  TRY(listener.tags, merge_tags({}, in.tags));

  op::CreateListener::Output out;
  if (const auto* same = listener_on_port(context, balancer->arn, listener.port)) {
    if (same->protocol != listener.protocol || !same_tls(*same, listener) ||
        !same_actions(same->default_actions, listener.default_actions))
      return duplicate_listener(balancer->arn);
    out.listeners.emplace().push_back(show_listener(*same));  // AWS: the same again succeeds
    return out;
  }
  if (context.state.listeners_by_load_balancer.keys(balancer->arn).size() >= kListenersPerBalancer)
    return fail("TooManyListeners", fmt::format("Load balancer '{}' already has the maximum of {} listeners",
                                                balancer->arn, kListenersPerBalancer));
  auto groups = groups_of_balancer(context, balancer->arn);
  groups.merge(groups_of(listener.default_actions));
  if (groups.size() > kGroupsPerBalancer)
    return fail("TooManyTargetGroups",
                fmt::format("Load balancer '{}' can use at most {} target groups", balancer->arn, kGroupsPerBalancer));

  const std::string path = balancer->arn.substr(balancer->arn.find("/app/"));  // "/app/<name>/<id>"
  const std::string id = new_id(context), rule_id = new_id(context);
  listener.arn = make_arn(context.account, "elasticloadbalancing", fmt::format("listener{}/{}", path, id));
  listener.default_rule_arn =
      make_arn(context.account, "elasticloadbalancing", fmt::format("listener-rule{}/{}/{}", path, id, rule_id));
  out.listeners.emplace().push_back(show_listener(listener));
  context.state.listeners.put(std::move(listener));
  return out;
}

Answer<op::ModifyListener> modify_listener(Context& context, const op::ModifyListener::Input& in) {
  TRY(const model::Listener* current, find_listener(context, *in.listener_arn));
  model::Listener listener = *current;
  listener.protocol = in.protocol.value_or(listener.protocol);
  TRY_VOID(read_tls(context, listener, tls_settings(in)));
  if (in.port && *in.port != listener.port) {
    if (listener_on_port(context, listener.load_balancer_arn, *in.port) != nullptr)
      return duplicate_listener(listener.load_balancer_arn);
    listener.port = *in.port;
    listener.bound_port = 0;  // not yet on the new one
    listener.bind_error.clear();
  }
  if (in.default_actions) {
    TRY(const model::LoadBalancer* balancer, find_load_balancer(context, listener.load_balancer_arn));
    TRY(listener.default_actions, read_actions(context, *balancer, *in.default_actions));
  }
  op::ModifyListener::Output out;
  out.listeners.emplace().push_back(show_listener(listener));
  context.state.listeners.put(std::move(listener));
  return out;
}

Answer<op::DeleteListener> delete_listener(Context& context, const op::DeleteListener::Input& in) {
  TRY(const model::Listener* listener, find_listener(context, *in.listener_arn));
  const std::string arn = listener->arn;
  for (const auto& rule : std::set(context.state.rules_by_listener.keys(arn))) context.state.listener_rules.erase(rule);
  context.state.listeners.erase(arn);
  return {};
}

Answer<op::DescribeListeners> describe_listeners(Context& context, const op::DescribeListeners::Input& in) {
  op::DescribeListeners::Output out;
  auto& shown = out.listeners.emplace();
  if (in.listener_arns && !in.listener_arns->empty()) {
    for (const auto& arn : std::set(in.listener_arns->begin(), in.listener_arns->end())) {
      auto found = find_listener(context, arn);
      if (!found && found.error().code == "ListenerNotFound")
        return fail("ListenerNotFound", "One or more listeners not found");
      if (!found) return tl::unexpected(found.error());
      shown.push_back(show_listener(**found));
    }
    return out;
  }
  if (!in.load_balancer_arn)
    return fail("ValidationError", "You must specify either listener ARNs or a load balancer ARN");
  TRY(const model::LoadBalancer* balancer, find_load_balancer(context, *in.load_balancer_arn));
  TRY(Page page, Page::open(in.marker, static_cast<std::size_t>(in.page_size.value_or(400)), kInvalidToken));
  for (const auto& arn : context.state.listeners_by_load_balancer.keys(balancer->arn)) {
    if (page.take(arn)) shown.push_back(show_listener(*context.state.listeners.find(arn)));
    if (page.full()) break;
  }
  out.next_marker = page.next_token();
  return out;
}

}  // namespace services::elbv2
