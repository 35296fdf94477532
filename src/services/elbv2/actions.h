// Elastic Load Balancing v2 (application load balancers): the table of the actions it serves, for the engine.
#pragma once

#include <span>

#include "api/route.h"

namespace services::elbv2 {

std::span<const api::Route> routes();

}  // namespace services::elbv2
