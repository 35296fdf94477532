#include "drivers/docker/container_config.h"

#include <fmt/format.h>

#include <algorithm>

#include "drivers/dependencies.h"
#include "drivers/docker/engine_api.h"
#include "drivers/docker/network_holder.h"
#include "drivers/spec_json.h"

namespace drivers::docker {
namespace json = boost::json;

namespace {
json::array texts(const std::vector<std::string>& list) {
  json::array array;
  for (const std::string& text : list) array.emplace_back(text);
  return array;
}

std::int64_t nanoseconds(Duration duration) { return std::chrono::nanoseconds(duration).count(); }

json::object health_check(const std::optional<HealthCheck>& check) {
  // Only the definition's check counts: an image's own is switched off (ECS does the same).
  if (!check || check->command.empty()) return {{"Test", json::array{"NONE"}}};
  json::object config{{"Test", texts(check->command)},
                      {"Interval", nanoseconds(std::max(check->interval, Duration(1)))},
                      {"Timeout", nanoseconds(std::max(check->timeout, Duration(1)))},
                      {"Retries", check->retries}};
  if (check->start_period.count() > 0) config["StartPeriod"] = nanoseconds(check->start_period);
  return config;
}

std::string port_key(const PortBinding& port) { return fmt::format("{}/{}", port.container_port, port.protocol); }

/// Its ports are the holder's to publish.
bool joins_holder(const TaskSpec& task, const ContainerSpec& container) {
  return holder_of(task) < task.containers.size() && !is_holder(container);
}

json::object host_config(const TaskSpec& task, const ContainerSpec& container, const Placement& placement) {
  json::object host{{"RestartPolicy", {{"Name", "no"}}},
                    {"CpuShares", std::max<std::int64_t>(2, container.cpu.value)},
                    {"ReadonlyRootfs", container.read_only_root},
                    {"LogConfig",
                     {{"Type", "json-file"},
                      {"Config", {{"max-size", std::to_string(placement.log_limit)}, {"max-file", "2"}}}}}};
  if (container.init_process) host["Init"] = true;
  if (!placement.cgroup_parent.empty()) host["CgroupParent"] = placement.cgroup_parent;
  if (container.memory && container.memory->value > 0) {
    host["Memory"] = container.memory->value << 20;
    // Without this a machine with swap would swap what should be killed.
    host["MemorySwap"] = container.memory->value << 20;
  }
  if (container.memory_reservation && container.memory_reservation->value > 0)
    host["MemoryReservation"] = container.memory_reservation->value << 20;
  if (!container.ulimits.empty()) {
    json::array& ulimits = host["Ulimits"].emplace_array();
    for (const Ulimit& limit : container.ulimits)
      ulimits.push_back({{"Name", limit.name}, {"Soft", limit.soft}, {"Hard", limit.hard}});
  }
  if (!container.mounts.empty()) {
    json::array& binds = host["Binds"].emplace_array();
    for (const Mount& mount : container.mounts)
      binds.emplace_back(fmt::format("{}:{}:{}", mount.source, mount.path, mount.read_only ? "ro" : "rw"));
  }
  if (task.network_mode == "host" || task.network_mode == "none") {
    host["NetworkMode"] = task.network_mode;
    return host;
  }
  if (joins_holder(task, container)) {
    host["NetworkMode"] = "container:" + container_name(placement.key, task.task_id, kHolderName);
    return host;
  }
  host["NetworkMode"] = "default";
  if (!container.links.empty()) {
    json::array& links = host["Links"].emplace_array();
    for (const std::string& link : container.links) {
      const std::string target = link_target(link);
      const std::string alias = link.size() > target.size() ? link.substr(target.size() + 1) : target;
      links.emplace_back(container_name(placement.key, task.task_id, target) + ":" + alias);
    }
  }
  json::object bindings;
  for (const PortBinding& port : container.ports) {
    json::value& list = bindings[port_key(port)];
    if (!list.is_array()) list.emplace_array();
    list.as_array().push_back({{"HostIp", port.host_ip.empty() ? task.node_address : port.host_ip},
                               {"HostPort", std::to_string(port.host_port)}});
  }
  host["PortBindings"] = std::move(bindings);
  return host;
}
}  // namespace

Result<void> check_task(const TaskSpec& task) {
  const auto refuse = [](std::string why) {
    return fail("CannotStartContainerError", "CannotStartContainerError: " + std::move(why));
  };
  const std::string& mode = task.network_mode;
  if (mode != "bridge" && mode != "host" && mode != "none" && mode != "awsvpc" && mode != "default" && !mode.empty())
    return refuse(fmt::format("the docker runtime does not know network mode '{}'", mode));
  const bool bridge = mode == "bridge" || mode == "default" || mode.empty();
  for (const ContainerSpec& container : task.containers)
    if (!container.links.empty() && !bridge) return refuse(fmt::format("container {} has links, which are for network mode bridge", container.name));
  for (const ContainerSpec& container : task.containers)
    for (const Mount& mount : container.mounts)
      if (mount.path.find(':') != std::string::npos || mount.source.find(':') != std::string::npos)
        return refuse(fmt::format("container {} mounts '{}' at '{}'; Docker takes no ':' in either", container.name, mount.source, mount.path));
  return {};
}

std::string container_name(const std::string& key, const std::string& task_id, const std::string& container) {
  return fmt::format("scaleout-{}-{}-{}", key, task_id, container);
}

json::object container_config(const TaskSpec& task, const ContainerSpec& container, const Placement& placement) {
  json::array environment;
  for (const auto& [key, value] : container.environment) environment.emplace_back(key + "=" + value);
  json::object labels;
  for (const auto& [key, value] : container.labels) labels[key] = value;
  const json::object own{{kStateLabel, placement.key},
                         {kTaskLabel, task.task_id},
                         {kContainerLabel, container.name},
                         {kSpecLabel, spec_to_json(task)},
                         {"com.amazonaws.ecs.task-arn", task.task_arn},
                         {"com.amazonaws.ecs.container-name", container.name}};
  for (const auto& pair : own) labels[pair.key()] = pair.value();
  json::object config{{"Image", placement.image},
                      {"Env", std::move(environment)},
                      {"Labels", std::move(labels)},
                      {"Healthcheck", health_check(container.health_check)},
                      {"HostConfig", host_config(task, container, placement)}};
  if (!container.entry_point.empty()) config["Entrypoint"] = texts(container.entry_point);
  if (!container.command.empty()) config["Cmd"] = texts(container.command);
  if (!container.working_directory.empty()) config["WorkingDir"] = container.working_directory;
  if (!container.user.empty()) config["User"] = container.user;
  json::object exposed;
  if (!joins_holder(task, container))
    for (const PortBinding& port : container.ports) exposed[port_key(port)].emplace_object();
  if (!exposed.empty()) config["ExposedPorts"] = std::move(exposed);
  return config;
}

std::string filter_of(const std::string& key, const std::string& task_id) {
  json::array labels{fmt::format("{}={}", kStateLabel, key)};
  if (!task_id.empty()) labels.emplace_back(fmt::format("{}={}", kTaskLabel, task_id));
  return "filters=" + url_encode(json::serialize(json::object{{"label", std::move(labels)}}));
}

}  // namespace drivers::docker
