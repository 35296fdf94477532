// The conformance suite's Docker: a daemon that the tests start and end themselves.
#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <thread>

#include "drivers/conformance_rigs.h"
#include "drivers/docker/network_holder.h"
#include "drivers/files.h"

namespace drivers::testing {
namespace fs = std::filesystem;

namespace {
constexpr std::chrono::seconds kStartPatience{60}, kStopPatience{60};

/// With no output; its exit code, -1 when it cannot be run.
int run(const std::string& command) {
  const int status = std::system((command + " >/dev/null 2>&1").c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int spawn(const std::vector<std::string>& words, const fs::path& log) {
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(&actions, 1, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  ::posix_spawn_file_actions_adddup2(&actions, 1, 2);
  pid_t pid = -1;
  const int failed = ::posix_spawnp(&pid, arguments[0], &actions, nullptr, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  return failed == 0 ? pid : -1;
}

bool ended(int pid, std::chrono::seconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (::waitpid(pid, nullptr, WNOHANG) == 0) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return true;
}
}  // namespace

DockerDaemon::DockerDaemon() {
  char name[] = "/tmp/so-dockerd-XXXXXX";
  directory_ = fs::canonical(mkdtemp(name));
  // Names and addresses by our own pid: several programs may do this at once.
  bridge_ = fmt::format("sob{}", ::getpid());
  if (::geteuid() != 0) problem_ = "docker: its daemon can only be started by root";
  else if (run("command -v dockerd") != 0) problem_ = "docker: there is no dockerd (package docker.io)";
  else if (run(fmt::format("ip link add {0} type bridge && ip address add 172.{1}.{2}.1/24 dev {0} && ip link set {0} up", bridge_,
                           20 + ::getpid() % 10, ::getpid() / 10 % 250)) != 0)
    problem_ = "docker: a bridge cannot be made (package iproute2)";
  if (problem_.empty()) start();
  const std::string import = fmt::format("tar -C {} -c {} | docker -H {} import - probe", fs::path(DRIVERS_PROBE).parent_path().string(),
                                         fs::path(DRIVERS_PROBE).filename().string() + " --transform s,.*,probe,", url());
  if (problem_.empty() && run(import) != 0) problem_ = "docker: no image can be made";
  const std::string pause = "--change 'ENTRYPOINT [\"/probe\",\"on-term\",\"0\",\"sleep-forever\"]' - " + std::string(docker::kHolderImage);
  if (problem_.empty() && run(import.substr(0, import.rfind("- probe")) + pause) != 0) problem_ = "docker: no image for network holders can be made";
  if (!problem_.empty()) skip_or_fail(problem_);
}

DockerDaemon::~DockerDaemon() {
  if (pid_ > 0) stop(SIGTERM);
  run("ip link del " + bridge_);
  std::error_code error;
  fs::remove_all(directory_, error);
}

void DockerDaemon::start() {
  const fs::path log = directory_ / "log";
  pid_ = spawn({"dockerd", "--data-root", directory_ / "data", "--exec-root", directory_ / "exec", "--pidfile", directory_ / "pid",
                "--host", url(), "--bridge", bridge_, "--iptables=false", "--ip6tables=false", "--ip-forward=false"},
               log);
  const auto deadline = std::chrono::steady_clock::now() + kStartPatience;
  while (run(fmt::format("docker -H {} version", url())) != 0) {
    const bool gone = pid_ < 0 || ::waitpid(pid_, nullptr, WNOHANG) == pid_;
    if (!gone && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      continue;
    }
    const std::string text = read_whole(log).value_or("");
    problem_ = "docker: the daemon does not start here: " + text.substr(text.size() - std::min<std::size_t>(text.size(), 600));
    return;
  }
}

void DockerDaemon::stop(int number) {
  signal(number);
  if (!ended(pid_, kStopPatience)) {
    signal(SIGKILL);
    ended(pid_, kStopPatience);
  }
  pid_ = -1;
}

void DockerDaemon::signal(int number) const { ::kill(pid_, number); }

DockerDaemon& docker_daemon() {
  static DockerDaemon daemon;
  return daemon;
}

DockerRig::DockerRig() {
  if (!usable()) return;
  char name[] = "/tmp/scaleout-drivers-XXXXXX";
  state = fs::canonical(mkdtemp(name));
  restart();
}

DockerRig::~DockerRig() {
  if (!usable()) return;
  lose_engine();
  const auto swept = docker::sweep(state, Duration(0));
  CHECK_MESSAGE(swept, swept.error().message);
  fs::remove_all(state);
}

docker::DockerOptions DockerRig::options() const {
  docker::DockerOptions options;
  options.state_directory = state;
  options.daemon = docker_daemon().url();
  options.find_image = find_image;
  options.usage_interval = Duration(100);
  options.log_limit = log_limit;
  return options;
}

void DockerRig::lose_engine() { driver_.reset(); }

std::vector<Adopted> DockerRig::restart() {
  lose_engine();
  recorder_ = std::make_unique<Recorder>();
  driver_ = std::make_unique<docker::DockerDriver>(options(), clock_, *recorder_);
  return driver_->adopt();
}

bool DockerRig::wait(const std::function<bool()>& met) { return wait_for_events(*recorder_, met); }

std::vector<std::string> DockerRig::output(const std::string& task_id, const std::string& container) const {
  return output_of(*driver_, task_id, container);
}

}  // namespace drivers::testing
