// A run as JSON and back, so that it can be drawn later. README.md has the fields. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "report/run.h"

namespace report {

std::string run_json(const Run& run);
/// Says where it is wrong. Unknown fields are passed over: a newer program wrote them.
Result<Run> parse_run(std::string_view text);

}  // namespace report
