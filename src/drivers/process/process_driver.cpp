#include "drivers/process/process_driver.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <future>

#include "base/log.h"
#include "drivers/process/process_loop.h"

namespace drivers::process {
namespace fs = std::filesystem;

namespace {
/// Empty if bubblewrap can start something here; else why not.
std::string sandbox_problem(const std::string& bubblewrap) {
  if (bubblewrap.empty()) return "bubblewrap is not installed";
  const char* const arguments[] = {bubblewrap.c_str(), "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--die-with-parent",
                                   "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", "--", "/bin/true", nullptr};
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  for (const int fd : {0, 1, 2}) ::posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_RDWR, 0);
  pid_t pid = -1;
  char* const environment[] = {nullptr};
  const int failed = ::posix_spawn(&pid, arguments[0], &actions, nullptr, const_cast<char* const*>(arguments), environment);
  ::posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) return fmt::format("cannot run {}: {}", bubblewrap, std::strerror(failed));
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  return fmt::format("{} cannot make namespaces here (are user namespaces allowed?)", bubblewrap);
}

/// Empty if a network namespace can be made here; else why not. Tried in a child, which is all that changes.
std::string network_problem() {
  const int namespaces = ::geteuid() == 0 ? CLONE_NEWNET : CLONE_NEWUSER | CLONE_NEWNET;
  const pid_t child = ::fork();
  if (child == 0) ::_exit(::unshare(namespaces) == 0 ? 0 : errno);
  int status = 0;
  while (child > 0 && ::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (child < 0) return fmt::format("no process can be made: {}", std::strerror(errno));
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  return fmt::format("network namespaces are refused: {}", WIFEXITED(status) ? std::strerror(WEXITSTATUS(status)) : "killed");
}
}  // namespace

std::vector<std::string> default_shim_command() {
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  const fs::path beside = self.parent_path() / "scaleout-shim";
  if (!error && ::access(beside.c_str(), X_OK) == 0) return {beside};
  return {"/proc/self/exe", "shim"};
}

std::string find_in_path(const std::string& program) {
  if (program.empty() || program.find('/') != std::string::npos) return program;
  const char* path = std::getenv("PATH");
  const std::string list = path != nullptr ? path : "/usr/local/bin:/usr/bin:/bin";
  for (std::size_t at = 0; at <= list.size();) {
    const std::size_t end = std::min(list.find(':', at), list.size());
    const std::string candidate = list.substr(at, end - at) + "/" + program;
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
    at = end + 1;
  }
  return {};
}

bool ProcessDriver::Loop::sandbox() {
  if (!sandbox_) {
    const std::string problem = sandbox_problem(options_.bubblewrap);
    sandbox_ = problem.empty();
    if (!problem.empty()) log_warning("process runtime: tasks run without a sandbox: {}", problem);
  }
  return *sandbox_;
}

const std::string& ProcessDriver::Loop::network_refusal() {
  if (!network_refusal_) network_refusal_ = network_problem();
  return *network_refusal_;
}

Capabilities probe_capabilities(const ProcessOptions& options) {
  Capabilities can;
  can.sandbox_problem = sandbox_problem(find_in_path(options.bubblewrap));
  can.sandbox = can.sandbox_problem.empty();
  can.network_problem = network_problem();
  if (options.cgroup_root.empty()) {
    can.cgroups = "none";
    return can;
  }
  CgroupTree tree = CgroupTree::detect(options.cgroup_root, "probe-" + std::to_string(::getpid()));
  can.cgroups = tree.kind() == CgroupTree::Kind::v1 ? "v1" : tree.kind() == CgroupTree::Kind::v2 ? "v2" : "none";
  can.cpu_limits = tree.kind() != CgroupTree::Kind::none && tree.has_cpu();
  can.memory_limits = tree.kind() != CgroupTree::Kind::none && tree.has_memory();
  tree.remove_all();
  return can;
}

ProcessDriver::ProcessDriver(ProcessOptions options, const Clock& clock, Sink& sink)
    : loop_(std::make_unique<Loop>(std::move(options), clock, sink)) {}
ProcessDriver::~ProcessDriver() = default;

std::vector<Adopted> ProcessDriver::adopt() {
  std::promise<std::vector<Adopted>> answer;
  loop_->post([&] { answer.set_value(loop_->adopt()); });
  return answer.get_future().get();
}

void ProcessDriver::set_node(const NodeSpec& node) {
  loop_->post([this, node] { loop_->set_node(node); });
}
void ProcessDriver::remove_node(const std::string& node_id) {
  loop_->post([this, node_id] { loop_->remove_node(node_id); });
}
void ProcessDriver::start(const TaskSpec& spec) {
  loop_->post([this, spec] { loop_->start(spec); });
}
void ProcessDriver::stop(const std::string& task_id) {
  loop_->post([this, task_id] { loop_->stop(task_id); });
}
void ProcessDriver::forget(const std::string& task_id) {
  loop_->post([this, task_id] { loop_->forget(task_id); });
}
void ProcessDriver::set_reachable(std::vector<Reachable> reachable) {
  loop_->post([this, reachable = std::move(reachable)] { loop_->set_reachable(reachable); });
}
std::vector<LogFile> ProcessDriver::log_files(const std::string& task_id) const {
  return loop_->directories().logs().files(task_id);  // reads the disk only; the paths never change
}

}  // namespace drivers::process
