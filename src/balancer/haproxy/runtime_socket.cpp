#include "balancer/haproxy/runtime_socket.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>

namespace balancer {
namespace {

std::int64_t steady_ms() {
  return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

struct Descriptor {
  int fd;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
};

std::vector<std::string_view> split(std::string_view text, char by) {
  std::vector<std::string_view> parts;
  std::size_t from = 0;
  while (from <= text.size()) {
    const std::size_t end = std::min(text.find(by, from), text.size());
    parts.push_back(text.substr(from, end - from));
    from = end + 1;
  }
  return parts;
}

template <class T>
T number(std::string_view text) {
  T value{};
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// Words parted by runs of blanks.
std::vector<std::string_view> words(std::string_view line) {
  std::vector<std::string_view> found;
  for (const auto word : split(line, ' '))
    if (!word.empty()) found.push_back(word);
  return found;
}

// Bits of srv_admin_state. Not 0x04: that the server began as disabled stays true when it serves since.
constexpr int kMaintenance = 0x01 | 0x02 | 0x20 | 0x40;
constexpr int kDrain = 0x08 | 0x10;

}  // namespace

Result<std::string> runtime_command(const std::string& socket_path, const std::string& command, Duration timeout) {
  sockaddr_un address{};
  if (socket_path.size() >= sizeof address.sun_path) return fail("Unreachable", "socket path too long: " + socket_path);
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, socket_path.c_str(), socket_path.size());
  const Descriptor socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (socket.fd < 0) return fail("Unreachable", std::strerror(errno));
  if (::connect(socket.fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return fail("Unreachable", std::string("connect ") + socket_path + ": " + std::strerror(errno));
  const std::int64_t deadline = steady_ms() + timeout.count();
  const std::string line = command + "\n";
  std::size_t sent = 0;
  std::string answer;
  char buffer[65536];
  while (true) {
    pollfd wait{socket.fd, static_cast<short>(sent < line.size() ? POLLOUT : POLLIN), 0};
    const std::int64_t left = deadline - steady_ms();
    if (left <= 0) return fail("Timeout", "no answer to " + command.substr(0, 60));
    if (::poll(&wait, 1, static_cast<int>(left)) <= 0) continue;
    if (sent < line.size()) {
      const ssize_t n = ::send(socket.fd, line.data() + sent, line.size() - sent, MSG_NOSIGNAL);
      if (n < 0 && errno != EAGAIN) return fail("Unreachable", std::strerror(errno));
      if (n > 0) sent += static_cast<std::size_t>(n);
      // The master's socket keeps the conversation open until our side is closed.
      if (sent == line.size()) ::shutdown(socket.fd, SHUT_WR);
      continue;
    }
    const ssize_t n = ::recv(socket.fd, buffer, sizeof buffer, 0);
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
      // HAProxy ends even an answer that says nothing with a line: an empty one comes of a worker that left meanwhile.
      if (!answer.empty()) return answer;
      return fail("Unreachable", n == 0 ? "closed without an answer" : std::strerror(errno));
    }
    if (n > 0) answer.append(buffer, static_cast<std::size_t>(n));
  }
}

std::vector<StatRow> parse_stat(std::string_view csv) {
  std::vector<StatRow> rows;
  std::map<std::string_view, std::size_t> column;
  for (const auto line : split(csv, '\n')) {
    if (line.starts_with("# ")) {
      const auto names = split(line.substr(2), ',');
      for (std::size_t i = 0; i < names.size(); ++i) column.emplace(names[i], i);
      continue;
    }
    if (line.empty() || column.empty()) continue;
    // Free text (last_chk, check_desc) stands quoted where it contains a comma, and after the columns we count on.
    std::vector<std::string_view> fields;
    std::size_t from = 0;
    while (from <= line.size()) {
      std::size_t end;
      if (from < line.size() && line[from] == '"') {
        end = from + 1;
        while (end < line.size() && !(line[end] == '"' && (end + 1 == line.size() || line[end + 1] == ','))) ++end;
        fields.push_back(line.substr(from + 1, end - from - 1));
        ++end;
      } else {
        end = std::min(line.find(',', from), line.size());
        fields.push_back(line.substr(from, end - from));
      }
      from = end + 1;
    }
    auto text = [&](std::string_view name) -> std::string_view {
      const auto at = column.find(name);
      return at != column.end() && at->second < fields.size() ? fields[at->second] : std::string_view();
    };
    auto count = [&](std::string_view name) { return number<std::uint64_t>(text(name)); };
    if (text("pxname").empty() || text("svname").empty()) continue;
    StatRow row;
    row.proxy = text("pxname");
    row.server = text("svname");
    row.status = text("status");
    row.check_status = text("check_status");
    if (row.check_status.starts_with("* ")) row.check_status.erase(0, 2);  // a probe is under way
    row.check_code = text("check_code");
    row.address = text("addr");
    row.current_sessions = count("scur");
    row.sessions = count("stot");
    row.bytes_in = count("bin");
    row.bytes_out = count("bout");
    row.connection_errors = count("econ");
    row.requests = count("req_tot");
    row.connections = count("conn_tot");
    static constexpr std::string_view kClasses[] = {"", "hrsp_1xx", "hrsp_2xx", "hrsp_3xx", "hrsp_4xx", "hrsp_5xx"};
    for (int i = 1; i <= 5; ++i) row.responses[i] = count(kClasses[i]);
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<ServerState> parse_servers_state(std::string_view text) {
  std::vector<ServerState> servers;
  for (const auto line : split(text, '\n')) {
    if (line.starts_with("#")) continue;
    const auto fields = words(line);
    if (fields.size() < 19) continue;
    ServerState server;
    server.proxy = fields[1];
    server.server = fields[3];
    server.address = fields[4];
    server.up = number<int>(fields[5]) != 0;
    const int admin = number<int>(fields[6]);
    server.maintenance = (admin & kMaintenance) != 0;
    server.drain = (admin & kDrain) != 0;
    server.port = number<int>(fields[18]);
    servers.push_back(std::move(server));
  }
  return servers;
}

Processes parse_processes(std::string_view text) {
  Processes found;
  bool old = false;
  for (const auto line : split(text, '\n')) {
    if (line.starts_with("# old workers")) old = true;
    if (line.starts_with("# programs")) break;
    const auto fields = words(line);
    if (fields.size() < 2 || line.starts_with("#")) continue;
    const int pid = number<int>(fields[0]);
    if (fields[1] == "master") found.master = pid;
    if (fields[1] == "worker") (old ? found.old : found.current).push_back(pid);
  }
  return found;
}

}  // namespace balancer
