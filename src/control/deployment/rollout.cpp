#include "control/deployment/rollout.h"

#include <algorithm>

#include "control/deployment/circuit_breaker.h"
#include "control/deployment/service_events.h"

namespace control {
namespace {

void count_failure(ServicePass& pass, model::Deployment& deployment) {
  pass.set(deployment.failed_tasks, deployment.failed_tasks + 1);
}

// Several starts of one moment fail together: only a task that was launched after the last delay makes it longer.
void throttle(ServicePass& pass, model::Deployment& deployment, Instant created_at) {
  if (created_at < deployment.next_launch_at) return;
  pass.set(deployment.launch_failures, deployment.launch_failures + 1);
  pass.set(deployment.next_launch_at, pass.now + pass.pace(launch_backoff(deployment.launch_failures)));
}

void account_end(ServicePass& pass, const model::Task& task) {
  pass.act(AccountTask{task.id});
  model::Deployment* deployment = pass.deployment(task.deployment_id);
  const bool by_itself = task.stop_code == text::kCodeFailedToStart || task.stop_code == text::kCodeEssentialExited;
  if (deployment == nullptr || !by_itself || task.first_healthy_at) return;
  count_failure(pass, *deployment);
  if (task.started_at) {
    pass.set(deployment->next_launch_at, std::max(deployment->next_launch_at, pass.now + pass.pace(kCrashPause)));
  } else {
    throttle(pass, *deployment, task.created_at);
  }
  // An older revision that never got healthy again is not worth a third try: its place goes to the new one.
  if (deployment->status == "ACTIVE" && deployment->desired_count > 0) {
    pass.set(deployment->desired_count, deployment->desired_count - 1);
  }
}

void account_health(ServicePass& pass, const Entry& entry) {
  model::Deployment* deployment = pass.deployment(entry.deployment_id);
  if (deployment == nullptr || !entry.running) return;
  pass.set(deployment->reached_running, true);
  if (deployment->launch_failures > 0 && entry.task->created_at >= deployment->next_launch_at) {
    pass.set(deployment->launch_failures, 0);
  }
  if (!entry.healthy || entry.task->first_healthy_at) return;
  pass.act(MarkHealthy{entry.task_id, pass.now});
  if (pass.service.deployment_configuration.circuit_breaker.reset_on_healthy_task) pass.set(deployment->failed_tasks, 0);
}

void set_rollout(ServicePass& pass, model::Deployment& deployment, const std::string& state,
                 const std::string& reason) {
  deployment.rollout_state = state;
  deployment.rollout_reason = reason;
  deployment.updated_at = pass.now;
  pass.changed = true;
}

void roll_back(ServicePass& pass) {
  model::Service& service = pass.service;
  const auto target = std::find_if(service.deployments.begin() + 1, service.deployments.end(),
                                   [](const model::Deployment& old) { return old.rollout_state == "COMPLETED"; });
  if (target == service.deployments.end()) return;  // nothing to go back to: it stalls (sheet A4)
  model::Deployment back = *target;
  service.deployments.erase(target);
  service.deployments.front().status = "ACTIVE";
  back.status = "PRIMARY";
  back.failed_tasks = back.launch_failures = 0;
  back.next_launch_at = {};
  service.task_definition_arn = back.task_definition_arn;
  service.load_balancers = back.load_balancers;
  service.placement_constraints = back.placement_constraints;
  service.placement_strategies = back.placement_strategies;
  service.capacity_strategy = back.capacity_strategy;
  service.launch_type = back.capacity_strategy.empty() ? back.launch_type : "";
  service.network = back.network;
  service.deployments.insert(service.deployments.begin(), back);
  set_rollout(pass, service.deployments.front(), "IN_PROGRESS", text::rollout_back(back.id));
  pass.event(text::rolling_back(service.name, back.id));
}

// A COMPLETED deployment stays, also without tasks, until a newer one completes: a rollback needs it.
void drop_empty_deployments(ServicePass& pass) {
  auto& deployments = pass.service.deployments;
  bool kept_completed = deployments.front().rollout_state == "COMPLETED";
  for (auto it = deployments.begin() + 1; it != deployments.end();) {
    const bool used = pass.count([&](const Entry& entry) { return entry.deployment_id == it->id; }) > 0;
    const bool keeps_for_rollback = !kept_completed && it->rollout_state == "COMPLETED";
    kept_completed = kept_completed || keeps_for_rollback;
    if (used || keeps_for_rollback) {
      ++it;
    } else {
      it = deployments.erase(it);
      pass.changed = true;
    }
  }
}

}  // namespace

void account(ServicePass& pass) {
  for (const model::Task* task : pass.view.stopped) {
    if (!task->accounted) account_end(pass, *task);
  }
  for (const Entry& entry : pass.entries) account_health(pass, entry);

  model::Deployment& primary = pass.service.deployments.front();
  if (primary.rollout_state == "IN_PROGRESS" && primary.rollout_reason.empty()) {
    set_rollout(pass, primary, "IN_PROGRESS", text::rollout_in_progress(primary.id));
  }
}

bool breaker_due(const ServicePass& pass, int desired) {
  const model::CircuitBreaker& breaker = pass.service.deployment_configuration.circuit_breaker;
  const model::Deployment& primary = pass.service.deployments.front();
  return breaker.enable && primary.rollout_state == "IN_PROGRESS" &&
         primary.failed_tasks >= breaker_threshold(breaker, desired);
}

void trip_breaker_if_due(ServicePass& pass, int desired) {
  if (!breaker_due(pass, desired)) return;
  model::Deployment& primary = pass.service.deployments.front();
  set_rollout(pass, primary, "FAILED", text::rollout_failed());
  pass.event(text::deployment_failed(pass.service.name, primary.id));
  if (pass.service.deployment_configuration.circuit_breaker.rollback) roll_back(pass);
}

void conclude(ServicePass& pass, int desired) {
  model::Deployment& primary = pass.service.deployments.front();
  const bool daemon = pass.service.scheduling_strategy == "DAEMON";
  int wanted = 0, good = 0, old = 0, stopping = 0;
  for (const Entry& entry : pass.entries) {
    const bool is_last = daemon && entry.node_draining;  // it is in no count, and goes when its node is empty
    if (!entry.wanted || is_last) ++stopping;
    if (!pass.primary(entry)) ++old;
    if (entry.wanted && !is_last) ++wanted;
    if (entry.keeps() && entry.healthy) ++good;
  }
  const bool settled = old == 0 && wanted == desired && good == desired;
  if (settled && primary.rollout_state == "IN_PROGRESS") {
    set_rollout(pass, primary, "COMPLETED", text::rollout_completed(primary.id));
    pass.event(text::deployment_completed(pass.service.name, primary.id));
  }
  // Asked of whichever is PRIMARY now, after a rollback.
  if (primary.launch_failures >= kFailuresToReport) pass.announce("starts", text::unable_to_start(pass.service.name));
  drop_empty_deployments(pass);

  const bool steady = settled && stopping == 0 && pass.service.deployments.front().rollout_state == "COMPLETED";
  if (steady && !pass.service.steady_since) {
    pass.set(pass.service.steady_since, std::optional<Instant>(pass.now));
    pass.event(text::steady(pass.service.name));
  } else if (!steady) {
    pass.set(pass.service.steady_since, std::optional<Instant>());
  }
}

}  // namespace control
