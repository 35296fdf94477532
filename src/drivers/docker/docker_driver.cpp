#include "drivers/docker/docker_driver.h"

#include <cstdlib>
#include <future>

#include "drivers/docker/container_config.h"
#include "drivers/docker/docker_loop.h"
#include "drivers/files.h"

namespace drivers::docker {

std::string default_daemon() {
  const char* host = std::getenv("DOCKER_HOST");
  return host != nullptr && *host != '\0' ? host : "unix:///var/run/docker.sock";
}

Capabilities probe_daemon(const std::string& daemon) {
  Capabilities can;
  const auto endpoint = parse_daemon(daemon);
  if (!endpoint) {
    can.problem = endpoint.error().message;
    return can;
  }
  const auto info = ask_daemon(*endpoint, "/info");
  if (!info) {
    can.problem = info.error().message;
    return can;
  }
  const auto text = [&](const char* key) {
    const boost::json::value* value = info->if_contains(key);
    return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
  };
  can.version = text("ServerVersion");
  can.cgroup_driver = text("CgroupDriver");
  return can;
}

std::string container_name_of(const std::filesystem::path& state_directory, const std::string& task_id, const std::string& container) {
  return container_name(state_key(state_directory.native()), task_id, container);
}

DockerDriver::DockerDriver(DockerOptions options, const Clock& clock, Sink& sink)
    : loop_(std::make_unique<Loop>(std::move(options), clock, sink)) {}
DockerDriver::~DockerDriver() = default;

std::vector<Adopted> DockerDriver::adopt() {
  std::promise<std::vector<Adopted>> answer;
  loop_->post([&] { loop_->adopt([&](std::vector<Adopted> adopted) { answer.set_value(std::move(adopted)); }); });
  return answer.get_future().get();
}

void DockerDriver::set_node(const NodeSpec& node) {
  loop_->post([this, node] { loop_->set_node(node); });
}
void DockerDriver::remove_node(const std::string& node_id) {
  loop_->post([this, node_id] { loop_->remove_node(node_id); });
}
void DockerDriver::start(const TaskSpec& spec) {
  loop_->post([this, spec] { loop_->start(spec); });
}
void DockerDriver::stop(const std::string& task_id) {
  loop_->post([this, task_id] { loop_->stop(task_id); });
}
void DockerDriver::forget(const std::string& task_id) {
  loop_->post([this, task_id] { loop_->forget(task_id); });
}
std::vector<LogFile> DockerDriver::log_files(const std::string& task_id) const {
  return loop_->logs().files(task_id);  // reads the disk only; the paths never change
}

}  // namespace drivers::docker
