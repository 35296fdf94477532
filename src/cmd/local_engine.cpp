#include "cmd/local_engine.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "api/ecs.h"
#include "balancer/haproxy/haproxy_balancer.h"
#include "cmd/connect.h"
#include "cmd/task_door.h"
#include "drivers/docker/docker_driver.h"
#include "drivers/process/process_driver.h"
#include "state/directory_lock.h"

namespace cmd {

namespace {

constexpr auto kStartPatience = seconds(10);
constexpr auto kEndPatience = seconds(60);

std::string log_tail(const std::string& path) {
  std::ifstream file(path);
  std::string line, last;
  while (std::getline(file, line)) last = line;
  return last;
}

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

/// Of an engine that nobody runs, or that no longer lives: the lock ends with its process.
Result<std::unique_ptr<state::DirectoryLock>> lock_dead_state(const std::string& directory) {
  auto lock = state::DirectoryLock::acquire(directory);
  if (lock || lock.error().code != kStateLocked) return lock;
  const std::string pid = first_line(directory + "/lock");
  return fail(kStateLocked, fmt::format("an engine (pid {0}) runs on {1}: name it with --endpoint-url to take it down, or end it "
                                        "first (kill {0}) if it no longer answers",
                                        pid, directory));
}

/// A child of ours is reaped; a zombie that another parent has not reaped yet has ended, too.
bool has_ended(int pid) {
  if (waitpid(pid, nullptr, WNOHANG) == pid) return true;
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  std::string stat;
  if (!std::getline(file, stat)) return true;
  const std::size_t name_end = stat.rfind(')');  // the name may hold anything
  return name_end == std::string::npos || stat.compare(name_end, 3, ") Z") == 0;
}

/// In the child: a session of its own, nothing of ours open.
[[noreturn]] void become_engine(const std::vector<std::string>& arguments, const std::string& log) {
  setsid();
  const int null = open("/dev/null", O_RDONLY);
  const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  dup2(null, STDIN_FILENO);
  dup2(out, STDOUT_FILENO);
  dup2(out, STDERR_FILENO);
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  execv("/proc/self/exe", argv.data());
  _exit(127);
}

}  // namespace

bool engine_answers(const client::Settings& settings) {
  return ask_engine(settings, "GET", "/_scaleout/health").has_value();
}

Result<LocalEngine> start_engine(const client::Settings& settings, EngineOptions options) {
  TRY(const client::Settings::Target target, settings.target(api::ecs::model()));
  if (!target.endpoint.loopback()) {
    return fail(std::string(client::kUnreachable),
                fmt::format("nobody answers at {}, and it is not on this machine", target.endpoint.text()));
  }
  options.listen = fmt::format("{}:{}", target.endpoint.host == "localhost" ? "127.0.0.1" : target.endpoint.host,
                               target.endpoint.port);
  if (options.state.empty()) options.state = default_state_directory();
  std::error_code error;
  std::filesystem::create_directories(options.state, error);
  if (error) return fail("StateUnusable", fmt::format("cannot make {}: {}", options.state, error.message()));
  LocalEngine engine;
  engine.log = options.state + "/engine.log";
  const std::vector<std::string> arguments = {"scaleout",         "engine",
                                              "--listen",         options.listen,
                                              "--state",          options.state,
                                              "--runtime",        options.runtime,
                                              "--time-scale",     fmt::format("{}", options.time_scale),
                                              "--cores-per-vcpu", fmt::format("{}", options.cores_per_vcpu),
                                              "--account",        options.account,
                                              "--region",         options.region};
  engine.pid = fork();
  if (engine.pid < 0) return fail("CannotFork", "the system has no room for another process");
  if (engine.pid == 0) become_engine(arguments, engine.log);
  const auto end = std::chrono::steady_clock::now() + kStartPatience;
  while (!engine_answers(settings)) {
    int status = 0;
    if (waitpid(engine.pid, &status, WNOHANG) == engine.pid) {
      const bool locked = WIFEXITED(status) && WEXITSTATUS(status) == kLockHeld;
      return fail(locked ? kStateLocked : "EngineEnded",
                  fmt::format("the engine ended at its start: {} (log: {})", log_tail(engine.log), engine.log));
    }
    if (std::chrono::steady_clock::now() >= end) {
      return fail("Timeout", fmt::format("the engine does not answer; its log is {}", engine.log));
    }
    std::this_thread::sleep_for(milliseconds(5));
  }
  return engine;
}

Result<void> end_engine(const client::Settings& settings) {
  TRY(const auto health, engine_health(settings));
  const int pid = static_cast<int>(health.at("pid").as_int64());
  const std::string directory(health.at("state").as_string());
  TRY_VOID(ask_engine(settings, "POST", "/_scaleout/shutdown"));
  const auto end = std::chrono::steady_clock::now() + kEndPatience;
  while (!has_ended(pid)) {
    if (std::chrono::steady_clock::now() >= end) return fail("Timeout", fmt::format("engine {} does not end", pid));
    std::this_thread::sleep_for(milliseconds(20));
  }
  return sweep_state(directory);
}

Result<void> sweep_state(const std::string& directory) {
  // Held until the end: no engine starts on what is being removed, and none that lives loses it.
  TRY(const auto lock, lock_dead_state(directory));
  const auto swept = drivers::process::sweep(directory, seconds(10));
  if (!swept.left.empty()) return fail("LeftBehind", fmt::format("could not remove {}", fmt::join(swept.left, ", ")));
  class Nobody final : public balancer::Sink {
    void on_event(balancer::Event) override {}
  } nobody;
  const SteadyWallClock clock;
  balancer::HaproxyOptions haproxy;
  haproxy.directory = directory + "/haproxy";
  if (std::filesystem::exists(haproxy.directory)) balancer::HaproxyBalancer(haproxy, clock, nobody).shut_down();
  remove_task_address();
  return drivers::docker::sweep(directory, seconds(10));
}

}  // namespace cmd
