// Listeners and target groups as the balancer is told of them.
#pragma once

#include <vector>

#include "balancer/balancer.h"
#include "base/time.h"
#include "model/certificate.h"
#include "model/load_balancer.h"
#include "model/target_group.h"

namespace engine {

balancer::GroupSpec group_spec(const model::TargetGroup& group, const Pace& pace);
/// `rules`: those of the listener, in any order; `certificates`: in the listener's order.
balancer::ListenerSpec listener_spec(const model::Listener& listener, const model::LoadBalancer& load_balancer,
                                     const std::vector<const model::ListenerRule*>& rules,
                                     const std::vector<const model::Certificate*>& certificates);
balancer::Member member(const model::Target& target);

}  // namespace engine
