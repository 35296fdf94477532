// New events of a service, each once: for `scaleout events -f`.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "console/service_status.h"

namespace console {

class EventFeed {
 public:
  /// Those of the list (oldest first) that were not in an earlier one.
  std::vector<EventStatus> fresh(const std::vector<EventStatus>& now);

 private:
  std::map<std::string, std::uint64_t> seen_;  ///< by id: the last list that had it
  std::uint64_t lists_ = 0;
};

/// "2026-11-23T16:31:14.120Z  (service http-api) has reached a steady state."
std::string event_line(const EventStatus& event);

}  // namespace console
