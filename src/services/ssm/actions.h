// SSM's Parameter Store: the public parameters that name machine images, and parameters of one's own.
#pragma once

#include <span>

#include "api/route.h"

namespace services::ssm {

std::span<const api::Route> routes();

}  // namespace services::ssm
