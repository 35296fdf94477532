// `scaleout up` and `scaleout down`: the stack of the document, on the engine (started if none answers) or on AWS.
#include <fmt/format.h>

#include <filesystem>
#include <iostream>

#include "cmd/connect.h"
#include "cmd/local_engine.h"
#include "cmd/options.h"

namespace cmd {

std::string http_api_binary() {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  return (self.parent_path() / "http-api").string();
}

int run_up(const UpOptions& given) {
  UpOptions options = given;
  const auto settings = load_settings(options.connection);
  if (!settings) return report(settings.error());
  if (!engine_answers(*settings)) {
    const auto engine = start_engine(*settings, options.engine);
    if (!engine) return report(engine.error());
    std::cerr << fmt::format("engine started, pid {}, log {}\n", engine->pid, engine->log);
  }
  client::AwsClient aws(*settings);
  if (options.stack.image.empty()) {
    PushOptions push;
    push.binary = options.binary.empty() ? http_api_binary() : options.binary;
    push.repository = options.stack.repository;
    push.tag = options.stack.version;
    const auto digest = push_binary(aws, push);
    if (!digest) return report(digest.error());
    progress(fmt::format("image {}:{} {}", push.repository, push.tag, *digest));
    options.stack.image = push.repository + ":" + push.tag;
  }
  if (const auto made = stack::up(aws, options.stack, progress); !made) return report(made.error());
  if (options.wait) {
    const auto ready = stack::wait_until(
        [&]() -> Result<bool> {
          TRY(const stack::Readiness now, stack::readiness(aws, options.stack));
          return now.ready();
        },
        seconds(options.timeout),
        fmt::format("the tasks of {} to be healthy", options.stack.service));
    if (!ready) {
      report(ready.error());
      std::cerr << "hint: `scaleout status` and `scaleout events` show what it waits for\n";
      return 7;
    }
  }
  const auto url = service_url(aws, options.stack);
  if (!url) return report(url.error());
  std::cout << *url << std::endl;
  return kOk;
}

namespace {

/// Whether the engine that answers is the one that --state names; without --state the endpoint alone says which.
bool is_meant(const client::Settings& settings, const std::string& state) {
  if (state.empty()) return true;
  const auto answering = engine_state_directory(settings);
  std::error_code error;
  return answering && std::filesystem::equivalent(*answering, state, error);
}

}  // namespace

int run_down(const DownOptions& options) {
  const auto settings = load_settings(options.connection);
  if (!settings) return report(settings.error());
  const std::string state = options.state.empty() ? default_state_directory() : options.state;
  if (!engine_answers(*settings) || !is_meant(*settings, options.state)) {
    if (!std::filesystem::exists(state)) {
      std::cerr << "nothing to take down: no engine answers, and there is no " << state << "\n";
      return kOk;
    }
    const auto swept = sweep_state(state);
    return swept ? kOk : report(swept.error());
  }
  client::AwsClient aws(*settings);
  if (const auto gone = stack::down(aws, options.stack, seconds(options.timeout), progress); !gone) {
    // The rest is ended all the same: down leaves nothing running.
    std::cerr << "warning: " << gone.error().message << "; ending it without\n";
  }
  const auto ended = end_engine(*settings);
  return ended ? kOk : report(ended.error());
}

}  // namespace cmd
