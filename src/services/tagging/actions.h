// The Resource Groups Tagging API: tags of every kind of resource.
#pragma once

#include <span>

#include "api/route.h"

namespace services::tagging {

std::span<const api::Route> routes();

}  // namespace services::tagging
