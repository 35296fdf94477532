// Turns HAProxy's counters and log lines into the Traffic of each interval (a second at most). The supervisor feeds it
// every `show stat` it makes, and the log socket's datagrams.
//
// What always holds: counters are compared per worker pid, so that neither a reload nor a new server counts twice; the
// log sockets are read without ever blocking, and HAProxy never waits for them: it drops what they do not take.
#pragma once

#include <array>
#include <set>
#include <string>

#include "balancer/haproxy/render.h"
#include "balancer/haproxy/runtime_socket.h"

namespace balancer {

struct LogLine {
  std::string frontend, backend, server, termination;
  int status = 0;
  double seconds = -1;  ///< response time of the target; < 0: none
  std::uint64_t weight = 1;
};
/// False for a line that is not ours.
bool parse_log_line(std::string_view text, LogLine& line);

class TrafficMeter {
 public:
  explicit TrafficMeter(Duration interval) : interval_(interval) {}
  TrafficMeter(const TrafficMeter&) = delete;
  TrafficMeter& operator=(const TrafficMeter&) = delete;
  ~TrafficMeter();

  /// Binds the log sockets (left-overs of an earlier engine are replaced).
  bool open(const std::string& prefix);
  /// Readable when there is something in each of the sockets; -1: not open.
  int wake_fd() const { return fds_.back(); }
  void read_log();
  /// Workers of before: what they have counted up to their first counters here, an earlier engine has reported.
  void adopt(const std::vector<int>& pids) { adopted_.insert(pids.begin(), pids.end()); }
  void add_counters(int pid, const std::vector<StatRow>& rows);
  /// Forgets workers that are gone.
  void keep_workers(const std::vector<int>& pids);
  /// True once the interval has passed since the last report.
  bool due(Instant now) const { return now >= next_; }
  void report(Instant now, const Structure& structure,
              const std::map<std::pair<std::string, std::string>, std::string>& member_ids, Sink& sink);

 private:
  struct Row {
    std::uint64_t bytes_in = 0, bytes_out = 0, connection_errors = 0, connections = 0, active = 0;
    std::array<std::uint64_t, 6> responses{};
  };
  using Key = std::pair<std::string, std::string>;  ///< proxy, server

  void read_line(std::string_view text);

  std::vector<int> fds_ = std::vector<int>(kLogSockets, -1);
  Duration interval_;
  Instant next_;
  std::set<int> adopted_;  ///< and not heard of yet
  std::map<int, std::map<Key, Row>> last_;
  std::map<Key, Row> delta_;
  std::map<int, std::map<std::string, std::uint64_t>> active_;  ///< by worker and frontend
  struct Logged {
    std::vector<std::pair<double, std::uint64_t>> latencies;
    std::uint64_t sampled = 0;
  };
  std::map<std::string, Logged> by_backend_;
  /// Answers of the balancer's own, by frontend and status.
  std::map<std::string, std::map<int, std::uint64_t>> own_;
};

}  // namespace balancer
