// STS: the table of what is served. Used by the engine's wiring.
#pragma once

#include <span>

#include "api/route.h"

namespace services::sts {

std::span<const api::Route> routes();

}  // namespace services::sts
