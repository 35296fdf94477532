// `scaleout load`: an open-loop load run against a URL. What it means lies in src/load; here are flags, the live line
// and exit codes.
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <cmath>
#include <fstream>
#include <iostream>
#include <optional>
#include <sstream>

#include "base/random.h"
#include "cmd/options.h"
#include "cmd/stop_signals.h"
#include "load/generator.h"
#include "load/rendering.h"
#include "report/from_load.h"

namespace cmd {

namespace {

/// The kernel lets a program raise its own limit of open files: many connections need many.
void allow_many_files() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

class LiveLine final : public load::Observer {
 public:
  explicit LiveLine(const load::Plan& plan) : plan_(plan), in_place_(isatty(STDERR_FILENO) == 1) {}

  void progress(const load::Progress& now) override {
    if (!in_place_) return;
    std::string line = fmt::format("{} of {}  ", load::duration_text(std::chrono::floor<std::chrono::seconds>(now.elapsed)),
                                   load::duration_text(now.length));
    if (!plan_.closed_loop) line += fmt::format("target {}/s  ", load::rate_text(std::round(now.target_rate)));
    line += fmt::format("sent {}  ok {}  failed {}", now.recent.counts.sent, now.recent.counts.ok, now.total.failed);
    if (now.recent.counts.ok > 0) {
      line += fmt::format("  p50 {}  p99 {}", load::latency_text(now.recent.p50), load::latency_text(now.recent.p99));
    }
    std::cerr << "\r\033[K" << line << std::flush;
  }
  void stage_ended(std::size_t stage, const load::Progress& now) override {
    if (in_place_) return;
    using Tenths = std::chrono::duration<std::int64_t, std::deci>;
    const auto elapsed = std::chrono::floor<Tenths>(now.elapsed);
    std::cerr << fmt::format("{}: stage {} of {} sent ({}); so far {} ok, {} failed\n", load::duration_text(elapsed), stage + 1,
                             plan_.stages.size(), plan_.closed_loop ? "max" : load::stages_text({plan_.stages[stage]}), now.total.ok,
                             now.total.failed);
  }
  void clear() const {
    if (in_place_) std::cerr << "\r\033[K" << std::flush;
  }

 private:
  const load::Plan& plan_;
  const bool in_place_;
};

Result<std::string> read_body(const std::string& given) {
  if (!given.starts_with('@')) return given;
  std::ifstream file(given.substr(1), std::ios::binary);
  std::ostringstream text;
  if (!(text << file.rdbuf()) && !file.eof()) return fail("NoBody", "cannot read the body from " + given.substr(1));
  if (!file.is_open()) return fail("NoBody", "cannot read the body from " + given.substr(1));
  return text.str();
}

Result<std::vector<load::Stage>> stages_of(const LoadOptions& options) {
  if (!options.stages.empty()) {
    if (!options.rate.empty()) return fail("InvalidPlan", "give --rate and --duration, or --stages, not both");
    return load::parse_stages(options.stages);
  }
  if (options.rate.empty()) return fail("InvalidPlan", "no rate is given; write --rate 100 --duration 30s, or --stages 100:30s,200:1m");
  if (options.rate != "max") return load::parse_stages(options.rate + ":" + options.duration);
  TRY(const load::Nanoseconds length, load::parse_duration(options.duration));
  return std::vector<load::Stage>{{0, 0, length}};
}

Result<load::Plan> plan_of(const LoadOptions& options) {
  load::Plan plan;
  TRY(plan.target, load::parse_target(options.url));
  TRY(plan.stages, stages_of(options));
  plan.closed_loop = options.rate == "max";
  plan.method = options.method;
  for (const std::string& text : options.headers) {
    TRY(auto header, load::parse_header(text));
    plan.headers.push_back(std::move(header));
  }
  TRY(plan.body, read_body(options.body));
  plan.arrival = options.arrival == "poisson" ? load::Arrival::poisson : load::Arrival::uniform;
  plan.seed = options.seed;
  plan.connections = options.connections != 0 ? static_cast<std::size_t>(options.connections) : plan.closed_loop ? 64 : plan.connections;
  TRY(plan.timeout, load::parse_duration(options.timeout));
  plan.retry_closed = options.retry;
  TRY_VOID(load::check(plan));
  return plan;
}

int exit_code_of(const load::Outcome& outcome, const std::vector<load::Judged>& judged) {
  if (outcome.verdict == load::Verdict::interrupted) return stopped_exit_code();
  if (outcome.unreachable()) return kUnreachable;
  if (outcome.verdict == load::Verdict::saturated) return kFailure;
  for (const load::Judged& one : judged) {
    if (!one.met) return kCheckFailed;
  }
  return kOk;
}

}  // namespace

int run_load(const LoadOptions& options) {
  const auto plan = plan_of(options);
  if (!plan) return usage_error(plan.error().message, "`scaleout load --help` says what can be written");
  std::vector<load::Limit> limits;
  if (!options.slo.empty()) {
    auto parsed = load::parse_limits(options.slo);
    if (!parsed) return usage_error(parsed.error().message, "`scaleout load --help` says what can be written");
    limits = *std::move(parsed);
  }
  std::ofstream file;
  if (!options.json_file.empty()) {
    file.open(options.json_file);  // before the run: a long one must not end in a file that cannot be written
    if (!file) return report({"NoFile", "cannot write " + options.json_file});
  }
  if (!options.report_file.empty()) {
    if (const auto writable = check_writable(options.report_file); !writable) return report(writable.error());
  }
  allow_many_files();
  load::Stop stop;
  stop_on_signals(stop);  // what was measured until then is kept
  LiveLine line(*plan);
  const auto outcome = load::run(*plan, line, stop);
  line.clear();
  if (!outcome) {
    std::cerr << "error: " << outcome.error().message << "\n";
    return outcome.error().code == "HostNotFound" ? kUnreachable : kFailure;
  }
  // A run that is not what was asked for says nothing about its limits.
  const auto judged = outcome->verdict == load::Verdict::valid ? load::judge(limits, *outcome) : std::vector<load::Judged>();
  // Each way out is tried, though another failed: what was measured is not thrown away.
  std::cout << (options.output == "json" ? boost::json::serialize(load::outcome_json(*outcome, judged)) + "\n" : load::outcome_text(*outcome, judged))
            << std::flush;
  std::optional<Error> lost;
  if (!std::cout) lost = Error{"NoOutput", "could not write all of the result to standard output"};
  if (file.is_open()) file << boost::json::serialize(load::outcome_json(*outcome, judged)) << "\n" << std::flush;
  if (file.is_open() && !file) lost = Error{"NoFile", "could not write all of " + options.json_file};
  if (!options.report_file.empty()) {
    if (const auto written = write_report(report::run_of(*outcome), options.report_file, ""); !written) lost = written.error();
  }
  if (judged.size() < limits.size()) std::cerr << "hint: the limits were not judged, since the run is not the one that was asked for\n";
  if (outcome->unreachable()) {
    std::cerr << "error: nothing answers at " << plan->target.authority << " (" << outcome->error_examples.begin()->second << ")\n";
  }
  return lost ? report(*lost) : exit_code_of(*outcome, judged);
}

}  // namespace cmd
