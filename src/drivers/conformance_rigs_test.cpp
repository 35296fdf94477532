#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "drivers/log_line.h"
#include "drivers/conformance_rigs.h"

namespace drivers::testing {
namespace fs = std::filesystem;

void Recorder::on_event(Event event) {
  const std::lock_guard lock(mutex_);
  events_.push_back(std::move(event));
  changed_.notify_all();
}

std::vector<Event> Recorder::events() const {
  const std::lock_guard lock(mutex_);
  return events_;
}

bool Recorder::wait_beyond(std::size_t seen, std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, limit, [&] { return events_.size() > seen; });
}

std::string next_task_id() {
  static int count = 0;
  return fmt::format("{:032x}", ++count);
}

ContainerSpec probe_container(std::string name, std::vector<std::string> arguments) {
  ContainerSpec container;
  container.name = std::move(name);
  container.image = "probe";
  container.entry_point = {"/probe"};
  container.command = std::move(arguments);
  container.stop_timeout = Duration(5'000);
  container.init_process = true;  // a signal without handler does nothing to a process 1
  return container;
}

TaskSpec probe_task(std::vector<std::string> arguments) {
  TaskSpec task;
  task.task_id = next_task_id();
  task.node_id = "i-0123456789abcdef0";
  task.node_address = "127.0.1.7";
  task.containers = {probe_container("app", std::move(arguments))};
  return task;
}

namespace {
/// The probe's words, as far as the suite uses them on the fake.
fake::Behaviour behave(const TaskSpec&, const ContainerSpec& container) {
  fake::Behaviour does;
  does.term_code = 143;
  does.start_delay = Duration(3);
  if (container.entry_point.front() != "/probe")
    does.start_failure = "CannotStartContainerError: exec: \"" + container.entry_point.front() + "\": no such file";
  const std::vector<std::string>& words = container.command;
  Duration lasts(1);
  for (std::size_t i = 0; i < words.size(); ++i) {
    const int number = i + 1 < words.size() ? std::atoi(words[i + 1].c_str()) : 0;
    if (words[i] == "last") lasts = Duration(number);
    if (words[i] == "exit") does.exits_after = lasts, does.exit_code = number;
    if (words[i] == "crash") does.exits_after = Duration(1), does.exit_code = 134;
    if (words[i] == "ignore-term") does.ignores_term = true;
    if (words[i] == "on-term") does.term_code = number;
    if (words[i] == "burn") does.cores = [](Duration) { return 0.5; };
    if (words[i] == "allocate" && container.memory && number > container.memory->value) {
      does.exits_after = Duration(1);
      does.exit_code = 137;
      does.exit_reason = "OutOfMemoryError: Container killed due to memory usage";
    }
  }
  if (container.health_check) {
    const std::string& last = container.health_check->command.back();
    if (last == "0") does.healthy_after = container.health_check->interval;
    else does.unhealthy_after = container.health_check->interval * container.health_check->retries;
  }
  return does;
}
}  // namespace

FakeRig::FakeRig() : machine_(behave) { restart(); }

std::vector<Adopted> FakeRig::restart() {
  driver_.reset();
  recorder_ = std::make_unique<Recorder>();
  driver_ = std::make_unique<fake::FakeDriver>(machine_, clock_, *recorder_);
  return driver_->adopt();
}

bool FakeRig::wait(const std::function<bool()>& met) {
  for (int step = 0; step < 10'000; ++step) {
    driver_->pump();
    if (met()) return true;
    const Instant next = driver_->next_deadline();
    if (next == kNever) return false;
    clock_.set(std::max(next, clock_.now()));
  }
  return false;
}

ProcessRig::ProcessRig() {
  char name[] = "/tmp/scaleout-drivers-XXXXXX";
  state = fs::canonical(mkdtemp(name));
  image = state / "image";
  fs::create_directory(image);
  fs::copy_file(DRIVERS_PROBE, image / "probe");
  capabilities_ = process::probe_capabilities(options());
  if (!capabilities_.sandbox) skip_or_fail("the sandbox: " + capabilities_.sandbox_problem);
  restart();
}

ProcessRig::~ProcessRig() {
  lose_engine();
  process::sweep(state, Duration(0));
  fs::remove_all(state);
}

process::ProcessOptions ProcessRig::options() const {
  process::ProcessOptions options;
  options.state_directory = state;
  const fs::path root = image;
  options.find_image = [root](const ContainerSpec& container) -> Result<process::ImageRoot> {
    if (container.image == "missing") return fail("ImageNotFound", "pull access denied for missing");
    process::ImageRoot found;
    found.path = root;
    found.entry_point = {"/probe"};
    return found;
  };
  options.shim_command = {SCALEOUT_SHIM};
  options.usage_interval = Duration(50);
  options.log_limit = log_limit;
  options.bubblewrap = bubblewrap;
  options.reachable = reachable;
  return options;
}

void ProcessRig::lose_engine() { driver_.reset(); }

std::vector<Adopted> ProcessRig::restart() {
  lose_engine();
  recorder_ = std::make_unique<Recorder>();
  driver_ = std::make_unique<process::ProcessDriver>(options(), clock_, *recorder_);
  return driver_->adopt();
}

bool ProcessRig::wait(const std::function<bool()>& met) { return wait_for_events(*recorder_, met); }

std::vector<std::string> ProcessRig::output(const std::string& task_id, const std::string& container) const {
  return output_of(*driver_, task_id, container);
}

bool wait_for_events(Recorder& recorder, const std::function<bool()>& met) {
  // Generous, for loaded machines: usage events come all the time and make it look again.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  for (;;) {
    const std::size_t seen = recorder.events().size();
    if (met()) return true;
    if (std::chrono::steady_clock::now() > deadline) return false;
    recorder.wait_beyond(seen, std::chrono::milliseconds(20));
  }
}

std::vector<std::string> output_of(const Driver& driver, const std::string& task_id, const std::string& container) {
  std::vector<std::string> lines;
  for (const LogFile& file : driver.log_files(task_id)) {
    if (file.container != container) continue;
    std::ifstream stream(file.path);
    for (std::string line; std::getline(stream, line);) {
      const auto parsed = parse_log_line(line);
      CHECK_MESSAGE(parsed, line);
      if (parsed) lines.emplace_back(parsed->text);
    }
  }
  return lines;
}

std::optional<ContainerExited> exit_in(const std::vector<Adopted>& adopted, const std::string& task_id, const std::string& container) {
  for (const Adopted& one : adopted)
    for (const Event& event : one.history)
      if (const auto* exited = std::get_if<ContainerExited>(&event))
        if (exited->task_id == task_id && exited->container == container) return *exited;
  return std::nullopt;
}

bool started_in(const std::vector<Adopted>& adopted, const std::string& task_id, const std::string& container) {
  for (const Adopted& one : adopted)
    for (const Event& event : one.history)
      if (const auto* started = std::get_if<ContainerStarted>(&event))
        if (started->task_id == task_id && started->container == container) return true;
  return false;
}

int restarts_in(const std::vector<Adopted>& adopted, const std::string& task_id, const std::string& container) {
  int count = 0;
  for (const Adopted& one : adopted)
    for (const Event& event : one.history)
      if (const auto* restarted = std::get_if<ContainerRestarted>(&event))
        if (restarted->task_id == task_id && restarted->container == container) count = restarted->count;
  return count;
}

namespace {
sockaddr_in address_of(const std::string& address, int port) {
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(static_cast<std::uint16_t>(port));
  inet_pton(AF_INET, address.c_str(), &at.sin_addr);
  return at;
}
}  // namespace

int free_port(const std::string& address) {
  const int probe = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in at = address_of(address, 0);
  REQUIRE(::bind(probe, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0);
  socklen_t size = sizeof at;
  ::getsockname(probe, reinterpret_cast<sockaddr*>(&at), &size);
  ::close(probe);
  return ntohs(at.sin_port);
}

int connect_to(const std::string& address, int port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in at = address_of(address, port);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0) return fd;
  ::close(fd);
  return -1;
}

std::string http_get(const std::string& address, int port) {
  const int fd = connect_to(address, port);
  if (fd < 0) return {};
  std::string answer;
  char buffer[512];
  if (::send(fd, "GET / HTTP/1.1\r\n\r\n", 18, MSG_NOSIGNAL) == 18)
    for (ssize_t n = 0; (n = ::read(fd, buffer, sizeof buffer)) > 0;) answer.append(buffer, static_cast<std::size_t>(n));
  ::close(fd);
  return answer;
}

void skip_or_fail(const std::string& what) {
  MESSAGE("NOT TESTED on this machine: " << what);
  if (std::getenv("CI") != nullptr) FAIL("CI must be able to test " << what);
}

}  // namespace drivers::testing
