// Where a demo plays: a fresh state directory, an engine and the document's stack in it, and a clean end. Used by
// demo.cpp (the scaling story) and demo_faults.cpp.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "client/aws_client.h"
#include "cmd/demo_interruption.h"
#include "cmd/local_engine.h"
#include "cmd/options.h"

namespace cmd {

class DemoSite {
 public:
  /// `interruption` outlives the site.
  DemoSite(const DemoOptions& options, const DemoInterruption& interruption)
      : options_(options), interruption_(interruption), start_(std::chrono::steady_clock::now()) {}

  /// Makes the state directory and names a free port.
  Result<void> open();
  /// Starts the engine, or starts it again after a kill.
  Result<void> start_engine();
  /// Pushes http-api, makes the stack, waits for healthy tasks and shows an answer of /api.
  Result<void> bring_up();
  Result<void> await_ready(const std::string& what);
  /// Waits of a story: both end early, with an error, when the demo is interrupted.
  Result<void> pause_until(std::chrono::steady_clock::time_point end) const { return interruption_.sleep_until(end); }
  Result<void> pause(std::chrono::milliseconds length) const { return pause_until(std::chrono::steady_clock::now() + length); }
  /// Takes everything down. What the story left in its directory stays only when it failed (to be
  /// interrupted is not to fail).
  Result<void> close(const Result<void>& told);

  /// A line with the seconds since the start.
  void say(const std::string& text) const;
  double elapsed() const;

  client::AwsClient& aws() { return *aws_; }
  const client::Settings& settings() const { return *settings_; }
  const std::string& directory() const { return directory_; }
  const std::string& url() const { return url_; }
  const LocalEngine& engine() const { return engine_; }
  stack::Options stack;

 private:
  Result<void> show_answer();

  DemoOptions options_;
  const DemoInterruption& interruption_;
  std::chrono::steady_clock::time_point start_;
  std::string directory_, url_;
  Connection connection_;
  std::optional<client::Settings> settings_;
  std::optional<client::AwsClient> aws_;
  LocalEngine engine_;
};

/// How long a demo waits for a step of the engine.
inline constexpr auto kDemoPatience = seconds(60);

}  // namespace cmd
