// Application Auto Scaling: what scales an ECS service's desired count.
#pragma once

#include <span>

#include "api/route.h"

namespace services::application_autoscaling {

std::span<const api::Route> routes();

}  // namespace services::application_autoscaling
