// Attributes of balancers, listeners and target groups. A record holds only what was set; AWS's defaults are here.
#pragma once

#include <string>
#include <string_view>

#include "services/context.h"

namespace services::elbv2 {

/// What was set, else AWS's default; "" for a key that AWS does not know.
std::string load_balancer_attribute(const model::LoadBalancer& balancer, const std::string& key);

}  // namespace services::elbv2
