// A service's status as text for people, as a line, and as JSON. Pure: used by `scaleout status` and by its tests.
#pragma once

#include <boost/json/fwd.hpp>
#include <string>

#include "console/service_status.h"

namespace console {

/// Bold and colours as a terminal understands them, or nothing.
struct Style {
  bool colour = false;
  std::string good(const std::string& text) const { return paint("32", text); }
  std::string bad(const std::string& text) const { return paint("31", text); }
  std::string strong(const std::string& text) const { return paint("1", text); }

 private:
  std::string paint(const char* code, const std::string& text) const;
};

/// One screen, with the newest `events_max` events.
std::string status_text(const Status& status, Style style, std::size_t events_max = 5);
/// What changes, in one line: for `--watch` where there is no terminal.
std::string status_line(const Status& status);
/// The fields and their meaning never change; new ones may come.
boost::json::object status_json(const Status& status);
boost::json::object event_json(const EventStatus& event);

}  // namespace console
