// A scaling decision's data (control/autoscaling/decision_details.h) as text for people: `scaleout events --explain`.
#pragma once

#include <string>
#include <string_view>

namespace console {

/// Lines with `indent` before each; ends with a newline. Details of another form (AWS's own) are shown as they are;
/// empty ones as nothing.
std::string decision_text(std::string_view details, std::string_view indent = "    ");

}  // namespace console
