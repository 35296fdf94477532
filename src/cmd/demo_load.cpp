#include "cmd/demo_load.h"

#include <fmt/format.h>

#include <future>
#include <iostream>
#include <mutex>

#include "api/ecs.h"
#include "cmd/demo_site.h"
#include "load/rendering.h"

namespace cmd {

namespace {

// As many as the document's load test: hey's 50 workers.
constexpr std::size_t kConnections = 50;

}  // namespace

struct DemoLoad::Run final : load::Observer {
  load::Plan plan;
  load::Stop stop;
  mutable std::mutex mutex;
  std::optional<load::Progress> newest;
  std::future<Result<load::Outcome>> outcome;

  void progress(const load::Progress& now) override {
    const std::lock_guard lock(mutex);
    newest = now;
  }
};

DemoLoad::DemoLoad(std::unique_ptr<Run> run) : run_(std::move(run)) {}

DemoLoad::DemoLoad(DemoLoad&&) noexcept = default;

DemoLoad::~DemoLoad() {
  if (run_) run_->stop.request();
}

Result<DemoLoad> DemoLoad::start(const std::string& url, const std::string& stages) {
  auto run = std::make_unique<Run>();
  TRY(run->plan.target, load::parse_target(url));
  TRY(run->plan.stages, load::parse_stages(stages));
  run->plan.connections = kConnections;
  run->plan.timeout = std::chrono::seconds(30);
  TRY_VOID(load::check(run->plan));
  run->outcome = std::async(std::launch::async, [run = run.get()] { return load::run(run->plan, *run, run->stop); });
  return DemoLoad(std::move(run));
}

bool DemoLoad::ended() const {
  return run_->outcome.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
}

std::optional<load::Progress> DemoLoad::progress() const {
  const std::lock_guard lock(run_->mutex);
  return run_->newest;
}

Result<load::Outcome> DemoLoad::wait() { return run_->outcome.get(); }

Result<void> none_failed(const load::Outcome& outcome) {
  if (outcome.counts.failed > 0) {
    std::string kinds;
    for (std::size_t kind = 0; kind < load::kErrorKinds; ++kind) {
      if (outcome.errors[kind] == 0) continue;
      kinds += fmt::format("{}{} {}", kinds.empty() ? "" : ", ", outcome.errors[kind],
                           load::error_text(static_cast<load::ErrorKind>(kind)));
    }
    return fail("RequestsFailed", fmt::format("{} requests failed: {}", outcome.counts.failed, kinds));
  }
  if (outcome.counts.ok == 0) return fail("NoTraffic", "no request was answered");
  return {};
}

Result<void> load_kept(const load::Outcome& outcome) {
  if (outcome.verdict != load::Verdict::saturated || outcome.offered()) return {};
  return fail("LoadNotKept", "the load was not the one asked for: " + outcome.verdict_reason);
}

void warn_if_saturated(const DemoSite& site, const load::Outcome& outcome) {
  if (outcome.verdict != load::Verdict::saturated) return;
  site.say("warning: no latency is to be read off this run, but that none of its requests failed is true: " + outcome.verdict_reason);
}

Result<void> print_service_events(DemoSite& site) {
  TRY(const auto found, site.aws().call<api::ecs::op::DescribeServices>(
                            {.cluster = site.stack.cluster, .services = std::vector{site.stack.service}}));
  std::cout << "\nThe service's event log:\n";
  auto events = found.services.value().at(0).events.value_or(std::vector<api::ecs::ServiceEvent>());
  for (auto event = events.rbegin(); event != events.rend(); ++event) {
    std::cout << "  " << to_iso8601(instant_from_ms(event->created_at->ms)) << " " << event->message.value_or("")
              << "\n";
  }
  return {};
}

}  // namespace cmd
