#include "report/png.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "report/figure.h"

extern char** environ;

namespace report {

namespace {

constexpr const char* kZoom = "1.5";  // 1800 pixels wide: sharp on a page that shows it at 1200

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

/// An unnamed file with the text, read from its start.
int file_of(const std::string& text) {
  std::string name = "/tmp/scaleout-figure-XXXXXX";
  const int fd = ::mkostemp(name.data(), O_CLOEXEC);
  if (fd < 0) return -1;
  ::unlink(name.c_str());
  for (std::size_t at = 0; at < text.size();) {
    const ssize_t wrote = ::write(fd, text.data() + at, text.size() - at);
    if (wrote <= 0) {
      ::close(fd);
      return -1;
    }
    at += static_cast<std::size_t>(wrote);
  }
  ::lseek(fd, 0, SEEK_SET);
  return fd;
}

}  // namespace

Result<void> write_png(const Run& run, const std::string& path) {
  const Descriptor in(file_of(figure_alone(run)));
  if (in.get() < 0) return fail("NoFile", fmt::format("cannot write a temporary file: {}", std::strerror(errno)));
  const Descriptor out(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (out.get() < 0) return fail("NoFile", fmt::format("cannot write {}: {}", path, std::strerror(errno)));
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in.get(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out.get(), STDOUT_FILENO);
  const char* command[] = {"rsvg-convert", "--format", "png", "--zoom", kZoom, nullptr};
  pid_t pid = 0;
  const int failed = ::posix_spawnp(&pid, command[0], &actions, nullptr, const_cast<char* const*>(command), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) {
    ::unlink(path.c_str());
    return fail("RendererMissing", fmt::format("cannot run rsvg-convert ({}): install Debian's package librsvg2-bin", std::strerror(failed)));
  }
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    ::unlink(path.c_str());
    return fail("RendererFailed", "rsvg-convert did not draw the figure");
  }
  return {};
}

}  // namespace report
