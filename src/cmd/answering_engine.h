// The engine that answers against the one that `up` was asked for. Pure.
#pragma once

#include <boost/json/fwd.hpp>

#include "base/result.h"
#include "cmd/options.h"

namespace cmd {

/// `health`: what the engine says of itself. An error that names both where a flag was given and the engine is another.
Result<void> check_answering(const UpOptions& options, const boost::json::value& health);

}  // namespace cmd
