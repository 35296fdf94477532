#include "control/deployment/service_events.h"

#include <fmt/format.h>

namespace control::text {
namespace {
std::string list(const std::vector<std::string>& task_ids) {
  std::string text;
  for (const std::string& id : task_ids) text += fmt::format(" (task {})", id);
  return text;
}
}  // namespace

std::string prefixed(const std::string& service, const std::string& sentence) {
  return fmt::format("(service {}) {}", service, sentence);
}
std::string unable_to_place(const std::string& service, const std::string& reason) {
  return prefixed(service, fmt::format("was unable to place a task. Reason: {}", reason));
}
std::string started(const std::string& service, const std::vector<std::string>& task_ids) {
  return fmt::format("(service {}) has started {} tasks:{}.", service, task_ids.size(), list(task_ids));
}
std::string stopped(const std::string& service, const std::vector<std::string>& task_ids) {
  return fmt::format("(service {}) has stopped {} running tasks:{}.", service, task_ids.size(), list(task_ids));
}
std::string registered(const std::string& service, int targets, const std::string& group_arn) {
  return fmt::format("(service {}) registered {} targets in (target-group {})", service, targets, group_arn);
}
std::string deregistered(const std::string& service, int targets, const std::string& group_arn) {
  return fmt::format("(service {}) deregistered {} targets in (target-group {})", service, targets, group_arn);
}
std::string draining(const std::string& service, const std::string& deployment_id, int tasks) {
  return fmt::format("(service {}, taskSet {}) has begun draining connections on {} tasks.", service, deployment_id,
                     tasks);
}
std::string unhealthy_instance(const std::string& service, const std::string& instance_id, int port,
                               const std::string& group_arn, const std::string& reason) {
  return fmt::format("(service {}) (instance {}) (port {}) is unhealthy in (target-group {}) due to (reason {})",
                     service, instance_id, port, group_arn, reason);
}
std::string unhealthy_task(const std::string& service, const std::string& task_id, int port,
                           const std::string& group_arn, const std::string& reason) {
  return fmt::format("(service {}) (task {}) (port {}) is unhealthy in (target-group {}) due to (reason {})", service,
                     task_id, port, group_arn, reason);
}
std::string deployment_completed(const std::string& service, const std::string& deployment_id) {
  return fmt::format("(service {}) (deployment {}) deployment completed.", service, deployment_id);
}
std::string deployment_failed(const std::string& service, const std::string& deployment_id) {
  return fmt::format("(service {}) (deployment {}) deployment failed: tasks failed to start.", service, deployment_id);
}
std::string rolling_back(const std::string& service, const std::string& deployment_id) {
  return fmt::format("(service {}) rolling back to deployment {}.", service, deployment_id);
}
std::string steady(const std::string& service) { return prefixed(service, "has reached a steady state."); }
std::string blocked_by_percents(const std::string& service) {
  return prefixed(service,
                  "was unable to stop or start tasks during a deployment because of the service deployment "
                  "configuration. Update the minimumHealthyPercent or maximumPercent value and try again.");
}
std::string too_many_waiting(const std::string& service) {
  return prefixed(service,
                  "was unable to place tasks in your cluster because the tasks provisioning capacity limit was exceeded.");
}
std::string unable_to_start(const std::string& service) {
  return prefixed(service, "is unable to consistently start tasks successfully.");
}
std::string protected_tasks(const std::string& service, const std::string& deployment_id) {
  return fmt::format(
      "(service {}) was unable to reach steady state because task set ({}) was unable to scale in. Reason: The number "
      "of protected tasks are more than the desired count of tasks",
      service, deployment_id);
}

std::string rollout_in_progress(const std::string& deployment_id) {
  return fmt::format("ECS deployment {} in progress.", deployment_id);
}
std::string rollout_completed(const std::string& deployment_id) {
  return fmt::format("ECS deployment {} completed.", deployment_id);
}
std::string rollout_failed() { return "ECS deployment circuit breaker: tasks failed to start."; }
std::string rollout_back(const std::string& deployment_id) {
  return fmt::format("ECS deployment circuit breaker: rolling back to deploymentId {}.", deployment_id);
}

std::string stop_scaling(const std::string& deployment_id) {
  return fmt::format("Scaling activity initiated by (deployment {})", deployment_id);
}
std::string stop_target_unhealthy(const std::string& group_arn) {
  return fmt::format("Task failed ELB health checks in (target-group {})", group_arn);
}
std::string stop_host_terminated(const std::string& instance_id) {
  return fmt::format("Host EC2 (instance {}) terminated.", instance_id);
}

}  // namespace control::text
