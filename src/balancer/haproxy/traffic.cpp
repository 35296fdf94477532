#include "balancer/haproxy/traffic.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <charconv>
#include <cstring>

namespace balancer {
namespace {
constexpr int kLogBufferBytes = 1 << 20;        // of each socket; mostly max_dgram_qlen is less
constexpr int kMostLines = 2'000;               // of each socket at a time: the supervisor has other things to do
constexpr std::size_t kMostLatencies = 20'000;  // a report each second; above, the weight of the rest is dropped

template <class T>
bool parse_number(std::string_view text, T& value) {
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  return parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
}
}  // namespace

bool parse_log_line(std::string_view text, LogLine& line) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\0')) text.remove_suffix(1);
  std::array<std::string_view, 7> fields;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const auto end = text.find(' ');
    if ((end == std::string_view::npos) != (i + 1 == fields.size())) return false;
    fields[i] = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  line.frontend = fields[0];
  if (line.frontend.ends_with('~')) line.frontend.pop_back();  // HAProxy marks TLS so
  line.backend = fields[1];
  line.server = fields[2];
  if (!parse_number(fields[3], line.status)) return false;
  line.termination = fields[4];
  std::int64_t us = 0;
  line.seconds = parse_number(fields[5], us) && us >= 0 ? static_cast<double>(us) / 1e6 : -1;
  line.weight = 1;
  if (fields[6] != "-" && !parse_number(fields[6], line.weight)) return false;
  return true;
}

TrafficMeter::~TrafficMeter() {
  for (const int fd : fds_)
    if (fd >= 0) ::close(fd);
}

bool TrafficMeter::open(const std::string& prefix) {
  for (int i = 0; i < kLogSockets; ++i) {
    const std::string path = log_socket(prefix, i);
    int& fd = fds_[static_cast<std::size_t>(i)];
    sockaddr_un address{};
    if (path.size() >= sizeof address.sun_path) return false;
    if (fd >= 0) ::close(fd);
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.c_str(), path.size());
    fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return false;
    ::setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &kLogBufferBytes, sizeof kLogBufferBytes);
    ::unlink(path.c_str());
    if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return false;
  }
  return true;
}

void TrafficMeter::read_log() {
  char buffer[2048];
  for (const int fd : fds_)
    for (int i = 0; fd >= 0 && i < kMostLines; ++i) {
      const ssize_t n = ::recv(fd, buffer, sizeof buffer, MSG_DONTWAIT);
      if (n <= 0) break;
      read_line(std::string_view(buffer, static_cast<std::size_t>(n)));
    }
}

void TrafficMeter::read_line(std::string_view text) {
  LogLine line;
  if (!parse_log_line(text, line)) return;
  // Only the target's own headers set the response time (http-response rules).
  const bool by_target = line.server != "<NOSRV>" && line.seconds >= 0;
  if (by_target) {
    Logged& logged = by_backend_[line.backend];
    logged.sampled += 1;
    if (logged.latencies.size() < kMostLatencies) logged.latencies.emplace_back(line.seconds, line.weight);
  } else if (line.status > 0) {
    // A connection that timed out and could not be answered (see the README): HAProxy's 503 is our 504.
    const int status = line.status == 503 && line.termination == "sC" ? 504 : line.status;
    own_[line.frontend][status] += line.weight;
  }
}

void TrafficMeter::add_counters(int pid, const std::vector<StatRow>& rows) {
  auto& last = last_[pid];
  auto& active = active_[pid];
  const bool adopted = adopted_.erase(pid) > 0;
  for (const StatRow& row : rows) {
    const Key key{row.proxy, row.server};
    Row now;
    now.bytes_in = row.bytes_in;
    now.bytes_out = row.bytes_out;
    now.connection_errors = row.connection_errors;
    now.connections = row.connections;
    for (int i = 1; i <= 5; ++i) now.responses[static_cast<std::size_t>(i)] = row.responses[i];
    if (row.server == "FRONTEND") active[row.proxy] = row.current_sessions;
    Row& before = last[key];
    if (adopted) before = now;
    Row& delta = delta_[key];
    // A server deleted and added again starts from nothing.
    auto grown = [](std::uint64_t now_count, std::uint64_t before_count) {
      return now_count >= before_count ? now_count - before_count : now_count;
    };
    delta.bytes_in += grown(now.bytes_in, before.bytes_in);
    delta.bytes_out += grown(now.bytes_out, before.bytes_out);
    delta.connection_errors += grown(now.connection_errors, before.connection_errors);
    delta.connections += grown(now.connections, before.connections);
    for (std::size_t i = 1; i <= 5; ++i) delta.responses[i] += grown(now.responses[i], before.responses[i]);
    before = now;
  }
}

void TrafficMeter::keep_workers(const std::vector<int>& pids) {
  auto gone = [&](const auto& entry) {
    for (const int pid : pids)
      if (pid == entry.first) return false;
    return true;
  };
  std::erase_if(last_, gone);
  std::erase_if(active_, gone);
}

void TrafficMeter::report(Instant now, const Structure& structure,
                          const std::map<std::pair<std::string, std::string>, std::string>& member_ids, Sink& sink) {
  next_ = now + interval_;
  std::map<std::string, std::string> balancer_of;  // group id -> load balancer id
  for (const auto& [id, listener] : structure.listeners) {
    auto note = [&](const Action& action) {
      if (const auto* forward = std::get_if<Forward>(&action))
        for (const auto& one : forward->groups) balancer_of.emplace(one.group_id, listener.load_balancer_id);
    };
    note(listener.default_action);
    for (const Rule& rule : listener.rules) note(rule.action);
  }
  for (const auto& [group_id, group] : structure.groups) {
    const std::string backend = backend_name(group);
    Traffic traffic;
    traffic.at = now;
    traffic.group_id = group_id;
    traffic.load_balancer_id = balancer_of[group_id];
    for (auto row = delta_.lower_bound({backend, ""}); row != delta_.end() && row->first.first == backend; ++row) {
      const Row& delta = row->second;
      if (row->first.second == "BACKEND") continue;
      std::uint64_t requests = 0;
      for (std::size_t i = 1; i <= 5; ++i) requests += delta.responses[i];
      traffic.requests += requests;
      traffic.target_2xx += delta.responses[2];
      traffic.target_3xx += delta.responses[3];
      traffic.target_4xx += delta.responses[4];
      traffic.target_5xx += delta.responses[5];
      traffic.bytes_in += delta.bytes_in;
      traffic.bytes_out += delta.bytes_out;
      traffic.connection_errors += delta.connection_errors;
      const auto member = member_ids.find(row->first);
      if (requests > 0 && member != member_ids.end()) traffic.per_member_requests[member->second] += requests;
    }
    Logged& logged = by_backend_[backend];
    traffic.latency_sampled = logged.sampled;
    traffic.latency_seconds = std::move(logged.latencies);
    if (traffic.requests > 0 || traffic.connection_errors > 0 || traffic.latency_sampled > 0)
      sink.on_event(std::move(traffic));
  }
  std::map<std::string, Traffic> own;
  for (const auto& [id, listener] : structure.listeners) {
    const std::string frontend = frontend_name(listener);
    Traffic& traffic = own[listener.load_balancer_id];
    for (const auto& [status, count] : own_[frontend]) {
      traffic.requests += count;
      if (status / 100 == 3) traffic.elb_3xx += count;
      if (status / 100 == 4) traffic.elb_4xx += count;
      if (status == 500) traffic.elb_500 += count;
      if (status == 502) traffic.elb_502 += count;
      if (status == 503) traffic.elb_503 += count;
      if (status == 504) traffic.elb_504 += count;
    }
    const auto row = delta_.find({frontend, "FRONTEND"});
    if (row != delta_.end()) traffic.new_connections += row->second.connections;
    for (const auto& [pid, active] : active_) {
      const auto found = active.find(frontend);
      if (found != active.end()) traffic.active_connections += found->second;
    }
  }
  for (auto& [load_balancer_id, traffic] : own) {
    if (traffic.requests == 0 && traffic.new_connections == 0 && traffic.active_connections == 0) continue;
    traffic.at = now;
    traffic.load_balancer_id = load_balancer_id;
    sink.on_event(std::move(traffic));
  }
  delta_.clear();
  by_backend_.clear();
  own_.clear();
}

}  // namespace balancer
