// EC2 Auto Scaling: the groups that keep a number of nodes running.
#pragma once

#include <span>

#include "api/route.h"

namespace services::autoscaling {

std::span<const api::Route> routes();

}  // namespace services::autoscaling
