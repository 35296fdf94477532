// `scaleout events`: what happened around a service, oldest first; -f goes on, --explain adds how scaling was decided.
#include <boost/json.hpp>
#include <iostream>
#include <thread>

#include "cmd/options.h"
#include "console/decision_text.h"
#include "console/event_feed.h"
#include "console/status_text.h"
#include "console/story.h"

namespace cmd {

int run_events(const EventsOptions& options) {
  const auto settings = load_settings(options.connection);
  if (!settings) return report(settings.error());
  client::AwsClient aws(*settings, options.follow ? quick_calls() : client::CallOptions{});
  console::EventFeed feed;
  std::set<std::string> groups;
  bool answered = true;
  for (bool first = true;; first = false) {
    const auto events = console::read_story(aws, {options.cluster, options.service},
                                            {.service_only = options.service_only, .not_scaled = options.explain}, groups);
    if (!events) {
      if (first || !client::unreachable_or_unauthorised(events.error())) return report(events.error());
      if (answered) std::cerr << "warning: no answer; trying again\n";
    } else {
      const auto fresh = feed.fresh(*events);
      const auto limit = static_cast<std::size_t>(options.limit);
      for (std::size_t i = first && fresh.size() > limit ? fresh.size() - limit : 0; i < fresh.size(); ++i) {
        std::cout << (options.connection.json() ? boost::json::serialize(console::event_json(fresh[i]))
                                                : console::event_line(fresh[i]))
                  << "\n";
        if (options.explain && !options.connection.json()) std::cout << console::decision_text(fresh[i].details);
      }
      std::cout << std::flush;
    }
    answered = events.has_value();
    if (!options.follow || !std::cout) return kOk;
    std::this_thread::sleep_for(seconds(1));
  }
}

}  // namespace cmd
