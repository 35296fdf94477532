// SNS: topics that alarms name, and their subscriptions.
#pragma once

#include <span>

#include "api/route.h"

namespace services::sns {

std::span<const api::Route> routes();

}  // namespace services::sns
