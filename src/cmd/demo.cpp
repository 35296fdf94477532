// `scaleout demo`: the story of the http-scale-out document at --time-scale, in a fresh state directory. Four steps of
// load, then quiet: tasks and nodes come and go by their own metrics, alarms and policies. Exit 0 only if both layers
// rose and fell back and not one request failed.
#include <fmt/format.h>

#include <algorithm>
#include <iostream>

#include "cmd/demo_load.h"
#include "cmd/demo_recording.h"
#include "cmd/demo_site.h"
#include "console/screen.h"
#include "console/status_text.h"
#include "load/rendering.h"
#include "report/png.h"

namespace cmd {

namespace {

// Between two looks at the service, at AWS's pace: alarms there move once a minute. The picture of a run has as many
// points at every pace.
constexpr auto kGlance = seconds(10);
// After the load, at AWS's pace: 15 low datapoints, then tasks go, then the nodes that they leave.
constexpr auto kQuietMost = minutes(45);

class ScalingStory {
 public:
  ScalingStory(const DemoOptions& options, const DemoInterruption& interruption)
      : options_(options), site_(options, interruption) {}

  Result<void> tell() {
    TRY_VOID(site_.open());
    return site_.close(chapters());
  }

 private:
  Result<void> chapters() {
    TRY_VOID(site_.start_engine());
    site_.stack.work_us = options_.work_us;
    site_.say(fmt::format("up: {} to {} tasks at {} % CPU, {} to {} nodes at {} % CPU", site_.stack.tasks_min,
                          site_.stack.tasks_max, site_.stack.cpu_target, site_.stack.nodes_min, site_.stack.nodes_max,
                          site_.stack.node_cpu_target));
    TRY_VOID(site_.bring_up());
    recording_.emplace(site_);

    site_.say(fmt::format("load: {} (requests/s), each of {} us CPU", options_.stages, options_.work_us));
    TRY(DemoLoad load, DemoLoad::start(site_.url() + "/api", options_.stages));
    while (!load.ended()) TRY_VOID(glance(&load));
    TRY(outcome_, load.wait());
    site_.say("quiet");
    const double most =
        std::max(60.0, std::chrono::duration<double>(kQuietMost).count() / options_.time_scale);
    const double begun = site_.elapsed();
    while (!recording_->fell_back() && site_.elapsed() - begun < most) TRY_VOID(glance(nullptr));
    TRY_VOID(glance(nullptr));  // the last node's going is part of the picture
    TRY_VOID(recording_->read_log());
    recording_->print_log();
    const auto judged = judge();  // said before a report that may fail
    const auto written = write_report();
    if (!judged && !written) site_.say("warning: " + written.error().message);
    return judged ? written : judged;
  }

  /// One look: record it, and show it: the status screen in place on a terminal, else a line for each change.
  Result<void> glance(const DemoLoad* load) {
    const auto next = std::chrono::steady_clock::now() + Pace{options_.time_scale}(kGlance);
    TRY(const console::Status status, recording_->look());
    const auto progress = load ? load->progress() : std::nullopt;
    const double rate = progress ? progress->target_rate : 0;
    if (console::output_is_terminal()) {
      screen_.show(fmt::format("[{:5.1f} s] {:.0f} requests/s; {} failed\n\n", site_.elapsed(), rate,
                               progress ? progress->total.failed : outcome_.counts.failed) +
                   console::status_text(status, {console::output_takes_colour()}, 3));
    } else if (const std::string line = recording_->line(status); line != shown_) {
      site_.say(fmt::format("{:5.0f}/s  {}", rate, line));
      shown_ = line;
    }
    return site_.pause_until(next);
  }

  Result<void> write_report() {
    TRY_VOID(cmd::write_report(recording_->run(outcome_, options_.time_scale), options_.html, options_.png));
    site_.say(fmt::format("report: {}{}{}", options_.html, options_.html.empty() || options_.png.empty() ? "" : " and ", options_.png));
    return {};
  }

  Result<void> judge() const {
    std::cout << "\n" << load::outcome_text(outcome_) << "\n" << recording_->summary() << std::endl;
    TRY_VOID(none_failed(outcome_));
    // The load is there to make both layers rise, and whether it did is judged: a rate that was not kept is only said.
    warn_if_saturated(site_, outcome_);
    return recording_->judge();
  }

  DemoOptions options_;
  DemoSite site_;
  std::optional<DemoRecording> recording_;
  load::Outcome outcome_;
  console::Screen screen_;
  std::string shown_;
};

}  // namespace

Result<void> demo_faults(const DemoOptions& options, const DemoInterruption& interruption);  // demo_faults.cpp

namespace {

Result<void> check_reports(const DemoOptions& options) {
  for (const std::string& file : {options.html, options.png}) {
    if (!file.empty()) TRY_VOID(check_writable(file));
  }
  return options.png.empty() ? Result<void>() : report::check_renderer();
}

}  // namespace

int run_demo(const DemoOptions& options) {
  if (!options.faults) {
    const auto stages = load::parse_stages(options.stages);
    if (!stages) return usage_error("--stages: " + stages.error().message, "write it as in 250:30s,500:30s");
    if (const auto files = check_reports(options); !files) return report(files.error());
  }
  const DemoInterruption interruption;
  const auto told = options.faults ? demo_faults(options, interruption) : ScalingStory(options, interruption).tell();
  if (!told && told.error().code == kStoryInterrupted) return interruption.exit_code();
  return told ? kOk : report(told.error());
}

}  // namespace cmd
