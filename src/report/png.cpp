#include "report/png.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

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

/// A file without a name.
int unnamed_file() {
  std::string name = "/tmp/scaleout-figure-XXXXXX";
  const int fd = ::mkostemp(name.data(), O_CLOEXEC);
  if (fd >= 0) ::unlink(name.c_str());
  return fd;
}

bool write_all(int fd, const char* data, std::size_t size) {
  for (std::size_t at = 0; at < size;) {
    const ssize_t wrote = ::write(fd, data + at, size - at);
    if (wrote <= 0) return false;
    at += static_cast<std::size_t>(wrote);
  }
  return true;
}

Error no_file(const std::string& what) { return {"NoFile", fmt::format("cannot write {}: {}", what, std::strerror(errno))}; }

/// Runs it to its end.
Result<void> run_renderer(std::vector<const char*> arguments, int in, int out) {
  arguments.insert(arguments.begin(), "rsvg-convert");
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  pid_t pid = 0;
  const int failed = ::posix_spawnp(&pid, arguments[0], &actions, nullptr, const_cast<char* const*>(arguments.data()), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) {
    return fail("RendererMissing", fmt::format("cannot run rsvg-convert ({}): install Debian's package librsvg2-bin", std::strerror(failed)));
  }
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return fail("RendererFailed", "rsvg-convert did not draw the figure");
  return {};
}

Result<void> copy(int from, const std::string& path) {
  const Descriptor out(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (out.get() < 0) return tl::unexpected(no_file(path));
  char part[64 * 1024];
  ssize_t got = 0;
  ::lseek(from, 0, SEEK_SET);
  while ((got = ::read(from, part, sizeof part)) > 0) {
    if (!write_all(out.get(), part, static_cast<std::size_t>(got))) return tl::unexpected(no_file(path));
  }
  return {};
}

}  // namespace

Result<void> check_renderer() {
  const Descriptor none(::open("/dev/null", O_RDWR | O_CLOEXEC));
  return run_renderer({"--version"}, none.get(), none.get());
}

Result<void> write_png(const Run& run, const std::string& path) {
  const std::string figure = figure_alone(run);
  const Descriptor in(unnamed_file()), out(unnamed_file());
  if (in.get() < 0 || out.get() < 0 || !write_all(in.get(), figure.data(), figure.size())) return tl::unexpected(no_file("a temporary file"));
  ::lseek(in.get(), 0, SEEK_SET);
  TRY_VOID(run_renderer({"--format", "png", "--zoom", kZoom}, in.get(), out.get()));
  return copy(out.get(), path);  // only now: until there is a new picture the old one stays
}

}  // namespace report
