// `scaleout logs`: what the tasks of a service print; -f goes on.
#include <fmt/format.h>

#include <boost/json.hpp>
#include <deque>
#include <iostream>
#include <thread>

#include "cmd/options.h"
#include "console/log_feed.h"
#include "console/screen.h"

namespace cmd {

int run_logs(const LogsOptions& options) {
  const auto age = console::parse_age(options.since);
  if (!age) return usage_error("--since: " + age.error().message, "write it as 30s, 10m, 2h or 1d");
  const auto settings = load_settings(options.connection);
  if (!settings) return report(settings.error());
  client::AwsClient aws(*settings, options.follow ? quick_calls() : client::CallOptions{});
  const auto group = console::log_group_of(aws, {options.cluster, options.service});
  if (!group) return report(group.error());
  std::vector<std::string> streams;
  if (!options.task.empty()) {
    const auto found = console::streams_of_task(aws, *group, options.task);
    if (!found) return report(found.error());
    streams = *found;
  }
  const Instant since = SteadyWallClock().now() - *age;
  console::LogFeed feed(aws, *group, streams, since);
  const bool plain = !console::output_is_terminal();
  const auto print = [&](const console::LogLine& line) {
    std::cout << (options.connection.json() ? boost::json::serialize(console::log_json(line))
                                            : console::log_text(line, plain))
              << "\n";
  };
  bool answered = true;
  for (bool first = true;; first = false) {
    std::deque<console::LogLine> last;  // with --limit, what is printed is known at the end only
    const auto read = feed.read([&](const console::LogLine& line) {
      if (!first || options.limit == 0) return print(line);
      last.push_back(line);
      if (last.size() > static_cast<std::size_t>(options.limit)) last.pop_front();
    });
    for (const console::LogLine& line : last) print(line);
    std::cout << std::flush;
    if (!read) {
      if (first || !client::unreachable_or_unauthorised(read.error())) return report(read.error());
      if (answered) std::cerr << "warning: no answer; trying again\n";
    }
    answered = read.has_value();
    if (!options.follow || !std::cout) return kOk;
    std::this_thread::sleep_for(milliseconds(500));
  }
}

}  // namespace cmd
