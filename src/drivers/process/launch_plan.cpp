#include "drivers/process/launch_plan.h"

#include <fmt/format.h>

#include "drivers/files.h"

namespace drivers::process {
namespace {
constexpr const char* kDefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

Error refusal(std::string why) {
  return Error{"CannotStartContainerError",
               fmt::format("CannotStartContainerError: {}. Start the engine with --runtime docker for this task", why)};
}
}  // namespace

Result<void> check_task(const TaskSpec& task) {
  const std::string& mode = task.network_mode;
  if (mode != "bridge" && mode != "host" && mode != "none" && mode != "awsvpc" && mode != "default" && !mode.empty())
    return tl::unexpected(refusal(fmt::format("the process runtime does not know network mode '{}'", mode)));
  for (const ContainerSpec& container : task.containers) {
    if (!container.links.empty())
      return tl::unexpected(refusal(fmt::format("container {} has links, and the process runtime gives containers no names to be reached by", container.name)));
    for (const Mount& mount : container.mounts)
      if (mount.source.find('/') == std::string::npos && !is_safe_name(mount.source))
        return tl::unexpected(refusal(fmt::format("the process runtime keeps a volume as a directory, and '{}' is no name for one", mount.source)));
  }
  return {};
}

NetworkKind network_of(const TaskSpec& task, const ContainerSpec& container, const ImageRoot& image) {
  if (task.network_mode == "none") return NetworkKind::none;
  if (task.network_mode == "host") return NetworkKind::machine;
  if (task.network_mode == "awsvpc") return NetworkKind::task;
  if (container.ports.empty()) return NetworkKind::machine;
  // PORT alone is not enough: what listens at every address would meet its equals of other nodes at the same port.
  const auto takes = [&](const char* key) { return container.environment.contains(key) || image.environment.contains(key); };
  return takes("HOST") && takes("PORT") && container.ports.size() == 1 ? NetworkKind::machine : NetworkKind::own;
}

Result<void> check_forwarding(const ContainerSpec& container, const std::string& problem) {
  if (!problem.empty())
    return tl::unexpected(refusal(fmt::format("container {} needs a network of its own with its ports forwarded (it is awsvpc, or its "
                                              "environment has no HOST and PORT by which it is told where to listen), and this machine allows none: {}",
                                              container.name, problem)));
  for (const PortBinding& port : container.ports)
    if (port.protocol != "tcp")
      return tl::unexpected(refusal(fmt::format("the process runtime forwards TCP ports, and container {} has port {}/{}", container.name,
                                                port.container_port, port.protocol)));
  return {};
}

Launch plan_launch(const TaskSpec& task, const ContainerSpec& container, const ImageRoot& image) {
  Launch launch;
  launch.lower = image.path;
  launch.arguments = container.entry_point.empty() ? image.entry_point : container.entry_point;
  // As Docker: a new entry point drops the image's command.
  const std::vector<std::string>& command =
      !container.command.empty() || !container.entry_point.empty() ? container.command : image.command;
  launch.arguments.insert(launch.arguments.end(), command.begin(), command.end());

  std::map<std::string, std::string> environment{{"PATH", kDefaultPath}, {"HOME", "/"}, {"HOSTNAME", task.task_id.substr(0, 12)}};
  for (const auto& [key, value] : image.environment) environment[key] = value;
  for (const auto& [key, value] : container.environment) environment[key] = value;
  const NetworkKind network = network_of(task, container, image);
  if (network == NetworkKind::own) launch.network = kOwnNetwork;
  if (network == NetworkKind::own || network == NetworkKind::task)
    for (const PortBinding& port : container.ports)
      launch.forwards.push_back({port.host_ip.empty() ? task.node_address : port.host_ip, port.host_port, port.container_port});
  if (network == NetworkKind::machine && !container.ports.empty()) {
    // Over whatever the definition says: its PORT is the container port, but here no one forwards the host port to it.
    const PortBinding& port = container.ports.front();
    environment["HOST"] = port.host_ip.empty() ? task.node_address : port.host_ip;
    environment["PORT"] = std::to_string(port.host_port);
  }
  for (const auto& [key, value] : environment) launch.environment.push_back(key + "=" + value);

  launch.working_directory = container.working_directory.empty() ? image.working_directory : container.working_directory;
  if (launch.working_directory.empty() || launch.working_directory.front() != '/')
    launch.working_directory.insert(0, "/");
  launch.user = container.user.empty() ? image.user : container.user;
  launch.read_only_root = container.read_only_root;
  for (const Ulimit& limit : container.ulimits) launch.ulimits.push_back(fmt::format("{} {} {}", limit.name, limit.soft, limit.hard));
  launch.no_network = network == NetworkKind::none;
  if (container.restart) {
    launch.restart = true;
    launch.restart_period = static_cast<std::uint64_t>(container.restart->period.count());
    launch.restart_ignored = container.restart->ignored_exit_codes;
  }
  launch.stop_timeout = static_cast<std::uint64_t>(container.stop_timeout.count());

  if (container.health_check && !container.health_check->command.empty()) {
    const HealthCheck& check = *container.health_check;
    const std::string& kind = check.command.front();
    if (kind == "CMD-SHELL" && check.command.size() > 1) launch.health_command = {"/bin/sh", "-c", check.command[1]};
    else if (kind == "CMD") launch.health_command.assign(check.command.begin() + 1, check.command.end());
    launch.health_interval = static_cast<std::uint64_t>(check.interval.count());
    launch.health_timeout = static_cast<std::uint64_t>(check.timeout.count());
    launch.health_start_period = static_cast<std::uint64_t>(check.start_period.count());
    launch.health_retries = check.retries;
  }
  return launch;
}

}  // namespace drivers::process
