#include "console/doctor.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cstdio>
#include <sstream>

namespace console {

namespace {

using enum Check::Verdict;

constexpr std::uint64_t kFilesNeeded = 256, kFilesWanted = 4096;
constexpr std::uint64_t kDiskNeeded = 64ull << 20, kDiskWanted = 1ull << 30;
constexpr std::int64_t kBuiltMs = 1'767'225'600'000;  // 2026-01-01: no clock is right before it

Check kernel(const Facts& facts) {
  int major = 0, minor = 0;
  std::sscanf(facts.kernel.c_str(), "%d.%d", &major, &minor);
  Check check{ok, "kernel", "Linux " + facts.kernel, ""};
  if (major < 5 || (major == 5 && minor < 4)) {  // waiting on a pidfd came with 5.4
    check.verdict = fail;
    check.todo = "pidfds are needed: use Linux 5.4 or later";
  }
  return check;
}

Check cgroups(const Facts& facts) {
  if (facts.cpu_limits && facts.memory_limits) return {ok, "cgroups", facts.cgroups + ", CPU and memory limits are enforced", ""};
  const std::string missing = facts.cpu_limits ? "memory limits are" : facts.memory_limits ? "CPU limits are" : "CPU and memory limits are";
  return {warn, "cgroups", fmt::format("{}: {} not enforced, use is read from /proc",
                                       facts.cgroups == "none" ? "none can be made" : facts.cgroups, missing),
          "run the engine as root, or delegate the cpu and memory controllers to this user"};
}

Check sandbox(const Facts& facts) {
  if (facts.sandbox) return {ok, "sandbox", "bubblewrap starts tasks in a root of their own", ""};
  return {warn, "sandbox", "tasks run without one: " + facts.sandbox_problem,
          "install the package bubblewrap, and allow user namespaces (kernel.unprivileged_userns_clone=1)"};
}

Check networks(const Facts& facts) {
  if (facts.network_problem.empty()) return {ok, "networks", "tasks can have one of their own, with their ports forwarded", ""};
  return {warn, "networks", "tasks can have none of their own (awsvpc, images with a fixed port): " + facts.network_problem,
          "run the engine as root, allow user namespaces (kernel.unprivileged_userns_clone=1), or use --runtime docker"};
}

/// Needed by --runtime docker alone, so its absence is no fault.
Check docker(const Facts& facts) {
  if (!facts.docker_problem.empty())
    return {ok, "docker", fmt::format("no daemon answers at {}; only --runtime docker needs one", facts.docker_daemon), ""};
  if (facts.docker_cgroup_driver == "cgroupfs") return {ok, "docker", fmt::format("{} at {}", facts.docker_version, facts.docker_daemon), ""};
  return {warn, "docker",
          fmt::format("{} at {}; with its cgroup driver ({}) nodes' and tasks' own limits are not enforced", facts.docker_version,
                      facts.docker_daemon, facts.docker_cgroup_driver),
          "for --runtime docker start it with: dockerd --exec-opt native.cgroupdriver=cgroupfs"};
}

/// Asked only where a daemon answers: processes reach the engine anyhow.
Check containers(const Facts& facts) {
  if (facts.task_address_problem.empty()) return {ok, "containers", "Docker's can reach the engine: metadata, credentials, the AWS APIs", ""};
  return {warn, "containers", "Docker's cannot reach the engine and get neither metadata nor credentials: " + facts.task_address_problem,
          "for --runtime docker run the engine as root, or: ip address add 169.254.170.2/32 dev lo"};
}

Check haproxy(const Facts& facts) {
  if (facts.haproxy_version.empty()) {
    return {fail, "haproxy", "not found at " + facts.haproxy_path, "install the package haproxy: it carries the traffic"};
  }
  int major = 0, minor = 0;
  std::sscanf(facts.haproxy_version.c_str(), "%d.%d", &major, &minor);
  Check check{ok, "haproxy", facts.haproxy_version + " at " + facts.haproxy_path, ""};
  if (major < 2 || (major == 2 && minor < 6)) {
    check.verdict = fail;
    check.todo = "servers are added at run time: use HAProxy 2.6 or later";
  }
  return check;
}

Check files(const Facts& facts) {
  Check check{ok, "open files", fmt::format("at most {}", facts.open_files), ""};
  if (facts.open_files < kFilesWanted) {
    check.verdict = facts.open_files < kFilesNeeded ? fail : warn;
    check.what += ": bounds tasks and connections";
    check.todo = fmt::format("raise the hard limit: ulimit -Hn {}", kFilesWanted);
  }
  return check;
}

Check loopback(const Facts& facts) {
  if (facts.loopback_problem.empty()) return {ok, "addresses", "127.0.0.0/8 can be used for nodes and load balancers", ""};
  return {fail, "addresses", "127.0.0.0/8 cannot be used: " + facts.loopback_problem,
          "nodes and load balancers have addresses in it: give the loopback interface its /8 (ip addr show lo)"};
}

Check ports(const Facts& facts) {
  if (facts.low_ports) return {ok, "low ports", "listeners get the port they declare", ""};
  return {warn, "low ports", "ports below 1024 are refused: a listener on 80 answers at 8080 (`scaleout status` shows where)",
          "sysctl net.ipv4.ip_unprivileged_port_start=80, or run the engine as root"};
}

Check state(const Facts& facts) {
  if (facts.state_problem.empty()) return {ok, "state", facts.state_directory + " is writable", ""};
  return {fail, "state", facts.state_directory + ": " + facts.state_problem, "name another with --state"};
}

Check disk(const Facts& facts) {
  if (!facts.disk_free) return {warn, "disk", "free space is not known", ""};
  Check check{ok, "disk", fmt::format("{:.1f} GiB free below {}", static_cast<double>(*facts.disk_free) / (1 << 30), facts.state_directory), ""};
  if (*facts.disk_free < kDiskWanted) {
    check.verdict = *facts.disk_free < kDiskNeeded ? fail : warn;
    check.todo = "free some: images, logs and metrics take up to about 1 GiB; on a full disk the engine refuses changes";
  }
  return check;
}

Check clock(const Facts& facts) {
  const std::string now = to_iso8601(instant_from_ms(facts.now_ms));
  if (facts.now_ms < kBuiltMs) return {warn, "clock", "says " + now, "set it: signatures, tokens and certificates depend on it"};
  return {ok, "clock", now + (facts.clock_synchronised ? ", synchronised" : ", not known to be synchronised"), ""};
}

Check engine(const Facts& facts) {
  const std::string where = fmt::format("{} ({})", facts.endpoint, facts.endpoint_source);
  if (facts.engine == Facts::Engine::none) {
    return {warn, "engine", "none answers at " + where, "start one: `scaleout up`, or `scaleout engine`"};
  }
  if (facts.engine == Facts::Engine::other) {
    return {fail, "engine", fmt::format("something else answers at {}: {}", where, facts.engine_problem),
            "end it, or name another endpoint with --endpoint-url"};
  }
  if (facts.engine_version != facts.own_version) {
    return {warn, "engine", fmt::format("answers at {}; its version is {}, this program's {}", where, facts.engine_version, facts.own_version),
            "restart it with this program: tasks and load balancer serve on meanwhile"};
  }
  return {ok, "engine", fmt::format("version {} answers at {}", facts.engine_version, where), ""};
}

Check unserved(const Facts& facts) {
  if (facts.unserved.empty()) return {ok, "actions", "every call since the engine's start was one that it serves", ""};
  std::string list;
  for (const auto& [action, count] : facts.unserved) list += fmt::format("{}{} ({})", list.empty() ? "" : ", ", action, count);
  return {warn, "actions", "calls to actions that the engine does not serve: " + list, "those clients need them left out, or AWS"};
}

/// A sentence a line would drown the rest: the first few.
Check security_groups(const Facts& facts) {
  constexpr std::size_t kShown = 3;
  if (facts.blocked.empty()) return {ok, "groups", "security groups block no listener and no target", ""};
  std::string list;
  for (std::size_t i = 0; i < facts.blocked.size() && i < kShown; ++i) list += (i == 0 ? "" : "; ") + facts.blocked[i];
  if (facts.blocked.size() > kShown) list += fmt::format("; and {} more", facts.blocked.size() - kShown);
  return {warn, "groups", list,
          "add rules to those security groups, as for AWS; clients on this machine have addresses in 127.0.0.0/8"};
}

const char* word(Check::Verdict verdict) { return verdict == ok ? "ok" : verdict == warn ? "warn" : "fail"; }

}  // namespace

std::vector<Check> judge(const Facts& facts) {
  std::vector<Check> checks = {kernel(facts), cgroups(facts), sandbox(facts), networks(facts), docker(facts), haproxy(facts), files(facts), loopback(facts),
                               ports(facts),  state(facts),   disk(facts),    clock(facts),   engine(facts)};
  if (facts.docker_problem.empty()) checks.insert(checks.begin() + 4, containers(facts));
  if (facts.engine == Facts::Engine::answers) {
    checks.push_back(unserved(facts));
    checks.push_back(security_groups(facts));
  }
  return checks;
}

bool any_failed(const std::vector<Check>& checks) {
  return std::any_of(checks.begin(), checks.end(), [](const Check& check) { return check.verdict == fail; });
}

std::string checks_text(const std::vector<Check>& checks, Style style) {
  std::string out;
  for (const Check& check : checks) {
    const std::string padded = fmt::format("{:<4}", word(check.verdict));
    out += fmt::format("{}  {:<10}  {}\n", check.verdict == ok ? style.good(padded) : check.verdict == fail ? style.bad(padded) : style.strong(padded),
                       check.name, check.what);
    if (!check.todo.empty()) out += fmt::format("{:18}do: {}\n", "", check.todo);
  }
  return out;
}

boost::json::array checks_json(const std::vector<Check>& checks) {
  boost::json::array array;
  for (const Check& check : checks) {
    array.push_back({{"check", check.name}, {"verdict", word(check.verdict)}, {"what", check.what}, {"todo", check.todo}});
  }
  return array;
}

std::map<std::string, std::uint64_t> parse_unserved(const std::string& metrics) {
  const std::string begin = "scaleout_api_unserved_total{action=\"";
  std::map<std::string, std::uint64_t> unserved;
  std::istringstream lines(metrics);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(begin)) continue;
    const std::size_t end = line.find("\"} ", begin.size());
    if (end == std::string::npos) continue;
    unserved[line.substr(begin.size(), end - begin.size())] = std::strtoull(line.c_str() + end + 3, nullptr, 10);
  }
  return unserved;
}

std::vector<std::string> parse_blocked(const std::string& answer) {
  std::vector<std::string> sentences;
  boost::system::error_code error;
  const boost::json::value tree = boost::json::parse(answer, error);
  const boost::json::value* list = !error && tree.is_object() ? tree.as_object().if_contains("blocked") : nullptr;
  if (!list || !list->is_array()) return sentences;
  for (const boost::json::value& one : list->as_array()) {
    if (one.is_string()) sentences.emplace_back(one.as_string());
  }
  return sentences;
}

}  // namespace console
