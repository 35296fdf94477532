// `scaleout up` and `scaleout down`: the stack of the document, on the engine (started if none answers) or on AWS.
#include <fmt/format.h>

#include <boost/json.hpp>
#include <filesystem>
#include <iostream>

#include "api/ecs.h"
#include "cmd/answering_engine.h"
#include "cmd/connect.h"
#include "cmd/local_engine.h"
#include "cmd/options.h"
#include "registry/push.h"

namespace cmd {

std::string http_api_binary() {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  return (self.parent_path() / "http-api").string();
}

namespace {

/// Before anything is made.
Result<void> check(const UpOptions& options) {
  TRY_VOID(stack::check(options.stack));
  if (!options.stack.image.empty()) return {};
  return registry::check_names(options.stack.repository, options.stack.version);
}

}  // namespace

int run_up(const UpOptions& given) {
  UpOptions options = given;
  if (const auto sound = check(options); !sound) return usage_error(sound.error().message, "`scaleout up --help` says what each flag means");
  const auto settings = load_settings(options.connection);
  if (!settings) return report(settings.error());
  if (const auto health = engine_health(*settings)) {
    if (const auto same = check_answering(options, *health); !same) return report(same.error());
  } else {
    if (options.given.contains("--region")) options.engine.region = options.connection.region;
    const auto engine = start_engine(*settings, options.engine);
    if (!engine) return report(engine.error());
    std::cerr << fmt::format("engine started, pid {}, log {}\n", engine->pid, engine->log);
  }
  options.stack.region = region_for(*settings);
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
      return kTimedOut;
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

int sweep_dead(const std::string& state) {
  if (!std::filesystem::exists(state)) {
    std::cerr << "nothing to take down: no engine answers, and there is no " << state << "\n";
    return kOk;
  }
  const auto swept = sweep_state(state);
  return swept ? kOk : report(swept.error());
}

/// "second/http-api": services that are not the one of `options`.
Result<std::vector<std::string>> other_services(client::AwsClient& aws, const stack::Options& options) {
  TRY(const stack::Services services, stack::list_services(aws));
  std::vector<std::string> others;
  for (const auto& [cluster, names] : services) {
    for (const std::string& name : names) {
      if (cluster != options.cluster || name != options.service) others.push_back(cluster + "/" + name);
    }
  }
  return others;
}

}  // namespace

int run_down(const DownOptions& options) {
  const auto settings = load_settings(options.connection);
  if (!settings) return report(settings.error());
  if (const auto target = settings->target(api::ecs::model()); !target) return report(target.error());
  const std::string state = options.state.empty() ? default_state_directory() : options.state;
  if (!engine_answers(*settings) || !is_meant(*settings, options.state)) return sweep_dead(state);
  client::AwsClient aws(*settings);
  if (const auto there = stack::check_present(aws, options.stack); !there) return report(there.error());
  const auto gone = stack::down(aws, options.stack, seconds(options.timeout), progress);
  const auto others = other_services(aws, options.stack);
  if (!others) return report(others.error());
  if (!others->empty()) {
    if (!gone) return report(gone.error());
    std::cerr << fmt::format("the engine runs on: it has {}\n", fmt::join(*others, ", "));
    return kOk;
  }
  if (!gone) {
    // The rest is ended all the same: down leaves nothing running.
    std::cerr << "warning: " << gone.error().message << "; ending it without\n";
  }
  const auto ended = end_engine(*settings);
  return ended ? kOk : report(ended.error());
}

}  // namespace cmd
