#include "drivers/process/process_loop.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/crash_point.h"
#include "base/log.h"
#include "drivers/dependencies.h"
#include "drivers/process/launch_plan.h"

namespace drivers::process {
namespace fs = std::filesystem;

namespace {
constexpr std::uint64_t kWakeKey = 0, kTimerKey = 1, kInotifyKey = 2;
constexpr int kKillWaitMs = 5'000;  // a killed process ends within milliseconds; a stuck machine gets this
constexpr int kPruneEvery = 32;

void add_to_epoll(int epoll, int fd, std::uint64_t key) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = key;
  ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

/// Someone started this container: its shim lives, or has left a status. In this order: a shim that ends in between has.
/// Not by what the status says: without descriptors that could not be read.
bool has_shim(const fs::path& directory) {
  return is_locked(directory / kLockFile) || ::access((directory / kStatusFile).c_str(), F_OK) == 0;
}

/// A container of the task listens there itself.
bool has_port(const TaskSpec& task, int port) {
  return std::any_of(task.containers.begin(), task.containers.end(), [port](const ContainerSpec& container) {
    return std::any_of(container.ports.begin(), container.ports.end(), [port](const PortBinding& one) { return one.container_port == port; });
  });
}

std::string runtime_id(const std::string& task_id, const std::string& container) {
  std::uint32_t hash = 2166136261u;  // FNV-1a: the same container has the same id after every restart
  for (const char c : container) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  return fmt::format("{}-{:010}", task_id, hash);
}
}  // namespace

ProcessDriver::Loop::Loop(ProcessOptions options, const Clock& clock, Sink& sink)
    : options_([&options] {
        if (options.shim_command.empty()) options.shim_command = default_shim_command();
        std::error_code error;
        fs::create_directories(options.state_directory / "tasks", error);
        fs::create_directories(options.state_directory / "logs", error);
        options.state_directory = fs::canonical(options.state_directory);
        options.bubblewrap = find_in_path(options.bubblewrap);
        return std::move(options);
      }()),
      clock_(clock),
      sink_(sink),
      directories_(options_.state_directory),
      boot_id_(boot_id()),
      cgroups_(options_.cgroup_root.empty() ? CgroupTree()
                                            : CgroupTree::detect(options_.cgroup_root, state_key(options_.state_directory.native()))) {
  reachable_ = options_.reachable;
  epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  wake_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  timer_ = ::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
  inotify_ = ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  if (epoll_ < 0 || wake_ < 0 || timer_ < 0) throw std::runtime_error("the process runtime cannot start: out of file descriptors");
  add_to_epoll(epoll_, wake_, kWakeKey);
  add_to_epoll(epoll_, timer_, kTimerKey);
  if (inotify_ >= 0) add_to_epoll(epoll_, inotify_, kInotifyKey);
  const auto ms = std::max<std::int64_t>(options_.usage_interval.count(), 10);
  itimerspec every{};
  every.it_interval = {ms / 1000, (ms % 1000) * 1'000'000};
  every.it_value = every.it_interval;
  ::timerfd_settime(timer_, 0, &every, nullptr);
  thread_ = std::thread([this] { run(); });
}

ProcessDriver::Loop::~Loop() {
  post([this] { quit_ = true; });
  thread_.join();
  for (const int fd : {epoll_, wake_, timer_, inotify_})
    if (fd >= 0) ::close(fd);
}

void ProcessDriver::Loop::post(std::function<void()> work) {
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(work));
  }
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t n = ::write(wake_, &one, sizeof one);
}

void ProcessDriver::Loop::run() {
  // Signals are for the program's main thread.
  sigset_t all;
  sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
  while (!quit_) {
    epoll_event events[64];
    const int count = ::epoll_wait(epoll_, events, 64, -1);
    for (int i = 0; i < count && !quit_; ++i) {
      const std::uint64_t key = events[i].data.u64;
      if (key == kWakeKey) drain_queue();
      else if (key == kTimerKey) tick();
      else if (key == kInotifyKey) drain_inotify();
      else shim_ended(key);
    }
  }
}

void ProcessDriver::Loop::drain_queue() {
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t n = ::read(wake_, &count, sizeof count);
  std::vector<std::function<void()>> work;
  {
    const std::lock_guard lock(mutex_);
    work.swap(queue_);
  }
  for (const auto& piece : work) piece();
}

void ProcessDriver::Loop::drain_inotify() {
  alignas(inotify_event) char buffer[16384];
  for (;;) {
    const ssize_t n = ::read(inotify_, buffer, sizeof buffer);
    if (n <= 0) return;
    for (const char* at = buffer; at < buffer + n;) {
      const auto* event = reinterpret_cast<const inotify_event*>(at);
      at += sizeof(inotify_event) + event->len;
      if ((event->mask & IN_Q_OVERFLOW) != 0) {
        for (auto& [id, task] : tasks_)
          for (Container& container : task.containers) refresh(task, container);
        continue;
      }
      if (event->len == 0 || std::strcmp(event->name, kStatusFile) != 0) continue;
      const auto key = inotify_keys_.find(event->wd);
      if (key == inotify_keys_.end()) continue;
      const auto found = watched_.find(key->second);
      if (found == watched_.end()) continue;
      const std::string task_id = found->second.task_id;
      Task& task = tasks_.at(task_id);
      refresh(task, task.containers[found->second.index]);
      if (waiting_tasks_.contains(task_id)) advance(task_id);
    }
  }
}

void ProcessDriver::Loop::tick() {
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t n = ::read(timer_, &count, sizeof count);
  const Instant now = clock_.now();
  for (auto& [id, task] : tasks_) {
    for (Container& container : task.containers) {
      if (container.phase != Phase::running) continue;
      // No watches left on this machine, or a status that could not be read when it changed.
      if (container.inotify_watch < 0 || container.stale) refresh(task, container);
      if (container.status.started_ms == 0) continue;
      auto used = cgroups_.usage(task.spec, container.spec.name);
      if (!used) used = usage_from_proc(container.status.init_pid);
      sink_.on_event(Usage{id, container.spec.name, task.spec.node_id, now, used->cpu_ns, used->memory_bytes, 0, 0});
    }
  }
  const std::set<std::string> waiting = waiting_tasks_;
  for (const std::string& id : waiting) advance(id);
  std::erase_if(cgroups_to_remove_, [this](const TaskSpec& spec) { return cgroups_.remove_task(spec); });
}

void ProcessDriver::Loop::start(const TaskSpec& spec) {
  if (tasks_.contains(spec.task_id)) return;
  bool safe = is_safe_name(spec.task_id) && is_safe_name(spec.node_id);
  for (const ContainerSpec& container : spec.containers) safe = safe && is_safe_name(container.name);
  Result<void> created = safe ? directories_.create(spec, boot_id_)
                              : fail("InvalidSpec", "a name in it is empty, too long, or has other characters than letters, digits, - and _");
  Task& task = tasks_[spec.task_id];
  task.spec = spec;
  for (const ContainerSpec& container : spec.containers) task.containers.emplace_back().spec = container;
  crash_point("after_task_dir");
  if (!created) {
    for (Container& container : task.containers)
      never_ran(task, container, "CannotCreateContainerError: " + created.error().message);
    return;
  }
  if (const Result<void> possible = check_task(spec); !possible) {
    for (Container& container : task.containers) never_ran(task, container, possible.error().message);
    return;
  }
  advance(spec.task_id);
}

void ProcessDriver::Loop::stop(const std::string& task_id) {
  const auto found = tasks_.find(task_id);
  if (found == tasks_.end()) return;
  if (!found->second.stopping) directories_.mark_stopping(task_id);
  found->second.stopping = true;
  crash_point("after_stop_mark");
  advance(task_id);
}

void ProcessDriver::Loop::forget(const std::string& task_id) {
  const auto found = tasks_.find(task_id);
  if (found == tasks_.end()) return;
  Task& task = found->second;
  task.forgotten = task.stopping = true;
  bool running = false;
  for (Container& container : task.containers) {
    const bool waiting = container.phase == Phase::waiting;
    if (waiting && !has_shim(directories_.container(task_id, container.spec.name))) container.phase = Phase::exited;
    running = running || container.phase != Phase::exited;
  }
  if (running) advance(task_id);
  else remove(task_id);
}

void ProcessDriver::Loop::remove(const std::string& task_id) {
  const auto found = tasks_.find(task_id);
  for (Container& container : found->second.containers) unwatch(container);
  if (!cgroups_.remove_task(found->second.spec)) cgroups_to_remove_.push_back(found->second.spec);
  tasks_.erase(found);
  waiting_tasks_.erase(task_id);
  directories_.remove(task_id);
  if (++forgotten_since_prune_ >= kPruneEvery) {
    forgotten_since_prune_ = 0;
    prune_logs();
  }
}

void ProcessDriver::Loop::prune_logs() {
  directories_.logs().prune(options_.all_logs_limit, [this](const std::string& task_id) {
    std::error_code error;
    return fs::exists(directories_.task(task_id), error);
  });
}

std::vector<ContainerProgress> ProcessDriver::Loop::progress(const Task& task) {
  std::vector<ContainerProgress> all;
  for (const Container& container : task.containers) {
    ContainerProgress& one = all.emplace_back();
    one.ended = container.phase == Phase::exited;
    if (container.status.started_ms != 0) one.started_at = instant_from_ms(container.status.started_ms);
    one.exit_code = container.status.exit_code;
    one.health = container.status.health;
  }
  return all;
}

void ProcessDriver::Loop::advance(const std::string& task_id) {
  Task& task = tasks_.at(task_id);
  if (task.stopping) return advance_stop(task_id);
  // A container that starts, or never will, may decide about the next: until nothing moves.
  bool moved = true, waiting = false;
  while (moved && !task.stopping) {
    moved = waiting = false;
    for (std::size_t i = 0; i < task.containers.size(); ++i) {
      Container& container = task.containers[i];
      if (container.phase != Phase::waiting) continue;
      if (has_shim(directories_.container(task_id, container.spec.name))) {  // begun: past its dependencies
        (take_over(task, i) ? moved : waiting) = true;
        continue;
      }
      std::string reason;
      const Readiness now = readiness(task.spec, progress(task), i, instant_from_ms(wall_clock_ms()), reason);
      if (now == Readiness::never) never_ran(task, container, reason);
      const bool decided = now == Readiness::never || (now == Readiness::ready && spawn(task, i));
      (decided ? moved : waiting) = true;
    }
  }
  if (waiting) waiting_tasks_.insert(task_id);
  else waiting_tasks_.erase(task_id);
}

void ProcessDriver::Loop::advance_stop(const std::string& task_id) {
  waiting_tasks_.erase(task_id);
  for (std::size_t i = 0; i < tasks_.at(task_id).containers.size(); ++i) {
    Task& task = tasks_.at(task_id);
    Container& container = task.containers[i];
    if (container.phase != Phase::waiting) continue;
    if (!has_shim(directories_.container(task_id, container.spec.name))) never_ran(task, container, "");
    else if (!take_over(task, i)) waiting_tasks_.insert(task_id);
    if (!tasks_.contains(task_id)) return;  // forgotten, and that was its last
  }
  Task& task = tasks_.at(task_id);
  if (task.forgotten && all_exited(task)) return remove(task_id);
  const std::vector<ContainerProgress> now = progress(task);
  for (std::size_t i = 0; i < task.containers.size(); ++i) {
    Container& container = task.containers[i];
    if (container.phase != Phase::running) continue;
    if (task.forgotten) container.shim.signal(SIGQUIT);  // an engine that forgets does not wait
    if (task.forgotten || container.stop_sent || !may_stop(task.spec, now, i)) continue;
    container.stop_sent = true;
    container.shim.signal(SIGTERM);
  }
}

void ProcessDriver::Loop::never_ran(Task& task, Container& container, std::string reason) {
  container.phase = Phase::exited;
  container.status.exited_ms = to_ms(clock_.now());
  container.status.reason = std::move(reason);
  if (is_safe_name(task.spec.task_id) && is_safe_name(container.spec.name))
    replace_whole(directories_.container(task.spec.task_id, container.spec.name) / kStatusFile, encode(container.status), false);
  if (!task.forgotten) emit_exit(task, container);
}

bool ProcessDriver::Loop::spawn(Task& task, std::size_t index) {
  Container& container = task.containers[index];
  const fs::path directory = directories_.container(task.spec.task_id, container.spec.name);
  const auto refuse = [&](std::string reason) {
    never_ran(task, container, std::move(reason));
    return true;
  };
  const Instant began = clock_.now();
  const Result<ImageRoot> image = options_.find_image(container.spec);
  if (!image) return refuse("CannotPullContainerError: " + image.error().message);
  sink_.on_event(ContainerPulled{task.spec.task_id, container.spec.name, image->digest, began, clock_.now()});

  Launch launch = plan_launch(task.spec, container.spec, *image);
  const NetworkKind network = network_of(task.spec, container.spec, *image);
  if (network == NetworkKind::own || network == NetworkKind::task) {
    if (const auto possible = check_forwarding(container.spec, network_refusal()); !possible) return refuse(possible.error().message);
    if (network == NetworkKind::task) launch.network = directories_.network(task.spec.task_id);
    for (const Reachable& one : reachable_)
      if (!has_port(task.spec, one.port)) launch.reachable.push_back(one);
  }
  launch.sandbox = sandbox();
  if (!container.spec.mounts.empty() && !launch.sandbox)
    return refuse("CannotStartContainerError: it mounts volumes, which takes a sandbox that this machine does not allow. Start the engine with --runtime docker for this task");
  launch.binds = directories_.volumes(task.spec, container.spec);
  launch.bubblewrap = options_.bubblewrap;
  launch.log_file = directories_.logs().file(task.spec.task_id, container.spec.name);
  launch.log_limit = options_.log_limit;
  const double task_cores = options_.cores_per_vcpu * static_cast<double>(task.spec.cpu.value) / 1024.0;
  const ContainerCgroup cgroup = cgroups_.make(task.spec, container.spec, task_cores);
  launch.cgroup_procs = cgroup.procs_files;
  launch.oom_file = cgroup.oom_file;
  if (!replace_whole(directory / kLaunchFile, encode(launch), false))
    return refuse(fmt::format("CannotCreateContainerError: cannot write {}: {}", directory.string(), std::strerror(errno)));
  crash_point("after_launch_file");
  watch(task, index);
  const Result<void> introduced = run_shim(directory);
  crash_point("after_spawn");
  if (!introduced) return refuse("CannotStartContainerError: " + introduced.error().message);
  return take_over(task, index);
}

bool ProcessDriver::Loop::take_over(Task& task, std::size_t index) {
  Container& container = task.containers[index];
  watch(task, index);  // first, so that a status written from here on is seen
  const fs::path directory = directories_.container(task.spec.task_id, container.spec.name);
  const Status found = decode_status(read_whole(directory / kStatusFile).value_or(""));
  if (found.shim_pid == 0 && found.exited_ms == 0) return false;
  ProcessHandle shim = ProcessHandle::open(found.shim_pid, found.shim_start);
  if (!shim && is_locked(directory / kLockFile)) return false;  // it lives: held means alive, whatever pids say
  container.phase = Phase::running;
  container.status.shim_pid = found.shim_pid;
  container.status.shim_start = found.shim_start;
  container.status.boot_id = found.boot_id;
  container.shim = std::move(shim);
  if (!container.shim) return shim_ended(container.key);
  add_to_epoll(epoll_, container.shim.fd(), container.key);
  refresh(task, container);
  return true;
}

Result<void> ProcessDriver::Loop::run_shim(const fs::path& directory) {
  // Locked here and inherited: there is no moment in which the shim exists and the lock is free.
  const int lock = ::open((directory / kLockFile).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0 || ::flock(lock, LOCK_EX | LOCK_NB) != 0) {
    const std::string why = std::strerror(errno);
    if (lock >= 0) ::close(lock);
    return fail("FileError", fmt::format("cannot lock {}: {}", (directory / kLockFile).string(), why));
  }
  std::vector<std::string> command = options_.shim_command;
  command.push_back(directory);
  std::vector<char*> arguments;
  for (std::string& part : command) arguments.push_back(part.data());
  arguments.push_back(nullptr);
  char* const environment[] = {nullptr};
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawnattr_init(&attributes);
  ::posix_spawn_file_actions_adddup2(&actions, lock, kLockDescriptor);
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setsigdefault(&attributes, &all);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  pid_t first = -1;
  const int failed = ::posix_spawn(&first, arguments[0], &actions, &attributes, arguments.data(), environment);
  ::posix_spawn_file_actions_destroy(&actions);
  ::posix_spawnattr_destroy(&attributes);
  ::close(lock);
  if (failed != 0) return fail("FileError", fmt::format("cannot run the shim {}: {}", arguments[0], std::strerror(failed)));
  crash_point("while_spawning");
  int status = 0;
  while (::waitpid(first, &status, 0) < 0 && errno == EINTR) {
  }
  // Its exit code is not asked: it may be killed after the second one was made.
  if (!has_shim(directory))
    return fail("ShimError", fmt::format("the shim {} failed to start (see {})", arguments[0], (directory / "shim.log").string()));
  return {};
}

void ProcessDriver::Loop::watch(Task& task, std::size_t index) {
  Container& container = task.containers[index];
  if (container.key != 0) return;
  container.key = next_key_++;
  watched_[container.key] = {task.spec.task_id, index};
  const fs::path directory = directories_.container(task.spec.task_id, container.spec.name);
  container.inotify_watch = inotify_ < 0 ? -1 : ::inotify_add_watch(inotify_, directory.c_str(), IN_MOVED_TO);
  if (container.inotify_watch >= 0) inotify_keys_[container.inotify_watch] = container.key;
}

void ProcessDriver::Loop::unwatch(Container& container) {
  if (container.inotify_watch >= 0) {
    ::inotify_rm_watch(inotify_, container.inotify_watch);
    inotify_keys_.erase(container.inotify_watch);
  }
  container.inotify_watch = -1;
  watched_.erase(container.key);
  container.key = 0;
  container.shim = ProcessHandle();  // closing takes it out of the epoll
}

void ProcessDriver::Loop::refresh(Task& task, Container& container) {
  if (container.phase != Phase::running) return;
  const fs::path file = directories_.container(task.spec.task_id, container.spec.name) / kStatusFile;
  const auto text = read_whole(file);
  container.stale = !text && ::access(file.c_str(), F_OK) == 0;
  if (!text) return;
  Status now = decode_status(*text);
  std::swap(now, container.status);
  const Status& before = now;
  const Status& after = container.status;
  if (before.started_ms == 0 && after.started_ms != 0) sink_.on_event(started_event(task, container));
  const bool restarted = before.restarted_ms != after.restarted_ms && after.restarted_ms != 0;
  if (restarted) sink_.on_event(restarted_event(task, container));
  if ((restarted || before.health != after.health) && !after.health.empty())  // a restart begins it anew
    sink_.on_event(ContainerHealthChanged{task.spec.task_id, container.spec.name, after.health, instant_from_ms(after.health_ms)});
}

bool ProcessDriver::Loop::shim_ended(std::uint64_t key) {
  const auto found = watched_.find(key);
  if (found == watched_.end()) return true;
  const Watched which = found->second;
  Task& task = tasks_.at(which.task_id);
  Container& container = task.containers[which.index];
  container.shim = ProcessHandle();  // closing takes it out of the epoll, and gives back what the status is read with
  refresh(task, container);
  if (container.stale || (container.status.exited_ms == 0 && !vanished(task, container))) {
    container.phase = Phase::waiting;
    waiting_tasks_.insert(which.task_id);
    return false;
  }
  unwatch(container);
  container.phase = Phase::exited;
  if (!task.forgotten) emit_exit(task, container);
  const bool over = all_exited(task);
  if (over && !task.forgotten && !cgroups_.remove_task(task.spec)) cgroups_to_remove_.push_back(task.spec);
  if (!over || task.forgotten) advance(which.task_id);
  return true;
}

bool ProcessDriver::Loop::all_exited(const Task& task) {
  return std::all_of(task.containers.begin(), task.containers.end(),
                     [](const Container& c) { return c.phase == Phase::exited; });
}

bool ProcessDriver::Loop::vanished(Task& task, Container& container) {
  Status& status = container.status;
  const bool rebooted = status.boot_id != boot_id_;
  // In the sandbox the kernel has killed it with the shim; without one it may still run.
  if (!rebooted) {
    const ProcessHandle left = ProcessHandle::open(status.init_pid, status.init_start);
    if (left.unknown()) return false;
    if (left.signal(SIGKILL)) left.wait(kKillWaitMs);
  }
  status.exited_ms = to_ms(clock_.now());
  if (status.started_ms != 0) status.exit_code = 137;
  status.reason = rebooted ? "ContainerVanishedError: the machine was restarted"
                           : "ContainerVanishedError: the process that watches the container was killed, and the container with it";
  replace_whole(directories_.container(task.spec.task_id, container.spec.name) / kStatusFile, encode(status), true);
  return true;
}

std::vector<Adopted> ProcessDriver::Loop::adopt() {
  std::vector<Adopted> adopted;
  for (TaskDirectories::Found& found : directories_.find_all()) {
    const std::string id = found.spec.task_id;
    if (tasks_.contains(id)) continue;
    Task& task = tasks_[id];
    task.spec = std::move(found.spec);
    task.stopping = found.stopping;
    for (const ContainerSpec& container : task.spec.containers) task.containers.emplace_back().spec = container;
    for (std::size_t i = 0; i < task.containers.size(); ++i) adopt_container(task, i, found.boot_id);
    Adopted& record = adopted.emplace_back();
    record.spec = task.spec;
    for (const Container& container : task.containers) {
      const Status& s = container.status;
      if (s.started_ms != 0) record.history.push_back(started_event(task, container));
      if (s.restarts > 0) record.history.push_back(restarted_event(task, container));
      if (!s.health.empty())
        record.history.push_back(ContainerHealthChanged{id, container.spec.name, s.health, instant_from_ms(s.health_ms)});
      if (container.phase == Phase::exited) record.history.push_back(exited_event(task, container));
    }
  }
  // Only now: what the dead engine had begun goes on, and its events come after adopt() has answered.
  for (const Adopted& record : adopted) {
    const std::string id = record.spec.task_id;
    post([this, id] {
      if (tasks_.contains(id)) advance(id);
    });
  }
  prune_logs();
  return adopted;
}

void ProcessDriver::Loop::adopt_container(Task& task, std::size_t index, const std::string& found_boot_id) {
  Container& container = task.containers[index];
  const fs::path directory = directories_.container(task.spec.task_id, container.spec.name);
  const auto read_status = [&] { return decode_status(read_whole(directory / kStatusFile).value_or("")); };
  container.status = read_status();
  if (container.status.exited_ms != 0) {
    container.phase = Phase::exited;
    return;
  }
  const bool locked = is_locked(directory / kLockFile);
  if (locked) {
    // A shim lives. If it has not said who it is, its engine died while starting it: advance() takes it over later.
    if (container.status.shim_pid == 0) return;
    container.shim = ProcessHandle::open(container.status.shim_pid, container.status.shim_start);
    if (container.shim) {
      watch(task, index);
      container.phase = Phase::running;
      add_to_epoll(epoll_, container.shim.fd(), container.key);
      container.status = read_status();  // what was written before the watch is history
      return;
    }
  }
  container.status = read_status();  // it may have ended just now
  if (container.status.exited_ms != 0) {
    container.phase = Phase::exited;
    return;
  }
  if (container.status.shim_pid == 0 && found_boot_id == boot_id_) return;  // nobody ever started it: still waiting
  if (locked) return;  // it lived a moment ago: advance() finds out
  if (container.status.boot_id.empty()) container.status.boot_id = found_boot_id;
  if (vanished(task, container)) container.phase = Phase::exited;
}

Event ProcessDriver::Loop::started_event(const Task& task, const Container& container) const {
  return ContainerStarted{task.spec.task_id, container.spec.name, runtime_id(task.spec.task_id, container.spec.name),
                          instant_from_ms(container.status.started_ms)};
}

Event ProcessDriver::Loop::restarted_event(const Task& task, const Container& container) const {
  return ContainerRestarted{task.spec.task_id, container.spec.name, container.status.restarts,
                            instant_from_ms(container.status.restarted_ms)};
}

Event ProcessDriver::Loop::exited_event(const Task& task, const Container& container) const {
  const Status& s = container.status;
  return ContainerExited{task.spec.task_id, container.spec.name, s.exit_code, s.reason, instant_from_ms(s.exited_ms)};
}

void ProcessDriver::Loop::emit_exit(const Task& task, const Container& container) {
  sink_.on_event(exited_event(task, container));
}

}  // namespace drivers::process
