// A parameter's AllowedPattern: a regular expression of a client's, run on a value of a client's. Called by
// put_parameter.cpp.
//
// Always: answered in well under a second, on little stack and memory, whatever either is.
#pragma once

#include <string>

#include "base/result.h"

namespace services::ssm {

/// An empty pattern allows everything. One that costs too much on this value is refused like one that is not valid.
Result<void> check_allowed_pattern(const std::string& pattern, const std::string& value);

}  // namespace services::ssm
