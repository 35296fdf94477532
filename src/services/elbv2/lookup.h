// Finds records by what clients name them with, or answers AWS's error. Called by this service's handlers.
#pragma once

#include <map>
#include <set>
#include <string>

#include "services/context.h"

namespace services::elbv2 {

Result<const model::LoadBalancer*> find_load_balancer(const Context& context, const std::string& arn);
Result<const model::TargetGroup*> find_target_group(const Context& context, const std::string& arn);
Result<const model::Listener*> find_listener(const Context& context, const std::string& arn);

/// A rule by its ARN: one with a priority (rule), or the default of a listener (rule is null).
struct FoundRule {
  const model::Listener* listener = nullptr;
  const model::ListenerRule* rule = nullptr;
};
Result<FoundRule> find_rule(const Context& context, const std::string& arn);

/// The target groups that actions forward to.
std::set<std::string> groups_of(const std::vector<model::ListenerAction>& actions);
/// All groups that any listener or rule of a balancer forwards to.
std::set<std::string> groups_of_balancer(const Context& context, const std::string& balancer_arn);
/// The balancers whose listeners or rules forward to a group, in order.
std::set<std::string> balancers_of_group(const Context& context, const std::string& group_arn);
/// The same for every group that is in use, in one pass.
std::map<std::string, std::set<std::string>> balancers_by_group(const Context& context);

/// Letters, digits and hyphens, at most 32, no hyphen at either end; `kind` is AWS's word ("Load balancer").
Result<void> check_name(std::string_view kind, const std::string& name);

/// "0123456789abcdef": the last part of this service's ARNs.
std::string new_id(Context& context);

}  // namespace services::elbv2
