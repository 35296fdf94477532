// Cloud Map: HTTP namespaces.
#pragma once

#include <span>

#include "api/route.h"

namespace services::servicediscovery {

std::span<const api::Route> routes();

}  // namespace services::servicediscovery
