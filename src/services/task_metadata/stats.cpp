#include "services/task_metadata/stats.h"

#include <algorithm>

namespace services::task_metadata {

namespace json = boost::json;

namespace {

/// A client's share of the CPU is the growth of total_usage over that of system_cpu_usage, times online_cpus.
json::object cpu_stats(const Sources& sources, const Sample& sample) {
  const Duration up = sample.at - sources.booted_at;
  return {{"cpu_usage", {{"total_usage", sample.cpu_ns}}},
          {"system_cpu_usage", static_cast<std::uint64_t>(std::chrono::nanoseconds(up).count()) * sources.cores},
          {"online_cpus", sources.cores}};
}

std::optional<MiB> memory_limit(const state::State& state, const model::Task& task, const std::string& container) {
  const auto* definition = state.task_definitions.find(model::TaskDefinition::key_of(task.task_definition_arn));
  if (!definition) return std::nullopt;
  const auto given = std::ranges::find(definition->containers, container, &model::ContainerDefinition::name);
  if (given != definition->containers.end() && given->memory) return given->memory;
  return definition->memory;
}

json::object rate(const Sample& last, const Sample& before) {
  const double elapsed = std::chrono::duration<double>(last.at - before.at).count();
  const auto per_second = [elapsed](std::uint64_t now, std::uint64_t then) {
    return elapsed > 0 && now >= then ? static_cast<double>(now - then) / elapsed : 0.0;
  };
  return {{"rx_bytes_per_sec", per_second(last.network_rx_bytes, before.network_rx_bytes)},
          {"tx_bytes_per_sec", per_second(last.network_tx_bytes, before.network_tx_bytes)}};
}

}  // namespace

json::value stats_json(const state::State& state, const Sources& sources, const model::Task& task,
                       const model::Container& container) {
  const Observed observed = sources.observed ? sources.observed(task.id, container.name) : Observed();
  if (!observed.last || container.last_status != "RUNNING") return nullptr;
  const Sample& last = *observed.last;
  json::object out;
  out["read"] = to_iso8601(last.at);
  if (observed.before) out["preread"] = to_iso8601(observed.before->at);
  out["id"] = container.runtime_id;
  out["name"] = "/" + (sources.docker_name ? sources.docker_name(task, container.name) : container.name);
  out["cpu_stats"] = cpu_stats(sources, last);
  if (observed.before) out["precpu_stats"] = cpu_stats(sources, *observed.before);
  json::object& memory = out["memory_stats"].emplace_object();
  memory["usage"] = last.memory_bytes;  // the working set: no page cache has to be taken off
  memory["stats"].emplace_object();
  if (const auto limit = memory_limit(state, task, container.name)) memory["limit"] = limit->value << 20;
  // A container of the machine's own network has no traffic of its own to count.
  if (last.network_rx_bytes == 0 && last.network_tx_bytes == 0) return out;
  out["networks"] = {{"eth0", {{"rx_bytes", last.network_rx_bytes}, {"tx_bytes", last.network_tx_bytes}}}};
  if (observed.before) out["network_rate_stats"] = rate(last, *observed.before);
  return out;
}

}  // namespace services::task_metadata
