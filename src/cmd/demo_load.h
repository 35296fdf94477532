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

/// An error that says how many failed and how, unless none did; also where nothing was answered.
Result<void> none_failed(const load::Outcome& outcome);
/// An error where the requests did not go out at the rate that was asked for: then that none failed shows little. That
/// they went out some milliseconds late, on a busy machine, takes nothing away.
Result<void> load_kept(const load::Outcome& outcome);
/// Says what still holds of a run that the generator calls not valid.
void warn_if_saturated(const DemoSite& site, const load::Outcome& outcome);

Result<void> print_service_events(DemoSite& site);

}  // namespace cmd
