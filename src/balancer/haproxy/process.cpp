#include "balancer/haproxy/process.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <sstream>
#include <utility>

extern char** environ;

namespace balancer {
namespace {

/// A process that ends while its file is read makes read() fail; an iterator over the buffer would throw that.
std::string read_all(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

/// The command line is haproxy's, with -W and exactly our file after -f.
bool runs_with(int pid, const std::string& config_path) {
  const std::string line = read_all("/proc/" + std::to_string(pid) + "/cmdline");
  const std::string wanted = std::string("-f") + '\0' + config_path + '\0';
  const std::string worker = std::string("-W") + '\0';
  return line.find(wanted) != std::string::npos && line.find(worker) != std::string::npos;
}

Result<ProcessHandle> spawn(const std::vector<std::string>& arguments, const std::string& output_path) {
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, 1, output_path.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  posix_spawn_file_actions_adddup2(&files, 1, 2);
  posix_spawn_file_actions_addclosefrom_np(&files, 3);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  std::vector<char*> argv;
  for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  // The engine's environment may hold what is none of HAProxy's business (credentials, NOTIFY_SOCKET).
  std::string path =
      std::string("PATH=") + (std::getenv("PATH") != nullptr ? std::getenv("PATH") : "/usr/sbin:/usr/bin");
  std::string copies = kCopyTunable;
  std::array<char*, 3> environment{path.data(), copies.data(), nullptr};
  pid_t pid = 0;
  const int error = posix_spawnp(&pid, argv[0], &files, &attributes, argv.data(), environment.data());
  posix_spawn_file_actions_destroy(&files);
  posix_spawnattr_destroy(&attributes);
  if (error != 0) return fail("SpawnFailed", arguments[0] + ": " + std::strerror(error));
  const int fd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  if (fd >= 0) return ProcessHandle(pid, fd);
  // Nobody could see it end, nor end it: it must not stay. Our child and not reaped, so the pid is its own.
  const std::string why = std::strerror(errno);
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
  return fail("SpawnFailed", arguments[0] + ": it cannot be watched: " + why);
}

}  // namespace

ProcessHandle::ProcessHandle(ProcessHandle&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)), fd_(std::exchange(other.fd_, -1)) {}

ProcessHandle& ProcessHandle::operator=(ProcessHandle&& other) noexcept {
  if (this != &other) {
    reset();
    pid_ = std::exchange(other.pid_, 0);
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

ProcessHandle::~ProcessHandle() { reset(); }

void ProcessHandle::reset() {
  if (fd_ >= 0) {
    ::waitpid(pid_, nullptr, WNOHANG);  // ours or not: a child that ended must not stay a zombie
    ::close(fd_);
  }
  fd_ = -1;
  pid_ = 0;
}

bool ProcessHandle::ended() const { return wait_for_end(Duration{0}); }

void ProcessHandle::signal(int number) const {
  if (fd_ >= 0) ::syscall(SYS_pidfd_send_signal, fd_, number, nullptr, 0);
}

bool ProcessHandle::wait_for_end(Duration timeout) const {
  if (fd_ < 0) return true;
  pollfd wait{fd_, POLLIN, 0};
  return ::poll(&wait, 1, static_cast<int>(timeout.count())) > 0;
}

Result<ProcessHandle> start_haproxy(const HaproxyCommand& command) {
  return spawn({command.program, "-W", kPoolOption, "-f", command.config_path, "-S", command.master_socket},
               command.output_path);
}

int parent_of(int pid) {
  const std::string stat = read_all("/proc/" + std::to_string(pid) + "/stat");
  const auto close = stat.rfind(')');
  return close == std::string::npos || close + 4 >= stat.size() ? 0 : std::atoi(stat.c_str() + close + 4);
}

Found find_haproxy(const std::string& config_path) {
  std::vector<int> pids;
  if (DIR* proc = ::opendir("/proc")) {
    while (const dirent* entry = ::readdir(proc)) {
      const int pid = std::atoi(entry->d_name);
      if (pid > 0 && runs_with(pid, config_path)) pids.push_back(pid);
    }
    ::closedir(proc);
  }
  Found found;
  for (const int pid : pids) {
    const bool worker = std::find(pids.begin(), pids.end(), parent_of(pid)) != pids.end();
    (worker ? found.workers : found.masters).push_back(pid);
  }
  return found;
}

ProcessHandle open_haproxy(int pid, const std::string& config_path) {
  ProcessHandle handle(pid, static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!handle || !runs_with(pid, config_path)) return {};
  return handle;
}

Result<void> check_config(const std::string& program, const std::string& config_path) {
  const std::string output = config_path + ".check";
  ::unlink(output.c_str());
  TRY(ProcessHandle checker, spawn({program, "-c", "-f", config_path}, output));
  if (!checker.wait_for_end(Duration{10'000})) {
    checker.signal(SIGKILL);
    return fail("ConfigRefused", "haproxy -c did not end within 10 s");
  }
  int status = 0;
  ::waitpid(checker.pid(), &status, 0);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  return fail("ConfigRefused", read_all(output));
}

int choose_port(int declared, const TryPort& try_port, std::string& error) {
  for (const int candidate : {declared, declared + 8000}) {
    bool access = false;
    error = try_port(candidate, access);
    if (error.empty()) return candidate;
    if (!access) break;
  }
  return 0;
}

std::string try_bind(const std::string& address, int port, bool& access) {
  access = false;
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_port = htons(static_cast<std::uint16_t>(port));
  if (port < 1 || port > 65535) return "port " + std::to_string(port) + " is out of range";
  if (inet_pton(AF_INET, address.c_str(), &where.sin_addr) != 1) return "not an IPv4 address: " + address;
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return std::strerror(errno);
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const bool bound = ::bind(fd, reinterpret_cast<const sockaddr*>(&where), sizeof where) == 0 && ::listen(fd, 1) == 0;
  const int error = errno;
  ::close(fd);
  if (bound) return "";
  access = error == EACCES || error == EPERM;
  return address + ":" + std::to_string(port) + ": " + std::strerror(error);
}

}  // namespace balancer
