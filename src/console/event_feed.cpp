#include "console/event_feed.h"

#include "base/time.h"

namespace console {

namespace {

/// A list may lack a part for a while (a node group without nodes, an API that did not answer), and what comes back with it
/// is not new. In lists of one a second: an hour.
constexpr std::uint64_t kRemembered = 3600;

}  // namespace

std::vector<EventStatus> EventFeed::fresh(const std::vector<EventStatus>& now) {
  std::vector<EventStatus> out;
  ++lists_;
  for (const EventStatus& event : now) {
    if (!seen_.contains(event.id)) out.push_back(event);
    seen_[event.id] = lists_;
  }
  std::erase_if(seen_, [&](const auto& one) { return lists_ - one.second > kRemembered; });
  return out;
}

std::string event_line(const EventStatus& event) {
  return to_iso8601(instant_from_ms(event.at_ms)) + "  " + event.message;
}

}  // namespace console
