#include "drivers/process/shim/container_root.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "drivers/files.h"
#include "drivers/process/shim/namespaces.h"

namespace drivers::process {
namespace fs = std::filesystem;

namespace {
/// Opens a path as the container would see it: "/" and ".." end at its root.
int open_inside(const std::string& root, const std::string& path, int flags) {
  const int top = ::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (top < 0) return -1;
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  const int fd = static_cast<int>(::syscall(SYS_openat2, top, path.c_str(), &how, sizeof how));
  const int failed = errno;
  ::close(top);
  errno = failed;
  return fd;
}

bool is_program(const std::string& root, const std::string& path) {
  const int fd = open_inside(root, path, O_PATH);
  if (fd < 0) return false;
  struct stat facts{};
  const bool good = ::fstat(fd, &facts) == 0 && S_ISREG(facts.st_mode) && (facts.st_mode & 0111) != 0;
  ::close(fd);
  return good;
}

/// A mount namespace, below which nothing is ever left mounted.
bool enter_namespaces(bool in_user_namespace) {
  if (!in_user_namespace && !enter_user_namespace()) return false;
  return ::unshare(CLONE_NEWNS) == 0 && ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
}

bool mount_overlay(const std::string& lower) {
  const int lower_fd = ::open(lower.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (lower_fd < 0) return false;
  // By descriptor and relative names: a path with ':' or ',' in it would be read as options.
  std::string options = "lowerdir=/proc/self/fd/" + std::to_string(lower_fd) + ",upperdir=upper,workdir=work";
  if (::geteuid() != 0) options += ",userxattr";
  const bool good = ::mount("overlay", "root", "overlay", MS_NODEV, options.c_str()) == 0;
  const int failed = errno;
  ::close(lower_fd);
  errno = failed;
  return good;
}

/// What the sandbox mounts over must exist; made here because the root may be bound read-only.
void make_mount_points(const std::string& root) {
  const int top = ::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (top < 0) return;
  for (const char* name : {"proc", "dev", "etc"}) ::mkdirat(top, name, 0755);
  if (::mkdirat(top, "tmp", 01777) == 0) ::fchmodat(top, "tmp", 01777, 0);
  if (const int etc = ::openat(top, "etc", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC); etc >= 0) {
    for (const char* name : {"resolv.conf", "hosts"})
      if (const int fd = ::openat(etc, name, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0644); fd >= 0)
        ::close(fd);
    ::close(etc);
  }
  ::close(top);
}

/// The same for a bind, along its whole path; a file is mounted over a file.
void make_bind_point(const std::string& root, const Bind& bind) {
  struct stat source{};
  const bool directory = ::stat(bind.source.c_str(), &source) != 0 || S_ISDIR(source.st_mode);
  std::string done = ".";
  for (std::size_t at = 0; at < bind.path.size();) {
    const std::size_t begin = bind.path.find_first_not_of('/', at);
    if (begin == std::string::npos) return;
    at = std::min(bind.path.find('/', begin), bind.path.size());
    const std::string name = bind.path.substr(begin, at - begin);
    const int parent = open_inside(root, done, O_PATH | O_DIRECTORY);
    if (parent < 0 || name == "..") {
      if (parent >= 0) ::close(parent);
      return;
    }
    if (at < bind.path.size() || directory) ::mkdirat(parent, name.c_str(), 0755);
    else if (const int fd = ::openat(parent, name.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0644); fd >= 0) ::close(fd);
    ::close(parent);
    done += "/" + name;
  }
}

/// The numeric field of the line of /etc/passwd or /etc/group that starts with `name`.
bool look_up(const std::string& root, const char* file, const std::string& name, int field, unsigned& id) {
  const int fd = open_inside(root, file, O_RDONLY);
  if (fd < 0) return false;
  const std::string text = read_whole("/proc/self/fd/" + std::to_string(fd)).value_or("");
  ::close(fd);
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    std::string line = text.substr(at, end - at);
    at = end + 1;
    if (!line.starts_with(name + ":")) continue;
    for (int i = 0; i < field; ++i) line.erase(0, std::min(line.find(':'), line.size() - 1) + 1);
    id = static_cast<unsigned>(std::strtoul(line.c_str(), nullptr, 10));
    return true;
  }
  return false;
}

bool is_number(const std::string& text) {
  return !text.empty() && text.size() < 10 && text.find_first_not_of("0123456789") == std::string::npos;
}
}  // namespace

ContainerRoot make_container_root(const Launch& launch, bool in_user_namespace) {
  ContainerRoot root{"root", {}, {}};
  for (const char* name : {"root", "upper", "work"}) ::mkdir(name, 0755);
  const bool namespaces = enter_namespaces(in_user_namespace);
  const int why = errno;
  if (!namespaces || !mount_overlay(launch.lower)) {
    const std::string reason = std::strerror(namespaces ? errno : why);
    std::error_code error;
    fs::copy(launch.lower, "root", fs::copy_options::recursive | fs::copy_options::copy_symlinks |
                                       fs::copy_options::overwrite_existing, error);
    if (error) {
      root.error = "cannot copy the image's files: " + error.message();
      return root;
    }
    root.warning = "no overlay file system here (" + reason + "): the task runs on a copy of its image";
  }
  make_mount_points("root");
  for (const Bind& bind : launch.binds) make_bind_point("root", bind);
  return root;
}

std::string find_program(const std::string& root, const std::string& program, const std::string& working_directory,
                         const std::string& search_path) {
  if (program.find('/') != std::string::npos) {
    const std::string path = program.front() == '/' ? program : working_directory + "/" + program;
    return is_program(root, path) ? path : std::string();
  }
  std::size_t at = 0;
  while (!program.empty() && at <= search_path.size()) {
    const std::size_t end = std::min(search_path.find(':', at), search_path.size());
    const std::string path = search_path.substr(at, end - at) + "/" + program;
    if (is_program(root, path)) return path;
    at = end + 1;
  }
  return {};
}

UserIds find_user(const std::string& root, const std::string& user) {
  UserIds ids;
  const std::size_t colon = user.find(':');
  const std::string name = user.substr(0, colon);
  if (is_number(name)) {
    ids.uid = static_cast<unsigned>(std::strtoul(name.c_str(), nullptr, 10));
  } else if (!look_up(root, "/etc/passwd", name, 2, ids.uid)) {
    ids.error = "unable to find user " + name + ": no matching entries in passwd file";
    return ids;
  } else {
    look_up(root, "/etc/passwd", name, 3, ids.gid);
  }
  if (colon == std::string::npos) return ids;
  const std::string group = user.substr(colon + 1);
  if (is_number(group)) ids.gid = static_cast<unsigned>(std::strtoul(group.c_str(), nullptr, 10));
  else if (!look_up(root, "/etc/group", group, 2, ids.gid))
    ids.error = "unable to find group " + group + ": no matching entries in group file";
  return ids;
}

}  // namespace drivers::process
