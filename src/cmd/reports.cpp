#include "cmd/reports.h"

#include <fmt/format.h>
#include <unistd.h>

#include <boost/json.hpp>

#include "control/alarms/reason.h"
#include "model/instance_type.h"

namespace cmd {

namespace json = boost::json;

std::string health_report(const state::State& state, const EngineFacts& facts) {
  json::object report;
  report["status"] = "running";
  report["version"] = SCALEOUT_VERSION;
  report["pid"] = getpid();
  report["state"] = facts.directory;
  report["runtime"] = std::string(facts.runtime);
  report["region"] = facts.region;
  report["time_scale"] = facts.time_scale;
  report["clusters"] = state.clusters.size();
  report["services"] = state.services.size();
  report["tasks"] = state.tasks.size();
  return json::serialize(report);
}

std::string usage_report(const state::State& state, const engine::Engine& engine, double cores_per_vcpu) {
  json::array tasks, nodes;
  std::map<std::string, std::pair<double, std::uint64_t>> by_instance;
  for (const auto& [id, task] : state.tasks.all()) {
    if (task.stopped()) continue;
    const engine::TaskUsage usage = engine.measurements().of_task(id);
    auto& sum = by_instance[task.instance_id];
    sum.first += usage.cores;
    sum.second += usage.memory_bytes;
    tasks.push_back({{"task", id},
                     {"cpu_units", usage.cores / cores_per_vcpu * 1024},
                     {"memory_mib", static_cast<double>(usage.memory_bytes) / (1 << 20)}});
  }
  for (const auto& [id, instance] : state.instances.all()) {
    if (instance.state != "running") continue;
    const auto& sum = by_instance[id];
    nodes.push_back({{"instance", id},
                     {"cpu_units", sum.first / cores_per_vcpu * 1024},
                     {"memory_mib", static_cast<double>(sum.second) / (1 << 20)}});
  }
  json::array listeners;
  for (const auto& [arn, listener] : state.listeners.all()) {
    const model::LoadBalancer* balancer = state.load_balancers.find(listener.load_balancer_arn);
    listeners.push_back({{"listener", arn},
                         {"load_balancer", balancer ? balancer->name : ""},
                         {"address", balancer ? balancer->address : ""},
                         {"port", listener.port},
                         {"bound_port", listener.bound_port},
                         {"error", listener.bind_error}});
  }
  return json::serialize(json::object{{"tasks", tasks}, {"nodes", nodes}, {"listeners", listeners}});
}

namespace {

/// Milliseconds left; null when it is over or there is none.
json::value left(const std::optional<model::LastScaling>& last, Instant now) {
  if (!last || last->cooldown_until <= now) return nullptr;
  return (last->cooldown_until - now).count();
}

json::object evaluation_json(const model::Alarm& alarm, const control::Evaluation& evaluation) {
  json::array points;
  for (const control::AlarmPoint& point : evaluation.points) {
    points.push_back(point.value ? json::value(control::breaches(alarm, *point.value)) : json::value(nullptr));
  }
  return {{"name", alarm.name},
          {"at", to_ms(evaluation.at)},
          {"state", evaluation.state},
          {"value", evaluation.value ? json::value(*evaluation.value) : json::value(nullptr)},
          {"breaching", evaluation.breaching},
          {"needed", evaluation.needed},
          {"points", points}};
}

}  // namespace

std::string scaling_report(const state::State& state, const engine::Engine& engine, Instant now) {
  json::array alarms, targets;
  for (const auto& [name, evaluation] : engine.evaluations()) {
    if (const model::Alarm* alarm = state.alarms.find(name)) alarms.push_back(evaluation_json(*alarm, evaluation));
  }
  for (const auto& [key, target] : state.scalable_targets.all()) {
    targets.push_back({{"resource", target.resource_id},
                       {"out_cooldown_ms", left(target.last_out, now)},
                       {"in_cooldown_ms", left(target.last_in, now)}});
  }
  return json::serialize(json::object{{"alarms", alarms}, {"targets", targets}});
}

std::string metrics_report(const state::State& state, const engine::Engine& engine) {
  std::map<std::pair<std::string, std::string>, std::pair<int, int>> counts;  // running, pending
  for (const auto& [id, task] : state.tasks.all()) {
    if (task.stopped() || task.service.empty()) continue;
    auto& count = counts[{task.cluster, task.service}];
    ++(task.last_status == "RUNNING" ? count.first : count.second);
  }
  std::string text = "# TYPE scaleout_service_tasks gauge\n";
  for (const auto& [service, count] : counts) {
    text += fmt::format(
        "scaleout_service_tasks{{cluster=\"{0}\",service=\"{1}\",status=\"running\"}} {2}\n"
        "scaleout_service_tasks{{cluster=\"{0}\",service=\"{1}\",status=\"pending\"}} {3}\n",
        service.first, service.second, count.first, count.second);
  }
  text += "# TYPE scaleout_requests_total counter\n";
  for (const auto& [key, requests] : engine.measurements().requests()) {
    const std::string labels = fmt::format("load_balancer=\"{}\",target_group=\"{}\"", key.first, key.second);
    text += fmt::format(
        "scaleout_requests_total{{{0},by=\"target\",code=\"2xx\"}} {1}\n"
        "scaleout_requests_total{{{0},by=\"target\",code=\"3xx\"}} {2}\n"
        "scaleout_requests_total{{{0},by=\"target\",code=\"4xx\"}} {3}\n"
        "scaleout_requests_total{{{0},by=\"target\",code=\"5xx\"}} {4}\n"
        "scaleout_requests_total{{{0},by=\"balancer\",code=\"4xx\"}} {5}\n"
        "scaleout_requests_total{{{0},by=\"balancer\",code=\"5xx\"}} {6}\n",
        labels, requests.target_2xx, requests.target_3xx, requests.target_4xx, requests.target_5xx, requests.elb_4xx,
        requests.elb_5xx);
  }
  text += fmt::format("# TYPE scaleout_balancer_restarts_total counter\nscaleout_balancer_restarts_total {}\n",
                      engine.measurements().balancer_restarts());
  return text;
}

}  // namespace cmd
