// The texts of service events and stop reasons, as AWS writes them (sheet A1, A7). Called by the scheduler and the task
// lifecycle; no other place writes them.
#pragma once

#include <string>
#include <vector>

namespace control::text {

/// "(service web) has started 2 tasks: (task a) (task b)."
std::string started(const std::string& service, const std::vector<std::string>& task_ids);
std::string stopped(const std::string& service, const std::vector<std::string>& task_ids);
std::string registered(const std::string& service, int targets, const std::string& group_arn);
std::string deregistered(const std::string& service, int targets, const std::string& group_arn);
std::string draining(const std::string& service, const std::string& deployment_id, int tasks);
std::string unhealthy_instance(const std::string& service, const std::string& instance_id, int port,
                               const std::string& group_arn, const std::string& reason);
std::string unhealthy_task(const std::string& service, const std::string& task_id, int port,
                           const std::string& group_arn, const std::string& reason);
std::string deployment_completed(const std::string& service, const std::string& deployment_id);
std::string deployment_failed(const std::string& service, const std::string& deployment_id);
std::string rolling_back(const std::string& service, const std::string& deployment_id);
std::string steady(const std::string& service);
std::string blocked_by_percents(const std::string& service);
std::string too_many_waiting(const std::string& service);
std::string unable_to_start(const std::string& service);
std::string protected_tasks(const std::string& service, const std::string& deployment_id);
/// Tasks on Fargate, or with an address of their own: no node is the reason.
std::string unable_to_place(const std::string& service, const std::string& reason);
/// A Refusal's event_text behind the prefix.
std::string prefixed(const std::string& service, const std::string& sentence);

std::string rollout_in_progress(const std::string& deployment_id);
std::string rollout_completed(const std::string& deployment_id);
std::string rollout_failed();
std::string rollout_back(const std::string& deployment_id);

std::string stop_scaling(const std::string& deployment_id);
std::string stop_target_unhealthy(const std::string& group_arn);
inline constexpr const char* kStopContainerUnhealthy = "Task failed container health checks";
inline constexpr const char* kEssentialExited = "Essential container in task exited";
inline constexpr const char* kNoAddress =
    "Every address that this engine has for tasks of network mode awsvpc is in use. Stop tasks of that mode.";
inline constexpr const char* kNoSubnet =
    "The service has no subnet for tasks of network mode awsvpc. Update its network configuration.";
inline constexpr const char* kFailedToStart = "Task failed to start";
std::string stop_host_terminated(const std::string& instance_id);

inline constexpr const char* kCodeFailedToStart = "TaskFailedToStart";
inline constexpr const char* kCodeEssentialExited = "EssentialContainerExited";
inline constexpr const char* kCodeScheduler = "ServiceSchedulerInitiated";
inline constexpr const char* kCodeUser = "UserInitiated";
inline constexpr const char* kCodeTermination = "TerminationNotice";

}  // namespace control::text
