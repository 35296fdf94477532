// CloudWatch: the table of what is served. Used by the engine's wiring.
#pragma once

#include <span>

#include "api/route.h"

namespace services::cloudwatch {

std::span<const api::Route> routes();

}  // namespace services::cloudwatch
