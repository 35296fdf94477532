// Autoscaling as text for people and as JSON. Pure.
#pragma once

#include <boost/json/fwd.hpp>
#include <string>
#include <vector>

#include "console/scaling_status.h"
#include "console/status_text.h"

namespace console {

/// A few lines a layer; empty when nothing is scaled.
std::string scaling_text(const std::vector<ScalingLayer>& layers, Style style);
boost::json::array scaling_json(const std::vector<ScalingLayer>& layers);

}  // namespace console
