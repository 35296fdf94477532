#include "services/elbv2/action_sets.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include "services/elbv2/lookup.h"

namespace services::elbv2 {

namespace {

constexpr std::size_t kGroupsPerForward = 5;
constexpr int kWeightMax = 999;
constexpr int kStickinessSecondsMax = 604'800;  // seven days
constexpr std::array kContentTypes = {"text/plain", "text/css", "text/html", "application/javascript",
                                      "application/json"};

constexpr int kPortMax = 65'535;

// A redirect's parts, in AWS's order, with what AWS fills in, the request's own, and the keywords that each may hold.
struct RedirectPart {
  const char* name;
  decltype(shape::RedirectActionConfig::protocol) shape::RedirectActionConfig::*member;
  const char* unchanged;
  std::string_view keywords;
};
constexpr std::array kRedirectParts = {
    RedirectPart{"Protocol", &shape::RedirectActionConfig::protocol, "#{protocol}", "#{protocol}"},
    RedirectPart{"Port", &shape::RedirectActionConfig::port, "#{port}", "#{port}"},
    RedirectPart{"Host", &shape::RedirectActionConfig::host, "#{host}", "#{host}"},
    RedirectPart{"Path", &shape::RedirectActionConfig::path, "/#{path}", "#{host} #{path} #{port}"},
    RedirectPart{"Query", &shape::RedirectActionConfig::query, "#{query}",
                 "#{protocol} #{host} #{port} #{path} #{query}"},
};

tl::unexpected<Error> invalid_action(std::string text) { return fail("InvalidLoadBalancerAction", std::move(text)); }

Result<void> check_group(const Context& context, const model::LoadBalancer& balancer, const std::string& arn) {
  TRY(const model::TargetGroup* group, find_target_group(context, arn));
  if (group->vpc_id != balancer.vpc_id)
    return fail("InvalidConfigurationRequest",
                fmt::format("Target group '{}' is in VPC '{}', not in the load balancer's VPC '{}'", arn, group->vpc_id,
                            balancer.vpc_id));
  for (const auto& user : balancers_of_group(context, arn)) {
    if (user != balancer.arn)
      return fail(
          "TargetGroupAssociationLimit",
          fmt::format("The following target groups cannot be associated with more than one load balancer: {}", arn));
  }
  return {};
}

Result<void> read_forward(const Context& context, const model::LoadBalancer& balancer, const shape::Action& given,
                          model::ListenerAction& action) {
  action.target_group_arn = given.target_group_arn.value_or("");
  if (given.forward_config) {
    for (const auto& tuple : given.forward_config->target_groups.value_or(std::vector<shape::TargetGroupTuple>{})) {
      if (!tuple.target_group_arn)
        return fail("ValidationError",
                    "A target group ARN must be specified for each target group of a forward action");
      if (tuple.weight && (*tuple.weight < 0 || *tuple.weight > kWeightMax))
        return fail("ValidationError",
                    fmt::format("Target group weight '{}' must be between 0 and {}", *tuple.weight, kWeightMax));
      action.groups.push_back({*tuple.target_group_arn, tuple.weight});
    }
    if (const auto& sticky = given.forward_config->target_group_stickiness_config) {
      action.group_stickiness = sticky->enabled.value_or(false);
      action.group_stickiness_seconds = sticky->duration_seconds;
      if (sticky->duration_seconds &&
          (*sticky->duration_seconds < 1 || *sticky->duration_seconds > kStickinessSecondsMax))
        return fail("ValidationError", fmt::format("Target group stickiness duration must be between 1 and {} seconds",
                                                   kStickinessSecondsMax));
      if (action.group_stickiness && !action.group_stickiness_seconds)
        return fail("ValidationError", "Target group stickiness duration must be specified when stickiness is enabled");
    }
  }
  if (action.groups.empty() && action.target_group_arn.empty())
    return fail("ValidationError", "A target group ARN or a ForwardConfig must be specified for a forward action");
  if (!action.groups.empty() && !action.target_group_arn.empty() &&
      (action.groups.size() != 1 || action.groups[0].target_group_arn != action.target_group_arn))
    return fail("ValidationError",
                "If both a target group ARN and a ForwardConfig are specified, the ForwardConfig must hold exactly "
                "that target group");
  if (action.groups.size() > kGroupsPerForward)
    return invalid_action(fmt::format("A forward action can have at most {} target groups", kGroupsPerForward));
  const std::set<std::string> distinct = groups_of({action});
  if (distinct.size() < action.groups.size())
    return fail("ValidationError", "A target group can only be specified once in a forward action");
  for (const auto& arn : distinct) TRY_VOID(check_group(context, balancer, arn));
  return {};
}

Result<void> check_keywords(const RedirectPart& part, std::string_view value) {
  for (std::size_t at = value.find("#{"); at != std::string_view::npos; at = value.find("#{", at + 1)) {
    const std::size_t end = value.find('}', at);
    const std::string_view keyword = value.substr(at, end == std::string_view::npos ? end : end + 1 - at);
    if (end == std::string_view::npos || part.keywords.find(keyword) == std::string_view::npos)
      return fail("ValidationError",
                  fmt::format("The {} of a redirect cannot contain '{}'. Reserved keywords it can contain: {}",
                              part.name, keyword, part.keywords));
  }
  return {};
}

/// The parts that are one word or number, not text.
Result<void> check_protocol_and_port(const std::string& protocol, const std::string& port) {
  if (protocol != "HTTP" && protocol != "HTTPS" && protocol != "#{protocol}")
    return fail("ValidationError",
                fmt::format("Redirect protocol '{}' must be HTTP, HTTPS or #{{protocol}}", protocol));
  if (port == "#{port}") return {};
  int number = 0;
  const auto [end, failed] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (failed != std::errc() || end != port.data() + port.size() || number < 1 || number > kPortMax)
    return fail("ValidationError",
                fmt::format("Redirect port '{}' must be a value from 1 to {} or #{{port}}", port, kPortMax));
  return {};
}

Result<void> read_redirect(const shape::Action& given, model::ListenerAction& action) {
  if (!given.redirect_config)
    return fail("ValidationError", "A RedirectConfig must be specified for a redirect action");
  const auto& config = *given.redirect_config;
  bool changes = false;
  for (const auto& part : kRedirectParts) {
    const std::string value = (config.*part.member).value_or(part.unchanged);
    // It ends in the balancer's configuration: nothing that could leave its place there.
    if (std::ranges::any_of(value, [](unsigned char c) { return c <= 0x20 || c >= 0x7f || c == '"' || c == '\\'; }))
      return invalid_action(fmt::format("The {} of a redirect contains a character that is not valid", part.name));
    TRY_VOID(check_keywords(part, value));
    changes = changes || (value != part.unchanged && part.name != std::string_view("Query"));
    action.redirect[part.name] = value;
  }
  TRY_VOID(check_protocol_and_port(action.redirect["Protocol"], action.redirect["Port"]));
  if (!action.redirect["Path"].starts_with('/')) return invalid_action("The path of a redirect must start with '/'");
  if (!changes) return invalid_action("The redirect would loop: it must change the protocol, port, host or path");
  action.redirect["StatusCode"] = config.status_code.value_or("HTTP_302");
  return {};
}

Result<void> read_fixed_response(const shape::Action& given, model::ListenerAction& action) {
  if (!given.fixed_response_config)
    return fail("ValidationError", "A FixedResponseConfig must be specified for a fixed-response action");
  const auto& config = *given.fixed_response_config;
  if (config.content_type) {
    if (std::ranges::find(kContentTypes, *config.content_type) == kContentTypes.end())
      return invalid_action(
          fmt::format("The content type '{}' of a fixed response is not valid", *config.content_type));
    action.fixed_response["ContentType"] = *config.content_type;
  }
  const std::string status = config.status_code.value_or("");
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (status.size() != 3 || !std::ranges::all_of(status, digit) || (status[0] != '2' && status[0] != '4' && status[0] != '5'))
    return fail("ValidationError",
                fmt::format("Fixed response status code '{}' must match the pattern '^(2|4|5)\\d\\d$'", status));
  if (config.message_body) action.fixed_response["MessageBody"] = *config.message_body;
  action.fixed_response["StatusCode"] = status;
  return {};
}

std::optional<std::string> part_of(const std::map<std::string, std::string>& parts, const char* name) {
  const auto found = parts.find(name);
  return found == parts.end() ? std::nullopt : std::optional(found->second);
}

shape::ForwardActionConfig show_forward(const model::ListenerAction& action) {
  shape::ForwardActionConfig config;
  auto& groups = config.target_groups.emplace();
  for (const auto& group : action.groups)
    groups.push_back({.target_group_arn = group.target_group_arn, .weight = group.weight.value_or(1)});
  if (groups.empty()) groups.push_back({.target_group_arn = action.target_group_arn, .weight = 1});
  auto& sticky = config.target_group_stickiness_config.emplace();
  sticky.enabled = action.group_stickiness;
  sticky.duration_seconds = action.group_stickiness_seconds;
  return config;
}

}  // namespace

Result<std::vector<model::ListenerAction>> read_actions(const Context& context, const model::LoadBalancer& balancer,
                                                        const std::vector<shape::Action>& given) {
  std::vector<model::ListenerAction> actions;
  for (const auto& one : given) {
    model::ListenerAction action{.type = one.type.value_or(""), .order = one.order};
    if (action.type == "forward") {
      TRY_VOID(read_forward(context, balancer, one, action));
    } else if (action.type == "redirect") {
      TRY_VOID(read_redirect(one, action));
    } else if (action.type == "fixed-response") {
      TRY_VOID(read_fixed_response(one, action));
    } else {
      // authenticate-oidc, authenticate-cognito, jwt-validation
      return invalid_action(fmt::format("This engine does not serve actions of type '{}'", action.type));
    }
    actions.push_back(std::move(action));
  }
  if (actions.empty()) return fail("ValidationError", "At least one action must be specified");
  if (actions.size() > 1)
    return fail("TooManyActions", "Exactly one action of type forward, redirect or fixed-response must be specified");
  return actions;
}

std::vector<shape::Action> show_actions(const std::vector<model::ListenerAction>& actions) {
  std::vector<shape::Action> shown;
  for (const auto& action : actions) {
    auto& out = shown.emplace_back();
    out.type = action.type;
    out.order = action.order;
    if (action.type == "forward") {
      if (!action.target_group_arn.empty())
        out.target_group_arn = action.target_group_arn;
      else if (action.groups.size() == 1)
        out.target_group_arn = action.groups[0].target_group_arn;
      out.forward_config = show_forward(action);
    } else if (action.type == "redirect") {
      auto& config = out.redirect_config.emplace();
      for (const auto& part : kRedirectParts) config.*part.member = part_of(action.redirect, part.name);
      config.status_code = part_of(action.redirect, "StatusCode");
    } else {
      auto& config = out.fixed_response_config.emplace();
      config.message_body = part_of(action.fixed_response, "MessageBody");
      config.status_code = part_of(action.fixed_response, "StatusCode");
      config.content_type = part_of(action.fixed_response, "ContentType");
    }
  }
  return shown;
}

}  // namespace services::elbv2
