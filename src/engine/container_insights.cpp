// The ECS/ContainerInsights metrics of clusters that ask for them: what tasks use and reserve, one sample a task, and how many
// there are. Not published: network and storage, which nobody measures here, and instance_*, which the CloudWatch agent
// makes at AWS.
#include "engine/metric_publisher.h"

namespace engine {

namespace {

constexpr double kMiB = 1 << 20;
constexpr const char* kSpace = "ECS/ContainerInsights";

struct Used {
  std::vector<double> cpu, cpu_reserved, memory, memory_reserved;
};

struct Counts {
  int running = 0, pending = 0;
};

}  // namespace

void MetricPublisher::publish_insights(const std::vector<TaskSample>& tasks, Instant start) {
  using Dimensions = std::map<std::string, std::string>;
  const auto watched = [&](const std::string& cluster) {
    const model::Cluster* record = state_.clusters.find(cluster);
    return record && record->status == "ACTIVE" && record->container_insights;
  };
  const auto put = [&](const char* name, const Dimensions& dimensions, std::vector<double> values, const char* unit) {
    metrics_.put({kSpace, name, dimensions}, summarize(std::move(values), start, unit));
  };
  const auto count = [&](const char* name, const Dimensions& dimensions, std::size_t value) {
    put(name, dimensions, {static_cast<double>(value)}, "Count");
  };

  std::map<Dimensions, Used> used;
  for (const TaskSample& sample : tasks) {
    const model::Task& task = *sample.task;
    if (!watched(task.cluster)) continue;
    const model::TaskDefinition* definition = state_.task_definitions.find(model::TaskDefinition::key_of(task.task_definition_arn));
    std::vector<Dimensions> all{{{"ClusterName", task.cluster}}};
    if (!task.service.empty()) all.push_back({{"ClusterName", task.cluster}, {"ServiceName", task.service}});
    if (definition) all.push_back({{"ClusterName", task.cluster}, {"TaskDefinitionFamily", definition->family}});
    for (const Dimensions& dimensions : all) {
      Used& sums = used[dimensions];
      sums.cpu.push_back(units(sample.cores));
      sums.memory.push_back(sample.memory / kMiB);
      if (task.cpu.value > 0) sums.cpu_reserved.push_back(static_cast<double>(task.cpu.value));
      if (task.memory.value > 0) sums.memory_reserved.push_back(static_cast<double>(task.memory.value));
    }
  }
  for (auto& [dimensions, sums] : used) {
    put("CpuUtilized", dimensions, std::move(sums.cpu), "None");
    put("MemoryUtilized", dimensions, std::move(sums.memory), "Megabytes");
    if (!sums.cpu_reserved.empty()) put("CpuReserved", dimensions, std::move(sums.cpu_reserved), "None");
    if (!sums.memory_reserved.empty()) put("MemoryReserved", dimensions, std::move(sums.memory_reserved), "Megabytes");
  }

  for (const auto& [name, cluster] : state_.clusters.all()) {
    if (!watched(name)) continue;
    const Dimensions own{{"ClusterName", name}};
    std::size_t running = 0, services = 0;
    std::map<std::string, Counts> by_service;
    for (const std::string& id : state_.tasks_by_cluster.keys(name)) {
      const model::Task& task = *state_.tasks.find(id);
      if (task.stopped()) continue;
      const bool runs = task.last_status == "RUNNING";
      running += runs ? 1 : 0;
      if (!task.service.empty()) ++(runs ? by_service[task.service_key()].running : by_service[task.service_key()].pending);
    }
    for (const std::string& key : state_.services_by_cluster.keys(name)) {
      const model::Service& service = *state_.services.find(key);
      if (service.status == "INACTIVE") continue;
      ++services;
      const Dimensions pair{{"ClusterName", name}, {"ServiceName", service.name}};
      const Counts counts = by_service[key];
      count("DesiredTaskCount", pair, static_cast<std::size_t>(service.desired_count));
      count("RunningTaskCount", pair, static_cast<std::size_t>(counts.running));
      count("PendingTaskCount", pair, static_cast<std::size_t>(counts.pending));
      count("DeploymentCount", pair, service.deployments.size());
      count("TaskSetCount", pair, 0);
    }
    count("ContainerInstanceCount", own, state_.container_instances_by_cluster.keys(name).size());
    count("ServiceCount", own, services);
    count("TaskCount", own, running);
  }
}

}  // namespace engine
