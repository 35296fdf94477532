#include "control/deployment/service_scheduler.h"

#include <algorithm>

#include "control/deployment/daemon.h"
#include "control/deployment/replica.h"
#include "control/deployment/rollout.h"
#include "control/deployment/service_events.h"

namespace control {
namespace {

// A deleted service: its tasks are stopped, and it is INACTIVE once the last has ended.
void wind_down(ServicePass& pass) {
  for (Entry& entry : pass.entries) {
    if (!entry.wanted) continue;
    pass.stop(entry, text::stop_scaling(entry.deployment_id));
  }
  pass.set(pass.service.desired_count, 0);
  if (pass.entries.empty()) {
    pass.service.status = "INACTIVE";
    pass.service.deployments.clear();
    pass.service.steady_since.reset();
    pass.changed = true;
  }
}

// What each deployment is to have: the PRIMARY all; older ones keep what they had, less what the rollout stopped.
void update_desired_counts(ServicePass& pass, int desired) {
  pass.set(pass.service.deployments.front().desired_count, desired);
  for (std::size_t i = 1; i < pass.service.deployments.size(); ++i) {
    model::Deployment& old = pass.service.deployments[i];
    // An unhealthy task and its replacement hold one place between them: to count both would hand back every place
    // that a failure gives up, and a revision that is never healthy would be restored for ever.
    int given_up = 0, there = 0, kept = 0;
    for (const Entry& entry : pass.entries) {
      if (entry.deployment_id != old.id) continue;
      if (entry.wanted) ++there;
      if (entry.keeps()) ++kept;
      if (entry.wanted || entry.task == nullptr || !entry.task->wanted()) continue;
      const bool counted = entry.unhealthy && !entry.task->first_healthy_at;  // by ServicePass::stop_unhealthy
      if (!counted) ++given_up;
    }
    int wanted = std::max(kept, old.desired_count - given_up);
    // Only a proven revision is replaced by itself; another one has what it has.
    if (old.rollout_state != "COMPLETED") wanted = kept = there;
    pass.set(old.desired_count, std::min(wanted, std::max(kept, desired)));
  }
}

}  // namespace

int lower_bound_of(int desired, int minimum_healthy_percent) {
  return static_cast<int>((static_cast<std::int64_t>(desired) * minimum_healthy_percent + 99) / 100);
}
int upper_bound_of(int desired, int maximum_percent) {
  return static_cast<int>(static_cast<std::int64_t>(desired) * maximum_percent / 100);
}

ServiceDecision reconcile(const ServiceView& view, Instant now, Pace pace, Random& random) {
  ServicePass pass(view, now, pace, random);
  if (pass.service.status == "INACTIVE") return {};
  if (pass.service.status == "DRAINING" || pass.service.deployments.empty()) {
    for (const model::Task* task : view.stopped) pass.act(AccountTask{task->id});
    if (pass.service.status == "DRAINING") wind_down(pass);
    return pass.finish();
  }
  const bool daemon = pass.service.scheduling_strategy == "DAEMON";
  if (daemon) pass.set(pass.service.desired_count, daemon_nodes(pass));
  const int desired = pass.service.desired_count;

  account(pass);
  trip_breaker_if_due(pass, desired);
  if (daemon) {
    schedule_daemons(pass, desired);
  } else {
    schedule_replicas(pass, desired);
  }
  // A stop for ill health is a failure of its deployment: it may be the one too many.
  const std::string primary_id = pass.service.deployments.front().id;
  trip_breaker_if_due(pass, desired);
  if (pass.service.deployments.front().id != primary_id && !daemon) schedule_replicas(pass, desired);
  update_desired_counts(pass, desired);
  conclude(pass, desired);
  return pass.finish();
}

}  // namespace control
