#include "engine/metric_publisher.h"

#include <algorithm>
#include <utility>

#include "control/autoscaling/group_scaling.h"
#include "model/instance_type.h"

namespace engine {

namespace {

constexpr double kMiB = 1 << 20;
// Readings come each second. Two that are further apart have something unmeasured between them.
constexpr Duration kGap{10'000};
// A task that was read up to here before the period's end ran all of it, as far as readings can tell.
constexpr double kReadingInterval = 1.5;
constexpr std::size_t kDistinctValues = 150;  // as PutMetricData allows

Instant end_of_period(Instant at, Duration period) {
  return instant_from_ms((to_ms(at) / period.count() + 1) * period.count());
}

std::map<std::string, std::string> service_dimensions(const std::string& cluster, const std::string& service) {
  return {{"ClusterName", cluster}, {"ServiceName", service}};
}

}  // namespace

model::Datapoint summarize(std::vector<double> samples, Instant at, std::string unit) {
  std::ranges::sort(samples);
  model::Datapoint point{.at = at,
                         .sample_count = static_cast<double>(samples.size()),
                         .minimum = samples.empty() ? 0 : samples.front(),
                         .maximum = samples.empty() ? 0 : samples.back(),
                         .unit = std::move(unit)};
  for (const double value : samples) {
    point.sum += value;
    if (!point.values.empty() && point.values.back().first == value) {
      ++point.values.back().second;
    } else {
      point.values.emplace_back(value, 1);
    }
  }
  if (point.values.size() > kDistinctValues) point.values.clear();
  return point;
}

void MetricPublisher::Minute::put(std::string space, std::string name, std::map<std::string, std::string> dimensions,
                                  double value, std::string unit) {
  metrics_.put({std::move(space), std::move(name), std::move(dimensions)}, summarize({value}, start_, std::move(unit)));
}

void MetricPublisher::started(const drivers::ContainerStarted& started) {
  Reading& reading = tasks_[started.task_id].containers[started.container];
  if (reading.at == Instant{}) reading.at = started.at;  // its counter stood at zero then
}

void MetricPublisher::add(const drivers::Usage& usage) {
  TaskUse& task = tasks_[usage.task_id];
  const Reading last = std::exchange(task.containers[usage.container], {usage.at, usage.cpu_ns, usage.memory_bytes});
  if (last.at == Instant{} || usage.at <= last.at || usage.at - last.at > kGap || usage.cpu_ns < last.cpu_ns) return;
  const double used = static_cast<double>(usage.cpu_ns - last.cpu_ns) / 1e9;
  task.minute.cpu_seconds += used;
  task.fine.cpu_seconds += used;
  // The containers of a task are read one after another: what they cover together is counted once.
  const Instant from = std::max(last.at, task.covered_until);
  if (usage.at <= from) return;
  task.covered_until = usage.at;
  const double covered = std::chrono::duration<double>(usage.at - from).count();
  double memory = 0;
  for (const auto& [name, reading] : task.containers) {
    if (usage.at - reading.at < kGap) memory += static_cast<double>(reading.memory);
  }
  for (Use* window : {&task.minute, &task.fine}) {
    window->covered += covered;
    window->memory += memory * covered;
  }
}

Instant MetricPublisher::next() const { return std::min(minute_end_, fine_end_); }

void MetricPublisher::begin(Instant now) {
  minute_end_ = end_of_period(now, settings_.pace(seconds(60)));
  fine_end_ = end_of_period(now, settings_.pace(seconds(20)));
  minute_began_ = fine_began_ = now;
}

bool MetricPublisher::publish(Instant now) {
  if (minute_end_ == kNever) {
    begin(now);
    return false;
  }
  bool published = false;
  if (now >= fine_end_) {
    // Late by whole periods (the machine slept): what was read belongs to the newest one, the others stay empty.
    const Duration period = settings_.pace(seconds(20));
    const Instant end = end_of_period(now, period) - period;
    const double elapsed = std::chrono::duration<double>(now - fine_began_).count();
    const std::vector<TaskSample> tasks = samples(&TaskUse::fine, elapsed);
    publish_services(tasks, end - period, true);
    publish_nodes(tasks, end - period, true);
    for (auto& [id, task] : tasks_) task.fine = {};
    fine_began_ = now;
    fine_end_ = end + period;
    published = true;
  }
  if (now >= minute_end_) {
    const Duration period = settings_.pace(seconds(60));
    const Instant end = end_of_period(now, period) - period;
    const Instant start = end - period;
    const double elapsed = std::chrono::duration<double>(now - minute_began_).count();
    const std::vector<TaskSample> tasks = samples(&TaskUse::minute, elapsed);
    publish_services(tasks, start, false);
    publish_nodes(tasks, start, false);
    publish_clusters(tasks, start);
    publish_insights(tasks, start);
    publish_traffic(start, elapsed);
    publish_hosts(start);
    for (const auto& source : sources_) {
      Minute minute(metrics_, start);
      source(minute);
    }
    forget_ended();
    for (auto& [id, task] : tasks_) task.minute = {};
    requests_.clear();
    minute_began_ = now;
    minute_end_ = end + period;
    published = true;
  }
  return published;
}

/// Tasks that were read in the period. One that ended in it counts if it ran for half of it or more: the agent, which
/// reports thrice a minute, would have told of it.
std::vector<MetricPublisher::TaskSample> MetricPublisher::samples(Use TaskUse::*window, double elapsed) const {
  std::vector<TaskSample> found;
  for (const auto& [id, use] : tasks_) {
    const Use& used = use.*window;
    const model::Task* task = state_.tasks.find(id);
    if (!task || used.covered <= 0) continue;
    const double share = used.covered + kReadingInterval >= elapsed ? 1 : used.covered / elapsed;
    if (task->stopped() && used.covered < elapsed / 2) continue;
    found.push_back({task, used.cpu_seconds / used.covered, share, used.memory / used.covered});
  }
  return found;
}

std::vector<const model::Task*> MetricPublisher::unread(const std::vector<TaskSample>& tasks, Instant began) const {
  std::set<const model::Task*> read;
  for (const TaskSample& sample : tasks) read.insert(sample.task);
  std::vector<const model::Task*> found;
  for (const auto& [id, task] : state_.tasks.all())
    if (task.last_status == "RUNNING" && task.started_at && *task.started_at < began && !read.contains(&task)) found.push_back(&task);
  return found;
}

void MetricPublisher::publish_services(const std::vector<TaskSample>& tasks, Instant start, bool fine) {
  struct Samples {
    std::vector<double> cpu, memory;
  };
  std::map<std::pair<std::string, std::string>, Samples> services;
  for (const TaskSample& sample : tasks) {
    const model::Task& task = *sample.task;
    if (task.service.empty()) continue;
    Samples& service = services[{task.cluster, task.service}];
    // Without a reservation there is nothing that 100 % could be of.
    if (task.cpu.value > 0) service.cpu.push_back(100 * units(sample.cores) / static_cast<double>(task.cpu.value));
    if (task.memory.value > 0) {
      service.memory.push_back(100 * sample.memory / (static_cast<double>(task.memory.value) * kMiB));
    }
  }
  for (auto& [key, samples] : services) {
    const model::Service* service = state_.services.find(key.first + "/" + key.second);
    const auto publish = [&](const std::string& name, std::vector<double> values) {
      // A metric that is published each 20 s makes the minute of those; a second datapoint would count its tasks twice.
      const bool wants_fine = service && std::ranges::count(service->fine_metrics, name) > 0;
      if (values.empty() || wants_fine != fine) return;
      metrics_.put({"AWS/ECS", name, service_dimensions(key.first, key.second)},
                   summarize(std::move(values), start, "Percent"));
    };
    publish("CPUUtilization", std::move(samples.cpu));
    publish("MemoryUtilization", std::move(samples.memory));
  }
}

/// A policy of the group follows its CPU at high resolution: then the group's datapoints come each 20 s.
bool MetricPublisher::wants_fine(const std::string& group) const {
  for (const std::string& arn : state_.policies_by_group.keys(group)) {
    const model::ScalingPolicy& policy = *state_.scaling_policies.find(arn);
    if (policy.tracking && policy.tracking->predefined_metric == "ASGAverageCPUUtilizationHighResolution") return true;
  }
  return false;
}

/// Seconds until an instance is in its group's CPU (sheet F): the shortest warm-up of the policies that follow that, so
/// that none takes an instance for measured that is not; without any the group's own.
int MetricPublisher::warmup_of(const model::AutoScalingGroup& group) const {
  const model::MetricName cpu{"AWS/EC2", "CPUUtilization", {{"AutoScalingGroupName", group.name}}};
  std::optional<int> shortest;
  for (const std::string& arn : state_.policies_by_group.keys(group.name)) {
    const model::ScalingPolicy& policy = *state_.scaling_policies.find(arn);
    if (!policy.enabled || policy.type == "SimpleScaling") continue;
    const bool follows = std::ranges::any_of(state_.alarms_by_policy.keys(arn), [&](const std::string& alarm) {
      return state_.alarms.find(alarm)->metric == cpu;
    });
    if (!follows) continue;
    const int warmup = control::instance_warmup(group, &policy);
    shortest = std::min(shortest.value_or(warmup), warmup);
  }
  return shortest.value_or(control::instance_warmup(group, nullptr));
}

/// A node is as busy as its tasks make it: the engine and other programs of this machine are none of its business.
void MetricPublisher::publish_nodes(const std::vector<TaskSample>& tasks, Instant start, bool fine) {
  std::set<std::string> unknown;
  for (const model::Task* task : unread(tasks, fine ? fine_began_ : minute_began_)) unknown.insert(task->instance_id);
  std::map<std::string, double> cores;
  for (const TaskSample& sample : tasks) cores[sample.task->instance_id] += sample.cores * sample.share;
  // An instance that warms up is in no aggregate of its group (sheet F), unless there is nothing else in it.
  std::map<std::string, std::vector<double>> groups, young;
  std::map<std::string, int> warmups;
  const Instant end = start + settings_.pace(seconds(fine ? 20 : 60));
  for (const auto& [id, instance] : state_.instances.all()) {
    const model::InstanceType* type = model::find_instance_type(instance.instance_type);
    if (instance.state != "running" || !type || unknown.contains(id)) continue;
    const double busy = std::min(100.0, 100 * cores[id] / (type->vcpus * settings_.cores_per_vcpu));
    if (!fine) metrics_.put({"AWS/EC2", "CPUUtilization", {{"InstanceId", id}}}, summarize({busy}, start, "Percent"));
    if (instance.group.empty() || wants_fine(instance.group) != fine) continue;
    const auto* group = state_.auto_scaling_groups.find(instance.group);
    if (group && !warmups.contains(group->name)) warmups[group->name] = warmup_of(*group);
    const bool warming = group && control::is_warming(instance, warmups[group->name], end, settings_.pace);
    (warming ? young : groups)[instance.group].push_back(busy);
  }
  for (auto& [group, busy] : young) groups.try_emplace(group, std::move(busy));
  for (auto& [group, busy] : groups) {
    metrics_.put({"AWS/EC2", "CPUUtilization", {{"AutoScalingGroupName", group}}},
                 summarize(std::move(busy), start, "Percent"));
  }
}

void MetricPublisher::publish_clusters(const std::vector<TaskSample>& tasks, Instant start) {
  struct Sums {
    double cpu = 0, memory = 0, cpu_reserved = 0, memory_reserved = 0, cpu_used = 0, memory_used = 0;
  };
  std::map<std::string, Sums> clusters;
  for (const auto& [id, node] : state_.container_instances.all()) {
    if (node.status != "ACTIVE" && node.status != "DRAINING") continue;
    Sums& cluster = clusters[node.cluster];
    cluster.cpu += static_cast<double>(node.cpu.value);
    cluster.memory += static_cast<double>(node.memory.value);
    for (const std::string& key : state_.tasks_by_container_instance.keys(id)) {
      const model::Task* task = state_.tasks.find(key);
      if (task->stopped()) continue;
      cluster.cpu_reserved += static_cast<double>(task->cpu.value);
      cluster.memory_reserved += static_cast<double>(task->memory.value);
    }
  }
  for (const TaskSample& sample : tasks) {
    if (sample.task->serverless()) continue;  // no node of the cluster has it
    Sums& cluster = clusters[sample.task->cluster];
    cluster.cpu_used += units(sample.cores) * sample.share;
    cluster.memory_used += sample.memory * sample.share / kMiB;
  }
  std::set<std::string> unknown;
  for (const model::Task* task : unread(tasks, minute_began_))
    if (!task->serverless()) unknown.insert(task->cluster);
  for (const auto& [name, sums] : clusters) {
    const auto put = [&, &cluster = name](const char* metric, double part, double whole) {
      if (whole <= 0) return;
      metrics_.put({"AWS/ECS", metric, {{"ClusterName", cluster}}}, summarize({100 * part / whole}, start, "Percent"));
    };
    if (!unknown.contains(name)) {
      put("CPUUtilization", sums.cpu_used, sums.cpu);
      put("MemoryUtilization", sums.memory_used, sums.memory);
    }
    put("CPUReservation", sums.cpu_reserved, sums.cpu);
    put("MemoryReservation", sums.memory_reserved, sums.memory);
  }
}

/// A task that ended is kept to its period's end: what it used counts.
void MetricPublisher::forget_ended() {
  std::erase_if(tasks_, [&](const auto& entry) {
    const model::Task* task = state_.tasks.find(entry.first);
    return !task || task->stopped();
  });
}

}  // namespace engine
