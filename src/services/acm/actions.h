// ACM: certificates that HTTPS listeners show.
#pragma once

#include <span>

#include "api/route.h"

namespace services::acm {

std::span<const api::Route> routes();

}  // namespace services::acm
