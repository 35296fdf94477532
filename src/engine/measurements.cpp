#include "engine/measurements.h"

#include <algorithm>

namespace engine {

void Measurements::add(const drivers::Usage& usage) {
  ContainerSeen& seen = seen_[usage.task_id][usage.container];
  TaskUsage& last = seen.usage;
  seen.before = last;
  const auto elapsed = std::chrono::duration<double>(usage.at - last.at).count();
  if (last.at != Instant{} && elapsed > 0 && usage.cpu_ns >= last.cpu_ns) {
    last.cores = static_cast<double>(usage.cpu_ns - last.cpu_ns) / 1e9 / elapsed;
  }
  last.at = usage.at;
  last.cpu_ns = usage.cpu_ns;
  last.memory_bytes = usage.memory_bytes;
  last.network_rx_bytes = usage.network_rx_bytes;
  last.network_tx_bytes = usage.network_tx_bytes;
}

void Measurements::add(const drivers::ContainerStarted& started) {
  ContainerSeen& seen = seen_[started.task_id][started.container];
  seen.started_at = started.at;
  seen.address = started.address;
}

void Measurements::add(const drivers::ContainerExited& exited) {
  if (exited.exit_code) seen_[exited.task_id][exited.container].ended_at = exited.at;
}

void Measurements::add(const balancer::Traffic& traffic) {
  Requests& sum = requests_[{traffic.load_balancer_id, traffic.group_id}];
  sum.total += traffic.requests;
  sum.target_2xx += traffic.target_2xx;
  sum.target_3xx += traffic.target_3xx;
  sum.target_4xx += traffic.target_4xx;
  sum.target_5xx += traffic.target_5xx;
  sum.elb_4xx += traffic.elb_4xx;
  sum.elb_5xx += traffic.elb_500 + traffic.elb_502 + traffic.elb_503 + traffic.elb_504;
  sum.connection_errors += traffic.connection_errors;
}

void Measurements::forget_task(const std::string& task_id) { seen_.erase(task_id); }

TaskUsage Measurements::of_task(const std::string& task_id) const {
  TaskUsage sum;
  const auto found = seen_.find(task_id);
  if (found == seen_.end()) return sum;
  for (const auto& [container, seen] : found->second) {
    const TaskUsage& usage = seen.usage;
    sum.at = std::max(sum.at, usage.at);
    sum.cpu_ns += usage.cpu_ns;
    sum.cores += usage.cores;
    sum.memory_bytes += usage.memory_bytes;
  }
  return sum;
}

const ContainerSeen* Measurements::of_container(const std::string& task_id, const std::string& container) const {
  const auto task = seen_.find(task_id);
  if (task == seen_.end()) return nullptr;
  const auto found = task->second.find(container);
  return found == task->second.end() ? nullptr : &found->second;
}

}  // namespace engine
