// The figure as a PNG: the same SVG, drawn by rsvg-convert (Debian's librsvg2-bin). A program of its own and not a library:
// nothing else of us draws, and every other command starts quicker without it.
#pragma once

#include <string>

#include "base/result.h"
#include "report/run.h"

namespace report {

/// Before a run that is to end in a picture: RendererMissing where rsvg-convert is not installed.
Result<void> check_renderer();
/// Writes the file. One that is there already stays as it is when the figure cannot be drawn.
Result<void> write_png(const Run& run, const std::string& path);

}  // namespace report
