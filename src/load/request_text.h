// The bytes of the plan's request, the same for each. Pure.
#pragma once

#include <string>

#include "load/plan.h"

namespace load {

std::string request_text(const Plan& plan);
/// Sending it twice is as good as once (RFC 9110, 9.2.2).
bool idempotent(const std::string& method);

}  // namespace load
