// Keeps one HAProxy at what is wanted. Everything here runs on the balancer's own thread: HaproxyBalancer hands it the
// wanted state and calls turn() again and again; turn() compares, acts, and reports events.
//
// What always holds: nothing is touched before ready(). Each step may be the last (kill -9): what a step leaves behind
// is either found again by adopt() or harmless. Structure goes by reload, members by the runtime API.
#pragma once

#include <functional>
#include <optional>
#include <set>

#include "balancer/haproxy/haproxy_balancer.h"
#include "balancer/haproxy/process.h"
#include "balancer/haproxy/render.h"
#include "balancer/haproxy/runtime_socket.h"
#include "balancer/haproxy/traffic.h"

namespace balancer {

struct Wanted {
  bool ready = false;
  std::map<std::string, ListenerSpec> listeners;
  std::map<std::string, GroupSpec> groups;
  std::map<std::string, std::vector<Member>> members;
  /// {group, member}: missing from some call since the last turn, even if wanted again: a new registration.
  std::set<std::pair<std::string, std::string>> left;
};

class Supervisor {
 public:
  Supervisor(HaproxyOptions options, const Clock& clock, Sink& sink);

  /// Takes over what is wanted now; a structural change is carried out a moment later, together with its neighbours.
  void want(const Wanted& wanted, bool structure_changed);
  /// Does what is due.
  void turn();
  /// After a turn that threw: nothing it meant to do may be forgotten.
  void look_again();
  /// Descriptors whose readability should wake the thread: HAProxy's end, and the log (read at each turn, 10 times a
  /// second, and when there is much of it).
  std::vector<int> descriptors() const;
  /// How long the thread may sleep.
  Duration pause() const;
  void shut_down();

 private:
  enum class Phase { initial, active, draining };
  struct Server {  ///< one that stands in the running HAProxy
    std::string group_id, member_id, backend, name, address, arguments;
    int port = 0;
    Phase phase = Phase::initial;
    Instant since;         ///< registered (or adopted)
    bool leaving = false;  ///< not wanted any more; deletion may take several tries
    bool idle_reported = false, restated = false;
    std::string state, reason, description;  ///< as last reported
  };
  using ServerKey = std::pair<std::string, std::string>;  ///< backend, server name

  // supervisor.cpp: the process and its structure
  void adopt();
  bool replace_worker(const Structure& structure);
  bool wait_for_generation(std::uint64_t generation, Duration timeout);
  struct Bound {
    std::string address;
    int declared = 0, port = 0;
  };
  Structure bindable();
  void report_bound(const std::string& listener_id, int port, const std::string& error);
  void change_structure(Instant now);
  void restore_structure();
  std::vector<ProcessHandle> everything() const;
  void note_silence(Instant since);
  void read_worker(const std::string& info);
  bool write_config(const Structure& structure, std::uint64_t generation);
  bool write_certificates(const Structure& structure);
  void drop_certificates();
  bool find_generation();
  std::string stats_socket(std::uint64_t generation) const;
  std::string file(const std::string& name) const { return options_.directory + "/" + name; }
  void point(std::string_view name) const {
    if (options_.at_point) options_.at_point(name);
  }

  // supervisor_members.cpp: servers, health, draining
  bool learn_servers();
  void restate_servers();
  void reconcile_members();
  void reconcile_group(const GroupSpec& group, std::set<ServerKey>& wanted_servers);
  void refresh_old_workers();
  void poll();
  void observe(Server& server, const StatRow& row, std::uint64_t sessions_elsewhere);
  void observe_initial(Server& server, const StatRow& row, const GroupSpec& group);
  bool add_server(const GroupSpec& group, const Member& member);
  bool delete_server(const Server& server, bool insist);
  void report(Server& server, std::string state, std::string reason, std::string description);
  Result<std::string> run(const std::string& commands, Duration timeout = Duration{2'000});
  void mirror(const std::string& command);

  HaproxyOptions options_;
  const Clock& clock_;
  Sink& sink_;
  std::string runtime_;  ///< where the sockets are: unix paths have 108 bytes
  ProcessHandle master_;
  std::uint64_t generation_ = 0;       ///< that runs
  std::uint64_t last_generation_ = 0;  ///< that was ever written; never used twice
  Structure structure_;                ///< what the running HAProxy has
  std::string structure_text_;
  std::string proven_text_;             ///< last accepted by `haproxy -c`
  std::map<std::string, Bound> bound_;  ///< listener id: what the running HAProxy listens on
  std::map<std::string, std::string> reported_bound_;
  bool adopted_ = false, structure_dirty_ = false, members_dirty_ = false, up_reported_ = false;
  Instant structure_due_, next_reload_, next_poll_, retry_bind_ = kNever, next_old_workers_;
  int worker_pid_ = 0;
  int unanswered_ = 0;  ///< looks at the runtime socket in a row
  Instant silent_since_;
  std::map<ServerKey, Server> servers_;
  std::vector<int> old_workers_;
  Wanted wanted_;
  TrafficMeter traffic_;
};

/// Why a probe failed, in an ALB's words: {reason, description}.
std::pair<std::string, std::string> failed_probe(const StatRow& row);

}  // namespace balancer
