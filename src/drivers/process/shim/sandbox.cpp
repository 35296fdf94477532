#include "drivers/process/shim/sandbox.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "drivers/process/shim/container_root.h"

namespace drivers::process {
namespace {
// What Docker leaves a container by default.
struct NamedCapability {
  const char* name;
  int number;
};
constexpr NamedCapability kCapabilities[] = {
    {"CAP_CHOWN", CAP_CHOWN},       {"CAP_DAC_OVERRIDE", CAP_DAC_OVERRIDE},
    {"CAP_FSETID", CAP_FSETID},     {"CAP_FOWNER", CAP_FOWNER},
    {"CAP_MKNOD", CAP_MKNOD},       {"CAP_NET_RAW", CAP_NET_RAW},
    {"CAP_SETGID", CAP_SETGID},     {"CAP_SETUID", CAP_SETUID},
    {"CAP_SETFCAP", CAP_SETFCAP},   {"CAP_SETPCAP", CAP_SETPCAP},
    {"CAP_KILL", CAP_KILL},         {"CAP_NET_BIND_SERVICE", CAP_NET_BIND_SERVICE},
    {"CAP_SYS_CHROOT", CAP_SYS_CHROOT}, {"CAP_AUDIT_WRITE", CAP_AUDIT_WRITE}};

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (const std::string& text : texts) list.push_back(const_cast<char*>(text.c_str()));
  list.push_back(nullptr);
  return list;
}

/// The shim blocks its signals; what it starts must not inherit that.
void reset_signals() {
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  for (const int number : {SIGHUP, SIGINT, SIGPIPE, SIGTERM, SIGQUIT}) ::signal(number, SIG_DFL);
}

bool join_cgroups(const Launch& launch) {
  bool all = true;
  for (const std::string& file : launch.cgroup_procs) {
    const int fd = ::open(file.c_str(), O_WRONLY | O_CLOEXEC);
    all = fd >= 0 && ::write(fd, "0", 1) == 1 && all;
    if (fd >= 0) ::close(fd);
  }
  return all;
}

struct NamedLimit {
  const char* name;
  __rlimit_resource number;
};
constexpr NamedLimit kLimits[] = {
    {"core", RLIMIT_CORE},     {"cpu", RLIMIT_CPU},       {"data", RLIMIT_DATA},     {"fsize", RLIMIT_FSIZE},   {"locks", RLIMIT_LOCKS},
    {"memlock", RLIMIT_MEMLOCK}, {"msgqueue", RLIMIT_MSGQUEUE}, {"nice", RLIMIT_NICE}, {"nofile", RLIMIT_NOFILE}, {"nproc", RLIMIT_NPROC},
    {"rss", RLIMIT_RSS},       {"rtprio", RLIMIT_RTPRIO}, {"rttime", RLIMIT_RTTIME}, {"sigpending", RLIMIT_SIGPENDING}, {"stack", RLIMIT_STACK}};

struct Limit {
  std::string name;
  __rlimit_resource number{};
  rlimit value{};
};

/// Of "nofile 1024 4096"; the error says which this user may not set.
std::vector<Limit> limits_of(const Launch& launch, std::string& error) {
  std::vector<Limit> limits;
  for (const std::string& text : launch.ulimits) {
    Limit limit;
    limit.name = text.substr(0, text.find(' '));
    const NamedLimit* known = nullptr;
    for (const NamedLimit& one : kLimits) known = limit.name == one.name ? &one : known;
    long long soft = 0, hard = 0;
    if (known == nullptr || std::sscanf(text.c_str() + limit.name.size(), "%lld %lld", &soft, &hard) != 2) {
      error = "there is no ulimit " + limit.name;
      return limits;
    }
    limit.number = known->number;
    limit.value = {soft < 0 ? RLIM_INFINITY : static_cast<rlim_t>(soft), hard < 0 ? RLIM_INFINITY : static_cast<rlim_t>(hard)};
    rlimit now{};
    ::getrlimit(limit.number, &now);
    if (::geteuid() != 0 && limit.value.rlim_max > now.rlim_max) {
      error = "ulimit " + limit.name + " is above what this user may set";
      return limits;
    }
    limits.push_back(limit);
  }
  return limits;
}

void drop_capabilities() {
  for (int number = 0; number <= CAP_LAST_CAP; ++number) {
    bool kept = false;
    for (const NamedCapability& capability : kCapabilities) kept = kept || capability.number == number;
    if (!kept) ::prctl(PR_CAPBSET_DROP, number, 0, 0, 0);
  }
}

/// Options go to bubblewrap through a file: on its command line anyone could read the environment's secrets.
std::string sandbox_options(const Launch& launch, const std::string& root, std::string& error) {
  std::string options;
  const auto add = [&options](std::initializer_list<std::string> parts) {
    for (const std::string& part : parts) options.append(part).push_back('\0');
  };
  const bool is_root = ::geteuid() == 0;
  add({"--unshare-pid", "--unshare-ipc", "--unshare-uts", "--die-with-parent", "--new-session"});
  if (launch.no_network) add({"--unshare-net"});
  bool user_namespace = !is_root;
  if (!launch.user.empty() && launch.user != "0" && launch.user != "root" && launch.user != "0:0") {
    const UserIds ids = find_user(root, launch.user);
    error = ids.error;
    user_namespace = true;
    add({"--unshare-user", "--uid", std::to_string(ids.uid), "--gid", std::to_string(ids.gid)});
  } else if (!is_root) {
    add({"--unshare-user", "--uid", "0", "--gid", "0"});
  }
  if (!user_namespace) {
    add({"--cap-drop", "ALL"});
    for (const NamedCapability& capability : kCapabilities) add({"--cap-add", capability.name});
  }
  add({launch.read_only_root ? "--ro-bind" : "--bind", root, "/"});
  add({"--proc", "/proc", "--dev", "/dev"});
  add({"--ro-bind-try", "/etc/resolv.conf", "/etc/resolv.conf", "--ro-bind-try", "/etc/hosts", "/etc/hosts"});
  for (const Bind& bind : launch.binds) add({bind.read_only ? "--ro-bind" : "--bind", bind.source, bind.path});
  const std::string directory = launch.working_directory.empty() ? "/" : launch.working_directory;
  if (directory != "/") add({"--dir", directory});
  add({"--chdir", directory, "--clearenv"});
  for (const std::string& pair : launch.environment) {
    const std::size_t equals = pair.find('=');
    if (equals != std::string::npos) add({"--setenv", pair.substr(0, equals), pair.substr(equals + 1)});
  }
  return options;
}
}  // namespace

SandboxStart start_in_sandbox(const Launch& launch, const std::string& root, const std::string& program) {
  SandboxStart start;
  int out[2], err[2], info[2] = {-1, -1};
  if (::pipe2(out, O_CLOEXEC) != 0 || ::pipe2(err, O_CLOEXEC) != 0 || ::pipe2(info, O_CLOEXEC) != 0) {
    start.error = std::string("cannot make a pipe: ") + std::strerror(errno);
    return start;
  }
  int options_fd = -1;
  std::vector<std::string> arguments;
  if (launch.sandbox) {
    const std::string options = sandbox_options(launch, root, start.error);
    if (!start.error.empty()) return start;
    options_fd = ::memfd_create("options", 0);
    if (options_fd < 0 || ::write(options_fd, options.data(), options.size()) != static_cast<ssize_t>(options.size()) ||
        ::lseek(options_fd, 0, SEEK_SET) != 0) {
      start.error = std::string("cannot pass options to bubblewrap: ") + std::strerror(errno);
      return start;
    }
    arguments = {launch.bubblewrap, "--args", std::to_string(options_fd), "--json-status-fd", std::to_string(info[1]), "--"};
  }
  arguments.insert(arguments.end(), launch.arguments.begin(), launch.arguments.end());
  const std::vector<char*> argument_list = pointers(arguments);
  const std::vector<char*> environment_list = pointers(launch.environment);
  char* const no_environment[] = {nullptr};

  const std::vector<Limit> limits = limits_of(launch, start.error);
  if (!start.error.empty()) return start;
  start.child = ::fork();
  if (start.child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    reset_signals();
    ::dup2(out[1], STDOUT_FILENO);
    ::dup2(err[1], STDERR_FILENO);
    if (!join_cgroups(launch)) {
      static constexpr char kText[] = "[scaleout] cannot join the task's cgroup: its limits do not hold\n";
      [[maybe_unused]] const ssize_t n = ::write(STDERR_FILENO, kText, sizeof kText - 1);
    }
    for (const Limit& limit : limits) ::setrlimit(limit.number, &limit.value);
    if (launch.sandbox) {
      ::fcntl(info[1], F_SETFD, 0);
      ::execve(launch.bubblewrap.c_str(), argument_list.data(), no_environment);
    } else {
      ::setpgid(0, 0);
      const std::string directory = root + "/" + launch.working_directory;
      if (::chdir(directory.c_str()) != 0) ::_exit(126);
      ::execve(program.c_str(), argument_list.data(), environment_list.data());
    }
    ::_exit(127);
  }
  if (start.child < 0) start.error = std::string("cannot fork: ") + std::strerror(errno);
  ::close(out[1]);
  ::close(err[1]);
  ::close(info[1]);
  if (options_fd >= 0) ::close(options_fd);
  start.output_fds[0] = out[0];
  start.output_fds[1] = err[0];
  start.info_fd = info[0];
  if (!launch.sandbox) {
    ::close(info[0]);
    start.info_fd = -1;
  }
  for (const int fd : start.output_fds) ::fcntl(fd, F_SETFL, O_NONBLOCK);
  return start;
}

pid_t run_beside(const Launch& launch, int init_pid, const std::vector<std::string>& command) {
  const std::vector<char*> argument_list = pointers(command);
  std::vector<char*> environment_list = pointers(launch.environment);
  const pid_t outer = ::fork();
  if (outer != 0) return outer;
  // From here on in a child: no way back, only _exit.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  reset_signals();
  join_cgroups(launch);
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  for (const int fd : {0, 1, 2}) ::dup2(null, fd);
  if (init_pid > 0) {
    // All are opened before any is entered: /proc is another one afterwards. The user namespace comes last, because the
    // others may belong to its parent. One that is our own already is left out: entering it again may be refused.
    static constexpr struct { const char* name; int type; } kNamespaces[] = {
        {"pid", CLONE_NEWPID}, {"ipc", CLONE_NEWIPC}, {"uts", CLONE_NEWUTS},
        {"net", CLONE_NEWNET}, {"mnt", CLONE_NEWNS},  {"user", CLONE_NEWUSER}};
    int fds[6];
    for (int i = 0; i < 6; ++i) {
      const std::string name = std::string("/ns/") + kNamespaces[i].name;
      const std::string theirs = "/proc/" + std::to_string(init_pid) + name;
      struct stat own{}, other{};
      if (::stat(("/proc/self" + name).c_str(), &own) != 0 || ::stat(theirs.c_str(), &other) != 0) ::_exit(125);
      fds[i] = own.st_ino == other.st_ino ? -1 : ::open(theirs.c_str(), O_RDONLY | O_CLOEXEC);
    }
    for (int i = 0; i < 6; ++i)
      if (fds[i] >= 0 && ::setns(fds[i], kNamespaces[i].type) != 0) ::_exit(125);
    drop_capabilities();
  }
  const std::string directory = launch.working_directory.empty() ? "/" : launch.working_directory;
  const pid_t inner = ::fork();  // only a child is inside the pid namespace
  if (inner == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (init_pid > 0 && ::chdir(directory.c_str()) != 0) ::_exit(126);
    ::execvpe(argument_list[0], argument_list.data(), environment_list.data());
    ::_exit(127);
  }
  if (inner < 0) ::_exit(125);
  int status = 0;
  while (::waitpid(inner, &status, 0) < 0)
    if (errno != EINTR) ::_exit(125);
  ::_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

}  // namespace drivers::process
