// New events of a service, each once: for `scaleout events -f`.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "console/service_status.h"

namespace console {

class EventFeed {
 public:
  /// Those of the list (oldest first) that were not in an earlier one.
  std::vector<EventStatus> fresh(const std::vector<EventStatus>& now);

 private:
  std::set<std::string> seen_;  ///< ids in the last list: those that ECS has dropped do not come back
};

/// "2026-11-23T16:31:14.120Z  (service http-api) has reached a steady state."
std::string event_line(const EventStatus& event);

}  // namespace console
