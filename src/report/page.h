// The report as one HTML file: no script, no other file, light and dark. Pure.
#pragma once

#include <string>

#include "report/run.h"

namespace report {

std::string page(const Run& run);

}  // namespace report
