// A frame that is redrawn in place on a terminal. Holds always: nothing of the terminal is changed that would have to be
// put back, so that Ctrl-C may end the program at any moment.
#pragma once

#include <string>

namespace console {

struct Size {
  std::size_t columns = 80, rows = 24;
};

/// What to write to show `frame` over one that took `lines_before` lines: cut to the terminal, since a wrapped or scrolled
/// line could not be drawn over.
std::string redraw(const std::string& frame, std::size_t lines_before, Size size);
/// Lines that redraw() leaves on the terminal.
std::size_t lines_drawn(const std::string& frame, Size size);

class Screen {
 public:
  /// Writes to standard output.
  void show(const std::string& frame);

 private:
  std::size_t lines_ = 0;
};

bool output_is_terminal();
/// A terminal that understands colours, and nobody said no (NO_COLOR, TERM=dumb).
bool output_takes_colour();

}  // namespace console
