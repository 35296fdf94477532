#include "console/event_feed.h"

#include "base/time.h"

namespace console {

std::vector<EventStatus> EventFeed::fresh(const std::vector<EventStatus>& now) {
  std::vector<EventStatus> out;
  std::set<std::string> ids;
  for (const EventStatus& event : now) {
    if (!seen_.contains(event.id)) out.push_back(event);
    ids.insert(event.id);
  }
  // An empty answer is a service made anew, or one whose events are gone: nothing old can follow it.
  seen_ = std::move(ids);
  return out;
}

std::string event_line(const EventStatus& event) {
  return to_iso8601(instant_from_ms(event.at_ms)) + "  " + event.message;
}

}  // namespace console
