// `scaleout status`: one screen of a service; --watch draws it anew each second.
#include <fmt/format.h>

#include <boost/json.hpp>
#include <iostream>
#include <thread>

#include "cmd/options.h"
#include "console/screen.h"
#include "console/status_text.h"

namespace cmd {

namespace {

std::string render(const console::Status& status, bool json) {
  if (json) return boost::json::serialize(console::status_json(status)) + "\n";
  return console::status_text(status, {console::output_takes_colour()});
}

/// Until Ctrl-C. An engine that does not answer is waited for: watching one that is restarted is what this is for.
int watch(client::AwsClient& aws, const console::ServiceName& name, const console::EnginePage& page, bool json) {
  const bool redraws = console::output_is_terminal() && !json;
  console::Screen screen;
  std::string shown;
  const SteadyWallClock clock;
  for (bool first = true;; first = false) {
    const auto status = console::read_status(aws, name, page);
    if (!status && (first || !client::unreachable_or_unauthorised(status.error()))) return report(status.error());
    const std::string now = to_iso8601(clock.now());
    if (redraws) {
      screen.show(status ? render(*status, false) + "\n" + now + "  Ctrl-C ends\n" : shown + "\n" + now + "  no answer; trying again\n");
      if (status) shown = render(*status, false);
    } else {
      const std::string line = !status ? "no answer; trying again"
                               : json  ? boost::json::serialize(console::status_json(*status))
                                       : console::status_line(*status);
      if (line != shown && (status || !json)) std::cout << (json ? line : now + " " + line) << std::endl;
      shown = line;
    }
    if (!std::cout) return kOk;  // whoever read it has gone
    std::this_thread::sleep_for(seconds(1));
  }
}

}  // namespace

int run_status(const StatusOptions& options) {
  const auto settings = load_settings(options.connection);
  if (!settings) return report(settings.error());
  const console::ServiceName name{options.cluster, options.service};
  const console::EnginePage page = [&](const std::string& path) { return ask_engine(*settings, "GET", path); };
  if (options.watch) {
    client::AwsClient aws(*settings, quick_calls());
    return watch(aws, name, page, options.connection.json());
  }
  client::AwsClient aws(*settings);
  const auto status = console::read_status(aws, name, page);
  if (!status) return report(status.error());
  std::cout << render(*status, options.connection.json());
  return kOk;
}

}  // namespace cmd
