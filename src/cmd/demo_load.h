// The traffic of a demo, on a thread of its own, and what it must come to: not one request failed.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "load/generator.h"

namespace cmd {

class DemoSite;

class DemoLoad {
 public:
  /// `stages` as of `scaleout load --stages`.
  static Result<DemoLoad> start(const std::string& url, const std::string& stages);
  DemoLoad(DemoLoad&&) noexcept;
  /// Stops it early if it still runs.
  ~DemoLoad();

  bool ended() const;
  /// The newest second's figures; nothing before the first.
  std::optional<load::Progress> progress() const;
  Result<load::Outcome> wait();

 private:
  struct Run;
  explicit DemoLoad(std::unique_ptr<Run> run);
  std::unique_ptr<Run> run_;
};

/// An error that says how many failed and how, unless none did; also where nothing was answered or the load was not real.
Result<void> none_failed(const load::Outcome& outcome);

Result<void> print_service_events(DemoSite& site);

}  // namespace cmd
