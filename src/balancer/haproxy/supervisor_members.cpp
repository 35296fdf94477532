// Servers of the running HAProxy: added, probed, promoted, drained, deleted; and what their targets feel.
//
// A new server is in drain until its first probe passes: probed, no traffic (`enable server` would make it UP before).
// From then on HAProxy itself takes it out and back by its thresholds, also while no engine runs.
#include <fmt/format.h>

#include <algorithm>

#include "balancer/haproxy/names.h"
#include "balancer/haproxy/supervisor.h"
#include "base/log.h"

namespace balancer {
namespace {

constexpr Duration kPoll{100};
constexpr Duration kOldWorkers{1'000};
constexpr std::string_view kServersStateVersion = "1\n";  // the first line of every answer to `show servers state`

bool passed(const StatRow& row) {
  return row.check_status == "L7OK" || row.check_status == "L7OKC" || row.check_status == "L6OK" ||
         row.check_status == "L4OK";
}

bool failed(const StatRow& row) {
  return !passed(row) && !row.check_status.empty() && row.check_status != "INI" && row.check_status != "UNK" &&
         row.check_status != "CHECKED";
}

/// While the next probe is under way HAProxy keeps the status of the last one, but not its code.
bool code_is_gone(const StatRow& row) { return row.check_status == "L7STS" && row.check_code == "0"; }

}  // namespace

std::pair<std::string, std::string> failed_probe(const StatRow& row) {
  if (code_is_gone(row)) return {"Target.ResponseCodeMismatch", "Health checks failed"};
  if (row.check_status == "L7STS" && !row.check_code.empty())
    return {"Target.ResponseCodeMismatch", fmt::format("Health checks failed with these codes: [{}]", row.check_code)};
  if (row.check_status.ends_with("TOUT")) return {"Target.Timeout", "Request timed out"};
  return {"Target.FailedHealthChecks", "Health checks failed"};
}

Result<std::string> Supervisor::run(const std::string& commands, Duration timeout) {
  auto answer = runtime_command(stats_socket(generation_), commands, timeout);
  if (!answer && master_ && !master_.ended() && find_generation())
    answer = runtime_command(stats_socket(generation_), commands, timeout);
  return answer;
}

/// Old workers still carry keep-alive connections: what becomes of a server must reach them too.
void Supervisor::mirror(const std::string& command) {
  for (const int pid : old_workers_)
    (void)runtime_command(runtime_ + "/master.sock", fmt::format("@!{} {}", pid, command), Duration{500});
}

void Supervisor::refresh_old_workers() {
  next_old_workers_ = clock_.now() + kOldWorkers;
  const auto text = runtime_command(runtime_ + "/master.sock", "show proc", Duration{500});
  if (!text) return;
  const Processes processes = parse_processes(*text);
  if (processes.master == 0) return;
  old_workers_ = processes.old;
  std::vector<int> alive = processes.old;
  alive.push_back(worker_pid_);
  traffic_.keep_workers(alive);
}

void Supervisor::report(Server& server, std::string state, std::string reason, std::string description) {
  if (server.state == state && server.reason == reason && server.description == description) return;
  const std::string target = server.backend + "/" + server.name;
  if (server.state == "unhealthy" && state == "healthy") mirror("set server " + target + " state ready");
  if (state == "unhealthy") mirror("set server " + target + " state maint");
  server.state = std::move(state);
  server.reason = std::move(reason);
  server.description = std::move(description);
  sink_.on_event(TargetHealthChanged{server.group_id, server.member_id, server.state, server.reason, server.description,
                                     clock_.now()});
}

/// After adoption: what stands in the running HAProxy, by name. Servers that nobody wants are deleted by reconcile.
/// False: it did not say. To go on would be to reload it without servers.
bool Supervisor::learn_servers() {
  servers_.clear();
  const auto text = run("show servers state");
  if (!text || !text->starts_with(kServersStateVersion)) return false;
  std::map<std::string, const GroupSpec*> groups;
  std::map<ServerKey, const Member*> members;
  for (const auto& [id, group] : wanted_.groups) {
    groups[backend_name(group)] = &group;
    const auto wanted = wanted_.members.find(id);
    if (wanted == wanted_.members.end()) continue;
    for (const Member& member : wanted->second) members[{backend_name(group), server_name(member.id)}] = &member;
  }
  for (const ServerState& found : parse_servers_state(*text)) {
    Server server;
    server.backend = found.proxy;
    server.name = found.server;
    server.address = found.address;
    server.port = found.port;
    server.since = clock_.now();
    const auto group = groups.find(found.proxy);
    const auto member = members.find({found.proxy, found.server});
    server.leaving = group == groups.end() || member == members.end();
    if (!server.leaving) {
      server.group_id = group->second->id;
      server.member_id = member->second->id;
      server.phase = !found.drain && !found.maintenance        ? Phase::active
                     : member->second->draining && found.drain ? Phase::draining
                                                               : Phase::initial;
    }
    servers_[{server.backend, server.name}] = server;
  }
  return true;
}

/// A new worker starts with serving servers UP (one failed probe from DOWN) and all others disabled.
void Supervisor::restate_servers() {
  for (auto& [key, server] : servers_) {
    const std::string target = server.backend + "/" + server.name;
    std::string commands;
    if (server.phase != Phase::active) {
      commands = fmt::format("set server {} state drain", target);
    } else if (server.state == "unhealthy") {
      commands =
          fmt::format("set server {0} state drain; set server {0} health down; set server {0} state ready", target);
    } else {
      commands = fmt::format("set server {} health up", target);
    }
    (void)run(commands);
  }
}

bool Supervisor::add_server(const GroupSpec& group, const Member& member) {
  Server server;
  server.group_id = group.id;
  server.member_id = member.id;
  server.backend = backend_name(group);
  server.name = server_name(member.id);
  server.address = member.address;
  server.port = member.port;
  server.since = clock_.now();
  const std::string target = server.backend + "/" + server.name;
  if (!is_cidr(member.address) || member.address.find('/') != std::string::npos) {
    log_warning("balancer: {} has no usable address: {}", member.id, quoted(member.address));
    return false;
  }
  std::string commands =
      fmt::format("add server {} {}:{}{}", target, member.address, member.port, server_arguments(group));
  commands += group.health.enabled ? fmt::format("; enable health {0}; set server {0} state drain", target)
                                   : fmt::format("; set server {} state drain", target);
  const auto answer = run(commands);
  if (!answer || answer->find("New server registered") == std::string::npos) {
    log_warning("balancer: add server {}: {}", target, answer ? *answer : answer.error().message);
    return false;
  }
  if (group.stickiness.enabled && !group.stickiness.application_cookie)
    (void)run("enable dynamic-cookie backend " + server.backend);
  if (member.draining) server.phase = Phase::draining;
  server.state = "";
  servers_[{server.backend, server.name}] = std::move(server);
  point("after-add-server");
  return true;
}

bool Supervisor::delete_server(const Server& server, bool insist) {
  const std::string target = server.backend + "/" + server.name;
  // Its last requests are counted before its counters go.
  if (const auto rows = run("show stat")) traffic_.add_counters(worker_pid_, parse_stat(*rows));
  const std::string cut = insist ? fmt::format("shutdown sessions server {}; ", target) : "";
  const auto answer = run(fmt::format("set server {0} state maint; {1}del server {0}", target, cut));
  mirror("set server " + target + " state maint");
  if (!answer) return false;
  return answer->find("Server deleted") != std::string::npos || answer->find("No such server") != std::string::npos ||
         answer->find("No such backend") != std::string::npos;
}

void Supervisor::reconcile_group(const GroupSpec& group, std::set<ServerKey>& wanted_servers) {
  const auto members = wanted_.members.find(group.id);
  if (members == wanted_.members.end()) return;
  const std::string backend = backend_name(group);
  for (const Member& member : members->second) {
    const ServerKey key{backend, server_name(member.id)};
    wanted_servers.insert(key);
    const auto found = servers_.find(key);
    if (found != servers_.end() && !found->second.leaving &&
        (found->second.address != member.address || found->second.port != member.port))
      found->second.leaving = true;  // added anew once it is gone
    if (found != servers_.end() && found->second.leaving) continue;
    if (found == servers_.end()) {
      if (!add_server(group, member)) members_dirty_ = true;
      continue;
    }
    Server& server = found->second;
    const std::string target = server.backend + "/" + server.name;
    if (member.draining && server.phase != Phase::draining) {
      const std::string command = "set server " + target + " state drain";
      if (run(command)) {
        mirror(command);
        server.phase = Phase::draining;
        server.idle_reported = false;
        point("after-drain");
      } else {
        members_dirty_ = true;
      }
    } else if (!member.draining && server.phase == Phase::draining) {
      server.phase = Phase::initial;
      server.idle_reported = false;
      server.state.clear();  // registered again: its health is news
    }
  }
}

void Supervisor::reconcile_members() {
  members_dirty_ = false;
  if (!master_) {  // no listener: nothing carries traffic, so nothing is in flight
    for (const auto& [group_id, members] : wanted_.members)
      for (const Member& member : members)
        if (member.draining) sink_.on_event(TargetIdle{group_id, member.id, clock_.now()});
    return;
  }
  std::set<ServerKey> wanted_servers;
  for (const auto& [id, group] : structure_.groups)
    if (wanted_.groups.contains(id)) reconcile_group(group, wanted_servers);
  std::vector<ServerKey> gone;
  for (auto& [key, server] : servers_) {
    if (wanted_servers.contains(key) && !server.leaving) continue;
    const bool again = server.leaving;
    server.leaving = true;
    if (delete_server(server, again)) gone.push_back(key);
  }
  for (const auto& key : gone) {
    servers_.erase(key);
    if (wanted_servers.contains(key)) members_dirty_ = true;
  }
}

void Supervisor::observe_initial(Server& server, const StatRow& row, const GroupSpec& group) {
  const std::string target = server.backend + "/" + server.name;
  if (row.status.starts_with("MAINT") && !server.restated) {
    server.restated = true;
    (void)run("set server " + target + " state drain");
    return;
  }
  if (!group.health.enabled || passed(row)) {
    const std::string up = group.health.enabled ? fmt::format("set server {} health up; ", target) : "";
    point("before-ready");
    if (!run(fmt::format("{}set server {} state ready", up, target))) return;
    mirror(fmt::format("add server {} {}:{}{}", target, server.address, server.port, kServerDefaults));
    mirror("set server " + target + " state ready");
    server.phase = Phase::active;
    report(server, "healthy", "", "");
    return;
  }
  // Probes come faster than the interval until the first pass; failing is decided at the interval's pace.
  const Duration patience =
      group.health.interval * std::max(1, group.health.unhealthy_threshold - 1) + group.health.timeout;
  const Duration failing = failed(row) ? clock_.now() - server.since : Duration{0};
  if (failing >= (code_is_gone(row) ? 2 * patience : patience)) {  // a look later the code is there
    if (!run(fmt::format("set server {0} health down; set server {0} state ready", target))) return;
    server.phase = Phase::active;
    const auto [reason, description] = failed_probe(row);
    report(server, "unhealthy", reason, description);
    return;
  }
  report(server, "initial", "Elb.InitialHealthChecking", "Initial health checks in progress");
}

void Supervisor::observe(Server& server, const StatRow& row, std::uint64_t sessions_elsewhere) {
  const auto group = structure_.groups.find(server.group_id);
  if (group == structure_.groups.end() || server.leaving) return;
  if (server.phase == Phase::draining) {
    if (server.idle_reported || row.current_sessions + sessions_elsewhere > 0) return;
    server.idle_reported = true;
    sink_.on_event(TargetIdle{server.group_id, server.member_id, clock_.now()});
    return;
  }
  if (server.phase == Phase::initial) return observe_initial(server, row, group->second);
  if (row.status.starts_with("UP") || row.status.starts_with("no check")) {
    report(server, "healthy", "", "");
  } else if (row.status.starts_with("DOWN")) {
    // A passed probe on the way up leaves the reason as it was, and so does one under way.
    if ((passed(row) || code_is_gone(row)) && server.state == "unhealthy") return;
    const auto [reason, description] = failed_probe(row);
    report(server, "unhealthy", reason, description);
  } else if (row.status.starts_with("MAINT") || row.status.starts_with("DRAIN")) {
    server.phase = Phase::initial;
    server.restated = false;
  }
}

void Supervisor::poll() {
  const Instant now = clock_.now();
  next_poll_ = now + kPoll;
  const auto text = run("show stat", std::max(Duration{1}, options_.silence / 2));
  if (!text) return note_silence(now);
  unanswered_ = 0;
  const auto rows = parse_stat(*text);
  traffic_.add_counters(worker_pid_, rows);
  if (!old_workers_.empty() && now >= next_old_workers_) refresh_old_workers();
  const bool draining = std::any_of(servers_.begin(), servers_.end(), [](const auto& entry) {
    return entry.second.phase == Phase::draining && !entry.second.idle_reported;
  });
  std::map<ServerKey, std::uint64_t> elsewhere;
  if (draining || traffic_.due(now))
    for (const int pid : old_workers_) {
      const auto old = runtime_command(runtime_ + "/master.sock", fmt::format("@!{} show stat", pid), Duration{500});
      if (!old) continue;
      const auto old_rows = parse_stat(*old);
      traffic_.add_counters(pid, old_rows);
      for (const StatRow& row : old_rows) elsewhere[{row.proxy, row.server}] += row.current_sessions;
    }
  for (const StatRow& row : rows) {
    const auto server = servers_.find({row.proxy, row.server});
    if (server != servers_.end()) observe(server->second, row, elsewhere[server->first]);
  }
  if (std::any_of(servers_.begin(), servers_.end(), [](const auto& entry) { return entry.second.leaving; }))
    members_dirty_ = true;
  if (traffic_.due(now)) {
    std::map<ServerKey, std::string> ids;
    for (const auto& [key, server] : servers_) ids[key] = server.member_id;
    traffic_.report(now, structure_, ids, sink_);
  }
}

}  // namespace balancer
