// ECR: repositories. Images are pushed to the registry.
#pragma once

#include <span>

#include "api/route.h"

namespace services::ecr {

std::span<const api::Route> routes();

}  // namespace services::ecr
