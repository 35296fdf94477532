// What `scaleout doctor` says about a machine: facts in, a verdict a line out. Facts about the host are gathered by
// host_facts(); what drivers and the engine know is added by cmd.
#pragma once

#include <boost/json/fwd.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "console/status_text.h"

namespace console {

struct Facts {
  std::string kernel;  ///< "6.1.0-28-amd64"
  std::string cgroups;  ///< v1, v2 or none
  bool cpu_limits = false, memory_limits = false;
  bool sandbox = false;
  std::string sandbox_problem;
  std::string network_problem;  ///< why tasks can have no network of their own; empty: they can
  std::string docker_daemon, docker_problem, docker_version, docker_cgroup_driver;  ///< problem: why none answers
  std::string task_address_problem;  ///< why containers cannot reach the engine; empty: they can
  std::string haproxy_path, haproxy_version;  ///< empty: not found
  std::uint64_t open_files = 0;               ///< the hard limit
  bool low_ports = false;                     ///< port 80 of 127.0.0.0/8 can be bound
  std::string loopback_problem;               ///< why no address of 127.0.0.0/8 can be bound; empty: they can
  std::string state_directory, state_problem;
  std::optional<std::uint64_t> disk_free;
  std::int64_t now_ms = 0;
  bool clock_synchronised = false;
  std::string endpoint, endpoint_source;
  enum class Engine { none, answers, other } engine = Engine::none;
  std::string engine_version, own_version, engine_problem;
  std::map<std::string, std::uint64_t> unserved;  ///< calls that the engine refused since its start, by action
  std::vector<std::string> blocked;  ///< what security groups keep apart, a sentence each
};

struct Check {
  enum class Verdict { ok, warn, fail } verdict = Verdict::ok;
  std::string name, what, todo;
};

/// The part that needs nothing but the operating system. `directory` is the state directory, which need not exist.
Facts host_facts(const std::string& directory, const std::string& haproxy);

std::vector<Check> judge(const Facts& facts);
bool any_failed(const std::vector<Check>& checks);
std::string checks_text(const std::vector<Check>& checks, Style style);
boost::json::array checks_json(const std::vector<Check>& checks);

/// scaleout_api_unserved_total of a Prometheus text, by action.
std::map<std::string, std::uint64_t> parse_unserved(const std::string& metrics);
/// The sentences of the engine's /_scaleout/blocked.
std::vector<std::string> parse_blocked(const std::string& answer);

}  // namespace console
