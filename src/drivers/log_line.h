// A container's log file, as every runtime writes it: one line each, "2026-11-23T16:50:31.123Z stdout F text" (CRI's
// format; P instead of F: the line goes on in the next one of its stream). Read by whoever feeds the Logs API.
// The file is bounded: at its limit it is renamed to "<path>.1" and begun anew, so a reader follows the open file to its
// end before it opens the new one.
#pragma once

#include <optional>
#include <string_view>

#include "base/time.h"

namespace drivers {

struct LogLine {
  Instant at;
  bool is_stderr = false;
  bool partial = false;
  std::string_view text;  ///< within the line given
};

/// Without its newline. Nothing for a line of another format.
std::optional<LogLine> parse_log_line(std::string_view line);

}  // namespace drivers
