#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timex.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "base/time.h"
#include "console/doctor.h"

namespace console {

namespace {

namespace fs = std::filesystem;

/// 0, or the errno of binding. An address in use by somebody else can be bound in principle.
int bind_error(const char* address, int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return errno;
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_port = htons(static_cast<std::uint16_t>(port));
  inet_pton(AF_INET, address, &where.sin_addr);
  const int error = ::bind(fd, reinterpret_cast<sockaddr*>(&where), sizeof where) == 0 ? 0 : errno;
  close(fd);
  return error == EADDRINUSE ? 0 : error;
}

/// "2.6.12-1+deb12u2" of "HAProxy version 2.6.12-1+deb12u2 2025/…".
std::string version_of(const std::string& haproxy) {
  if (access(haproxy.c_str(), X_OK) != 0) return {};
  std::FILE* output = popen(("'" + haproxy + "' -v 2>/dev/null").c_str(), "r");
  if (!output) return {};
  char line[256] = "";
  const char* read = std::fgets(line, sizeof line, output);
  while (std::fgetc(output) != EOF) {
  }
  pclose(output);
  const std::string text = read ? line : "";
  const std::string before = "version ";
  const std::size_t at = text.find(before);
  if (at == std::string::npos) return {};
  return text.substr(at + before.size(), text.find_first_of(" \n", at + before.size()) - at - before.size());
}

fs::path nearest_existing(fs::path path) {
  std::error_code error;
  while (!path.empty() && !fs::exists(path, error) && path != path.parent_path()) path = path.parent_path();
  return path;
}

}  // namespace

Facts host_facts(const std::string& directory, const std::string& haproxy) {
  Facts facts;
  utsname name{};
  if (uname(&name) == 0) facts.kernel = name.release;
  facts.haproxy_path = haproxy;
  facts.haproxy_version = version_of(haproxy);
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) == 0) facts.open_files = files.rlim_max;
  if (const int error = bind_error("127.211.199.1", 0)) facts.loopback_problem = std::strerror(error);
  facts.low_ports = bind_error("127.211.199.1", 80) == 0;
  facts.state_directory = directory;
  const fs::path existing = nearest_existing(directory);
  std::error_code error;
  if (!fs::is_directory(existing, error)) {
    facts.state_problem = existing.string() + " is not a directory";
  } else if (access(existing.c_str(), W_OK | X_OK) != 0) {
    facts.state_problem = existing.string() + " is not writable: " + std::strerror(errno);
  }
  const fs::space_info space = fs::space(existing, error);
  if (!error) facts.disk_free = space.available;
  facts.now_ms = to_ms(SteadyWallClock().now());
  timex state{};
  facts.clock_synchronised = adjtimex(&state) >= 0 && (state.status & STA_UNSYNC) == 0;
  return facts;
}

}  // namespace console
