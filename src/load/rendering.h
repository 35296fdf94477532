// An outcome as JSON (README.md has the fields) and as the text that `scaleout load` prints. Pure.
#pragma once

#include <boost/json/fwd.hpp>
#include <string>

#include "load/slo.h"

namespace load {

/// `judged`: the limits, empty where none were given or they were not judged.
boost::json::object outcome_json(const Outcome& outcome, const std::vector<Judged>& judged = {});
std::string outcome_text(const Outcome& outcome, const std::vector<Judged>& judged = {});

/// Nanoseconds for people: "31.5 ms", "812 us", "1.02 s".
std::string latency_text(std::int64_t nanoseconds);

}  // namespace load
