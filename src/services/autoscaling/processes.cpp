// Suspended processes, and which metrics of itself a group publishes.
#include <fmt/format.h>

#include <algorithm>

#include "services/autoscaling/handlers.h"
#include "services/autoscaling/lookup.h"

namespace services::autoscaling {
namespace {

constexpr const char* kProcesses[] = {"AddToLoadBalancer", "AlarmNotification", "AZRebalance",
                                      "HealthCheck",       "InstanceRefresh",   "Launch",
                                      "ReplaceUnhealthy",  "ScheduledActions",  "Terminate"};
constexpr const char* kGroupMetrics[] = {"GroupMinSize",          "GroupMaxSize",          "GroupDesiredCapacity",
                                         "GroupInServiceInstances", "GroupPendingInstances", "GroupStandbyInstances",
                                         "GroupTerminatingInstances", "GroupTotalInstances"};

/// All of them when none is named.
template <std::size_t N>
Result<std::vector<std::string>> named(const std::vector<std::string>& given, const char* const (&known)[N],
                                       const char* what) {
  if (given.empty()) return std::vector<std::string>(std::begin(known), std::end(known));
  for (const std::string& one : given) {
    if (std::ranges::none_of(known, [&](const char* valid) { return one == valid; })) {
      return fail("ValidationError", fmt::format("Invalid {} '{}'. Valid are: {}.", what, one, fmt::join(known, ", ")));
    }
  }
  return given;
}

}  // namespace

Answer<op::SuspendProcesses> suspend_processes(Context& context, const op::SuspendProcesses::Input& in) {
  TRY(const model::AutoScalingGroup* group, find_group(context, *in.auto_scaling_group_name));
  TRY(const auto processes, named(in.scaling_processes.value_or(std::vector<std::string>()), kProcesses, "process"));
  context.state.auto_scaling_groups.update(std::string(group->name), [&](model::AutoScalingGroup& record) {
    for (const std::string& process : processes) {
      record.suspended.try_emplace(process, fmt::format("User suspended at {}Z", to_iso8601(context.now).substr(0, 19)));
    }
  });
  return {};
}

Answer<op::ResumeProcesses> resume_processes(Context& context, const op::ResumeProcesses::Input& in) {
  TRY(const model::AutoScalingGroup* group, find_group(context, *in.auto_scaling_group_name));
  TRY(const auto processes, named(in.scaling_processes.value_or(std::vector<std::string>()), kProcesses, "process"));
  context.state.auto_scaling_groups.update(std::string(group->name), [&](model::AutoScalingGroup& record) {
    for (const std::string& process : processes) record.suspended.erase(process);
  });
  return {};
}

Answer<op::EnableMetricsCollection> enable_metrics_collection(Context& context,
                                                              const op::EnableMetricsCollection::Input& in) {
  TRY(const model::AutoScalingGroup* group, find_group(context, *in.auto_scaling_group_name));
  if (*in.granularity != "1Minute") return fail("ValidationError", "The only valid Granularity is 1Minute.");
  TRY(const auto metrics, named(in.metrics.value_or(std::vector<std::string>()), kGroupMetrics, "metric"));
  context.state.auto_scaling_groups.update(std::string(group->name), [&](model::AutoScalingGroup& record) {
    for (const std::string& metric : metrics) {
      if (std::ranges::count(record.enabled_metrics, metric) == 0) record.enabled_metrics.push_back(metric);
    }
  });
  return {};
}

Answer<op::DisableMetricsCollection> disable_metrics_collection(Context& context,
                                                                const op::DisableMetricsCollection::Input& in) {
  TRY(const model::AutoScalingGroup* group, find_group(context, *in.auto_scaling_group_name));
  TRY(const auto metrics, named(in.metrics.value_or(std::vector<std::string>()), kGroupMetrics, "metric"));
  context.state.auto_scaling_groups.update(std::string(group->name), [&](model::AutoScalingGroup& record) {
    std::erase_if(record.enabled_metrics, [&](const auto& metric) { return std::ranges::count(metrics, metric) > 0; });
  });
  return {};
}

}  // namespace services::autoscaling
