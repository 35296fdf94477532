// What a listener or a rule does with a request: from the API's actions to the record's and back. A set that passes
// holds exactly one forward, redirect or fixed-response, and names only groups that exist and are free for this
// balancer.
#pragma once

#include "services/elbv2/handlers.h"

namespace services::elbv2 {

Result<std::vector<model::ListenerAction>> read_actions(const Context& context, const model::LoadBalancer& balancer,
                                                        const std::vector<shape::Action>& given);
/// With the defaults that AWS fills in: a forward's ForwardConfig, a redirect's parts.
std::vector<shape::Action> show_actions(const std::vector<model::ListenerAction>& actions);

}  // namespace services::elbv2
