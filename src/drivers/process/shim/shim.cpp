#include "drivers/process/shim/shim.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "drivers/files.h"
#include "drivers/process/container_files.h"
#include "drivers/process_identity.h"
#include "drivers/process/shim/container_root.h"
#include "drivers/process/shim/network.h"
#include "drivers/process/shim/output_log.h"
#include "drivers/process/shim/sandbox.h"
#include "drivers/restart.h"

namespace drivers::process {
namespace {
constexpr std::int64_t kNoTime = INT64_MAX;
// How often a stop that came before the process existed looks for it.
constexpr std::int64_t kLookAgain = 5;
// How often a status is tried again that could not be written (a full disk).
constexpr std::int64_t kWriteAgain = 1'000;

std::int64_t monotonic_ms() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

std::uint64_t oom_kills(const Launch& launch) {
  if (launch.oom_file.empty()) return 0;
  const std::string text = "\n" + read_whole(launch.oom_file).value_or("");
  const std::size_t at = text.find("\noom_kill ");
  return at == std::string::npos ? 0 : std::strtoull(text.c_str() + at + 10, nullptr, 10);
}

class Shim {
 public:
  explicit Shim(Launch launch) : launch_(std::move(launch)), log_(launch_.log_file, launch_.log_limit) {}

  /// What the driver waits for: from here on the shim's pid is known to whoever reads the status, and may be signalled.
  bool introduce() {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int number : {SIGTERM, SIGQUIT, SIGCHLD, SIGINT, SIGHUP}) sigaddset(&signals, number);
    ::sigprocmask(SIG_SETMASK, &signals, nullptr);
    ::signal(SIGPIPE, SIG_IGN);
    signal_fd_ = ::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    status_.shim_pid = ::getpid();
    status_.shim_start = process_start_time(::getpid()).value_or(0);
    status_.boot_id = boot_id();
    return write_status(false);
  }

  void run() {
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    if (start()) loop();
    network_.close();
    write_last_status();
  }

 private:
  /// What cannot be written now is written by timers(), or by write_last_status().
  bool write_status(bool durable) {
    const bool written = replace_whole(kStatusFile, encode(status_), durable);
    write_again_ = written ? kNoTime : monotonic_ms() + kWriteAgain;
    return written;
  }

  /// Without it the driver could only say that the container was killed. So it is tried until it is there, or the
  /// directory is not: for as long as the engine wants (SIGTERM: a stop's time; SIGQUIT: it waits for nothing).
  void write_last_status() {
    if (stopping_ || killed_) kill_at_ = monotonic_ms() + static_cast<std::int64_t>(launch_.stop_timeout);
    while (!write_status(true) && errno != ENOENT && !forgotten_ && monotonic_ms() < kill_at_) {
      pollfd signals{signal_fd_, POLLIN, 0};
      ::poll(&signals, 1, static_cast<int>(kWriteAgain));
      take_signals();
    }
  }

  bool refuse(std::string reason) {
    log_.note(reason);
    status_.exited_ms = wall_clock_ms();
    status_.reason = std::move(reason);
    return false;
  }

  bool start() {
    const std::string unreachable = network_.open(launch_);
    if (!unreachable.empty()) return refuse("CannotStartContainerError: " + unreachable);
    const ContainerRoot root = make_container_root(launch_, network_.in_user_namespace());
    if (!root.error.empty()) return refuse("CannotCreateContainerError: " + root.error);
    if (!root.warning.empty()) log_.note(root.warning);
    if (!launch_.sandbox) log_.note("no sandbox here: the task sees this machine's files and processes");
    char absolute[PATH_MAX];
    if (::realpath(root.path.c_str(), absolute) == nullptr)
      return refuse(std::string("CannotCreateContainerError: ") + std::strerror(errno));
    root_ = absolute;

    std::string search_path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    for (const std::string& pair : launch_.environment)
      if (pair.starts_with("PATH=")) search_path = pair.substr(5);
    if (launch_.arguments.empty()) return refuse("CannotStartContainerError: no command specified");
    const std::string& name = launch_.arguments.front();
    program_ = find_program(root.path, name, launch_.working_directory, search_path);
    if (program_.empty())
      return refuse("CannotStartContainerError: exec: \"" + name + "\": " +
                    (name.find('/') == std::string::npos ? "executable file not found in $PATH"
                                                         : "no such file, or it is not executable"));
    const std::string error = start_process();
    return error.empty() || refuse("CannotStartContainerError: " + error);
  }

  /// Empty, or why not.
  std::string start_process() {
    const SandboxStart started = start_in_sandbox(launch_, root_, root_ + "/" + program_);
    if (!started.error.empty()) return started.error;
    child_ = started.child;
    info_fd_ = started.info_fd;
    output_fds_[0] = started.output_fds[0];
    output_fds_[1] = started.output_fds[1];
    if (info_fd_ < 0) know_init(child_);
    return {};
  }

  void know_init(int pid) {
    const auto start_time = process_start_time(pid);
    if (!start_time) return;  // already over: SIGCHLD says how
    init_ = ProcessHandle::open(pid, *start_time);
    status_.init_pid = pid;
    status_.init_start = *start_time;
    mark_started();
  }

  void mark_started() {
    std::int64_t& when = status_.restarts == 0 ? status_.started_ms : status_.restarted_ms;
    if (when != 0) return;
    when = wall_clock_ms();
    started_at_ = monotonic_ms();
    if (!launch_.health_command.empty()) next_probe_ = started_at_ + static_cast<std::int64_t>(launch_.health_interval);
    write_status(false);
  }

  void loop() {
    do {
      watch();
      settle();
    } while (restart());
    finish();
  }

  void watch() {
    while (child_ > 0) {
      const std::int64_t now = monotonic_ms();
      const std::int64_t next = std::min({kill_at_, look_again_, next_probe_, probe_deadline_, write_again_});
      pollfd polled[] = {{signal_fd_, POLLIN, 0}, {info_fd_, POLLIN, 0}, {output_fds_[0], POLLIN, 0}, {output_fds_[1], POLLIN, 0}};
      const int timeout = next == kNoTime ? -1 : static_cast<int>(std::clamp<std::int64_t>(next - now, 0, 3'600'000));
      if (::poll(polled, 4, timeout) < 0 && errno != EINTR) ::abort();
      if (polled[1].revents != 0) read_info();
      for (const int i : {0, 1})
        if (polled[2 + i].revents != 0 && !log_.pump(output_fds_[i], i == 1)) close_fd(output_fds_[i]);
      if (polled[0].revents != 0) take_signals();
      timers();
    }
  }

  static void close_fd(int& fd) {
    if (fd >= 0) ::close(fd);
    fd = -1;
  }

  /// {"child-pid": 123, …} when the sandbox exists, {"exit-code": 0} when the container ended; possibly in pieces.
  void read_info() {
    char buffer[512];
    const ssize_t n = ::read(info_fd_, buffer, sizeof buffer);
    if (n > 0) info_.append(buffer, static_cast<std::size_t>(n));
    const std::size_t key = info_.find("\"child-pid\":");
    const bool whole = key != std::string::npos && info_.find_first_of(",}\n", key) != std::string::npos;
    if (whole && status_.init_pid == 0) know_init(std::atoi(info_.c_str() + key + 12));
    if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN)) close_fd(info_fd_);
  }

  void take_signals() {
    signalfd_siginfo got{};
    while (::read(signal_fd_, &got, sizeof got) == static_cast<ssize_t>(sizeof got)) {
      if (got.ssi_signo == SIGTERM) begin_stop();
      if (got.ssi_signo == SIGQUIT) {
        forgotten_ = true;
        kill_all();
      }
      if (got.ssi_signo == SIGCHLD) reap();
    }
  }

  void begin_stop() {
    if (kill_at_ != kNoTime || killed_) return;  // repeated
    stopping_ = true;
    kill_at_ = monotonic_ms() + static_cast<std::int64_t>(launch_.stop_timeout);
    terminate();
  }

  /// TERM goes to the container's own process, not to bubblewrap, which would lose the exit code.
  void terminate() {
    look_again_ = kNoTime;
    if (child_ <= 0) return;  // it has just ended by itself: a signal to -1 would be one to everyone
    if (!launch_.sandbox) {
      ::kill(child_, SIGTERM);  // our child, not reaped yet: the pid is its own
      return;
    }
    if (init_)
      for (const int pid : children_of(status_.init_pid)) {
        const auto start_time = process_start_time(pid);
        if (start_time && ProcessHandle::open(pid, *start_time).signal(SIGTERM)) return;
      }
    look_again_ = monotonic_ms() + kLookAgain;
  }

  void kill_all() {
    killed_ = true;
    kill_at_ = look_again_ = kNoTime;
    if (child_ <= 0) return;  // as in terminate()
    if (launch_.sandbox) {
      // Before bubblewrap told its init's pid: killing bubblewrap itself takes it along (--die-with-parent).
      if (!init_ || !init_.signal(SIGKILL)) ::kill(child_, SIGKILL);
    } else {
      ::kill(-child_, SIGKILL);
      ::kill(child_, SIGKILL);
    }
  }

  void reap() {
    int status = 0;
    pid_t pid = 0;
    while ((pid = ::waitpid(-1, &status, WNOHANG)) > 0) {
      const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
      if (pid == child_) {
        child_ = -1;
        // The exit status of bubblewrap is the container's; killed with the namespace it is 137 in either case.
        status_.exit_code = killed_ ? 137 : code;
      } else if (pid == probe_) {
        probe_ = -1;
        probe_deadline_ = kNoTime;
        probed(code == 0 && !probe_timed_out_);
      } else if (network_.ended(pid)) {
        relay_lost_ = true;
        kill_all();
      }
    }
  }

  void timers() {
    const std::int64_t now = monotonic_ms();
    if (child_ <= 0) return;
    if (now >= write_again_) write_status(false);
    if (now >= kill_at_) kill_all();
    if (now >= look_again_) terminate();
    if (now >= probe_deadline_) {
      probe_timed_out_ = true;
      probe_deadline_ = kNoTime;
      if (probe_ > 0) ::kill(probe_, SIGKILL);
    }
    if (now >= next_probe_ && probe_ < 0) {
      probe_timed_out_ = false;
      next_probe_ = kNoTime;
      probe_ = run_beside(launch_, launch_.sandbox ? status_.init_pid : 0, launch_.health_command);
      if (probe_ < 0) return probed(false);  // it cannot even be forked
      probe_deadline_ = now + static_cast<std::int64_t>(launch_.health_timeout);
    }
  }

  void probed(bool passed) {
    const std::int64_t now = monotonic_ms();
    next_probe_ = now + static_cast<std::int64_t>(launch_.health_interval);
    const bool grace = now - started_at_ < static_cast<std::int64_t>(launch_.health_start_period);
    if (passed) failures_ = 0;
    else if (!grace) ++failures_;
    const std::string health = passed ? "HEALTHY" : failures_ >= launch_.health_retries ? "UNHEALTHY" : status_.health;
    if (health == status_.health) return;
    status_.health = health;
    status_.health_ms = wall_clock_ms();
    write_status(false);
  }

  /// The process has ended: so do its health check and what it left behind, and its last output is written.
  void settle() {
    if (probe_ > 0) {
      ::kill(probe_, SIGKILL);
      ::waitpid(std::exchange(probe_, -1), nullptr, 0);
    }
    if (!launch_.sandbox)  // what it left behind became our children (subreaper)
      for (const int pid : children_of(::getpid()))
        if (!network_.is_relay(pid)) ::kill(pid, SIGKILL);
    for (const int i : {0, 1})
      for (int round = 0; round < 64 && output_fds_[i] >= 0; ++round)
        if (!log_.pump(output_fds_[i], i == 1)) close_fd(output_fds_[i]);
        else if (pollfd more{output_fds_[i], POLLIN, 0}; ::poll(&more, 1, 0) <= 0) break;
    log_.finish();
    while (info_fd_ >= 0) read_info();
  }

  /// bubblewrap tells an exit code only of what it really started; its own complaint is in the log.
  bool sandbox_failed() const {
    return launch_.sandbox && status_.exit_code == 1 && info_.find("\"exit-code\"") == std::string::npos;
  }

  /// The same container again, in the same root and network (restart.h).
  bool restart() {
    take_signals();  // a stop that came while it ended is still one
    if (!launch_.restart || stopping_ || killed_ || started_at_ == 0 || sandbox_failed()) return false;
    if (!may_restart(static_cast<std::int64_t>(launch_.restart_period), launch_.restart_ignored, monotonic_ms() - started_at_,
                     status_.exit_code.value_or(0)))
      return false;
    log_.note("it ended with exit code " + std::to_string(status_.exit_code.value_or(0)) + " and is started again");
    const Status ended = status_;
    const std::string info = std::exchange(info_, {});
    for (int& fd : output_fds_) close_fd(fd);
    oom_kills_before_ = oom_kills(launch_);
    ++status_.restarts;
    status_.restarted_ms = status_.health_ms = 0;
    status_.init_pid = 0;
    status_.exit_code.reset();
    status_.health.clear();
    init_ = ProcessHandle();
    next_probe_ = probe_deadline_ = kNoTime;
    failures_ = 0;
    started_at_ = 0;
    const std::string error = start_process();
    if (error.empty()) return true;
    log_.note("it cannot be started again: " + error);
    status_ = ended;
    info_ = info;
    return false;
  }

  void finish() {
    if (sandbox_failed()) {
      status_.exit_code.reset();
      status_.reason = "CannotStartContainerError: the sandbox could not be made; see the container's log";
    } else if (status_.started_ms == 0) {
      status_.started_ms = wall_clock_ms();
    }
    status_.exited_ms = wall_clock_ms();
    if (oom_kills(launch_) > oom_kills_before_ && status_.exit_code == 137) {
      status_.out_of_memory = true;
      status_.reason = "OutOfMemoryError: Container killed due to memory usage";
    } else if (relay_lost_) {
      status_.reason = "ContainerRuntimeError: the relay of its ports was killed, so nobody could reach it";
    }
  }

  Launch launch_;
  OutputLog log_;
  Network network_;
  Status status_;
  std::string root_, program_;
  std::string info_;
  ProcessHandle init_;
  int signal_fd_ = -1, info_fd_ = -1, output_fds_[2] = {-1, -1};
  pid_t child_ = -1, probe_ = -1;
  bool killed_ = false, stopping_ = false, forgotten_ = false, relay_lost_ = false, probe_timed_out_ = false;
  int failures_ = 0;
  std::uint64_t oom_kills_before_ = 0;  ///< its last start
  std::int64_t started_at_ = 0;
  std::int64_t kill_at_ = kNoTime, look_again_ = kNoTime, next_probe_ = kNoTime, probe_deadline_ = kNoTime;
  std::int64_t write_again_ = kNoTime;
};

/// Everything above the standard descriptors and the lock came from the engine and is none of ours.
void close_inherited() {
  ::syscall(SYS_close_range, kLockDescriptor + 1, ~0u, 0);
  ::fcntl(kLockDescriptor, F_SETFD, FD_CLOEXEC);
}
}  // namespace

int shim_main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: scaleout-shim CONTAINER-DIRECTORY (started by the engine)\n", stderr);
    return 2;
  }
  close_inherited();
  if (::chdir(argv[1]) != 0) {
    std::perror(argv[1]);
    return 1;
  }
  const auto launch = read_whole(kLaunchFile);
  if (!launch) {
    std::perror(kLaunchFile);
    return 1;
  }
  // Twice forked: no child of the engine's, so that whoever kills the engine and its children leaves tasks alone.
  // The first of the two ends when the second has written who it is; the engine waits for that.
  int ready[2];
  if (::pipe2(ready, O_CLOEXEC) != 0) return 1;
  const pid_t second = ::fork();
  if (second < 0) return 1;
  if (second > 0) {
    ::close(ready[1]);
    char byte = 0;
    return ::read(ready[0], &byte, 1) == 1 ? 0 : 1;
  }
  ::setsid();
  ::close(ready[0]);
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  const int own_log = ::open("shim.log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  ::dup2(null, STDIN_FILENO);
  ::dup2(own_log < 0 ? null : own_log, STDOUT_FILENO);
  ::dup2(own_log < 0 ? null : own_log, STDERR_FILENO);
  ::prctl(PR_SET_NAME, "scaleout-shim");
  Shim shim(decode_launch(*launch));
  if (!shim.introduce()) return 1;
  [[maybe_unused]] const ssize_t told = ::write(ready[1], "", 1);
  ::close(ready[1]);
  shim.run();
  return 0;
}

}  // namespace drivers::process
