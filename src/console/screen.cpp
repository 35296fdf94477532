#include "console/screen.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <vector>

namespace console {

namespace {

/// At most `columns` characters; escape sequences take none, and are kept past the end so that colours are closed.
std::string cut(std::string_view line, std::size_t columns) {
  std::string out;
  std::size_t width = 0;
  for (std::size_t i = 0; i < line.size();) {
    if (line[i] == '\x1b') {
      const std::size_t end = std::min(line.find('m', i), line.size() - 1) + 1;
      out += line.substr(i, end - i);
      i = end;
      continue;
    }
    std::size_t next = i + 1;
    while (next < line.size() && (static_cast<unsigned char>(line[next]) & 0xC0) == 0x80) ++next;
    if (width < columns) out += line.substr(i, next - i);
    ++width;
    i = next;
  }
  return out;
}

std::vector<std::string_view> lines_of(std::string_view frame, Size size) {
  std::vector<std::string_view> lines;
  while (!frame.empty()) {
    const std::size_t end = std::min(frame.find('\n'), frame.size());
    lines.push_back(frame.substr(0, end));
    frame.remove_prefix(std::min(end + 1, frame.size()));
  }
  // One row stays for the cursor.
  const std::size_t rows = size.rows > 1 ? size.rows - 1 : 1;
  if (lines.size() > rows) lines.resize(rows);
  return lines;
}

Size terminal_size() {
  winsize window{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) != 0 || window.ws_col == 0 || window.ws_row == 0) return {};
  return {window.ws_col, window.ws_row};
}

}  // namespace

std::string redraw(const std::string& frame, std::size_t lines_before, Size size) {
  std::string out;
  const std::size_t up = std::min(lines_before, size.rows > 1 ? size.rows - 1 : 1);
  if (up > 0) out += fmt::format("\x1b[{}A\r", up);
  for (const std::string_view line : lines_of(frame, size)) out += cut(line, size.columns) + "\x1b[K\n";
  return out + "\x1b[J";
}

std::size_t lines_drawn(const std::string& frame, Size size) { return lines_of(frame, size).size(); }

void Screen::show(const std::string& frame) {
  const Size size = terminal_size();
  const std::string out = redraw(frame, lines_, size);
  lines_ = lines_drawn(frame, size);
  // In one write, so that Ctrl-C does not end it in the middle of a sequence.
  for (std::string_view left = out; !left.empty();) {
    const ssize_t written = write(STDOUT_FILENO, left.data(), left.size());
    if (written <= 0) return;
    left.remove_prefix(static_cast<std::size_t>(written));
  }
}

bool output_is_terminal() { return isatty(STDOUT_FILENO) == 1; }

bool output_takes_colour() {
  const auto set = [](const char* name) {
    const char* value = std::getenv(name);
    return value && *value;
  };
  const char* terminal = std::getenv("TERM");
  return output_is_terminal() && !set("NO_COLOR") && terminal && std::string_view(terminal) != "dumb";
}

}  // namespace console
