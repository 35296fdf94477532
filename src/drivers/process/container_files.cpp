#include "drivers/process/container_files.h"

#include <time.h>

#include <algorithm>
#include <cstdlib>

namespace drivers::process {
namespace {
std::uint64_t to_number(std::string_view text) { return std::strtoull(std::string(text).c_str(), nullptr, 10); }

/// "key\0value\0" pairs: neither arguments nor the environment can hold a NUL, so nothing needs escaping.
struct PairWriter {
  std::string bytes;
  void put(std::string_view key, std::string_view value) {
    bytes.append(key).push_back('\0');
    bytes.append(value).push_back('\0');
  }
  void put(std::string_view key, std::uint64_t value) { put(key, std::to_string(value)); }
  void put(std::string_view key, const std::vector<std::string>& values) {
    for (const std::string& value : values) put(key, value);
  }
};
}  // namespace

std::string encode(const Launch& l) {
  PairWriter out;
  out.put("lower", l.lower);
  out.put("argument", l.arguments);
  out.put("environment", l.environment);
  out.put("working_directory", l.working_directory);
  out.put("user", l.user);
  out.put("read_only_root", std::uint64_t{l.read_only_root});
  out.put("sandbox", std::uint64_t{l.sandbox});
  out.put("no_network", std::uint64_t{l.no_network});
  out.put("network", l.network);
  for (const PortForward& forward : l.forwards) {
    out.put("forward_ip", forward.host_ip);  // begins one
    out.put("forward_host_port", static_cast<std::uint64_t>(forward.host_port));
    out.put("forward_port", static_cast<std::uint64_t>(forward.port));
  }
  for (const Reachable& one : l.reachable) {
    out.put("reachable_address", one.address);  // begins one
    out.put("reachable_port", static_cast<std::uint64_t>(one.port));
  }
  for (const Bind& bind : l.binds) {
    out.put("bind_source", bind.source);  // begins one
    out.put("bind_path", bind.path);
    out.put("bind_read_only", std::uint64_t{bind.read_only});
  }
  out.put("ulimit", l.ulimits);
  out.put("bubblewrap", l.bubblewrap);
  out.put("cgroup_procs", l.cgroup_procs);
  out.put("oom_file", l.oom_file);
  out.put("log_file", l.log_file);
  out.put("log_limit", l.log_limit);
  out.put("stop_timeout", l.stop_timeout);
  out.put("health_command", l.health_command);
  out.put("health_interval", l.health_interval);
  out.put("health_timeout", l.health_timeout);
  out.put("health_start_period", l.health_start_period);
  out.put("health_retries", static_cast<std::uint64_t>(l.health_retries));
  out.put("restart", std::uint64_t{l.restart});
  out.put("restart_period", l.restart_period);
  for (const int code : l.restart_ignored) out.put("restart_ignored", std::to_string(code));
  return std::move(out.bytes);
}

Launch decode_launch(std::string_view bytes) {
  Launch l;
  const auto next = [&bytes] {
    const std::size_t end = std::min(bytes.find('\0'), bytes.size());
    const std::string_view part = bytes.substr(0, end);
    bytes.remove_prefix(std::min(end + 1, bytes.size()));
    return part;
  };
  while (!bytes.empty()) {
    const std::string_view key = next();
    const std::string value(next());
    if (key == "lower") l.lower = value;
    else if (key == "argument") l.arguments.push_back(value);
    else if (key == "environment") l.environment.push_back(value);
    else if (key == "working_directory") l.working_directory = value;
    else if (key == "user") l.user = value;
    else if (key == "read_only_root") l.read_only_root = value == "1";
    else if (key == "sandbox") l.sandbox = value == "1";
    else if (key == "no_network") l.no_network = value == "1";
    else if (key == "network") l.network = value;
    else if (key == "forward_ip") l.forwards.push_back({value, 0, 0});
    else if (key == "forward_host_port" && !l.forwards.empty()) l.forwards.back().host_port = static_cast<int>(to_number(value));
    else if (key == "forward_port" && !l.forwards.empty()) l.forwards.back().port = static_cast<int>(to_number(value));
    else if (key == "reachable_address") l.reachable.push_back({value, 0});
    else if (key == "reachable_port" && !l.reachable.empty()) l.reachable.back().port = static_cast<int>(to_number(value));
    else if (key == "bind_source") l.binds.push_back({value, {}, false});
    else if (key == "bind_path" && !l.binds.empty()) l.binds.back().path = value;
    else if (key == "bind_read_only" && !l.binds.empty()) l.binds.back().read_only = value == "1";
    else if (key == "ulimit") l.ulimits.push_back(value);
    else if (key == "bubblewrap") l.bubblewrap = value;
    else if (key == "cgroup_procs") l.cgroup_procs.push_back(value);
    else if (key == "oom_file") l.oom_file = value;
    else if (key == "log_file") l.log_file = value;
    else if (key == "log_limit") l.log_limit = to_number(value);
    else if (key == "stop_timeout") l.stop_timeout = to_number(value);
    else if (key == "health_command") l.health_command.push_back(value);
    else if (key == "health_interval") l.health_interval = to_number(value);
    else if (key == "health_timeout") l.health_timeout = to_number(value);
    else if (key == "health_start_period") l.health_start_period = to_number(value);
    else if (key == "health_retries") l.health_retries = static_cast<int>(to_number(value));
    else if (key == "restart") l.restart = value == "1";
    else if (key == "restart_period") l.restart_period = to_number(value);
    else if (key == "restart_ignored") l.restart_ignored.push_back(std::atoi(value.c_str()));
  }
  return l;
}

std::string encode(const Status& s) {
  std::string text;
  const auto put = [&text](std::string_view key, std::string value) {
    std::replace(value.begin(), value.end(), '\n', ' ');
    text.append(key).append(" ").append(value).append("\n");
  };
  put("shim_pid", std::to_string(s.shim_pid));
  put("shim_start", std::to_string(s.shim_start));
  put("boot_id", s.boot_id);
  put("started_ms", std::to_string(s.started_ms));
  put("init_pid", std::to_string(s.init_pid));
  put("init_start", std::to_string(s.init_start));
  if (s.restarts > 0) {
    put("restarts", std::to_string(s.restarts));
    put("restarted_ms", std::to_string(s.restarted_ms));
  }
  if (!s.health.empty()) put("health", s.health);
  put("health_ms", std::to_string(s.health_ms));
  put("exited_ms", std::to_string(s.exited_ms));
  if (s.exit_code) put("exit_code", std::to_string(*s.exit_code));
  put("out_of_memory", s.out_of_memory ? "1" : "0");
  if (!s.reason.empty()) put("reason", s.reason);
  return text;
}

Status decode_status(std::string_view text) {
  Status s;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t space = line.find(' ');
    if (space == std::string_view::npos) continue;
    const std::string_view key = line.substr(0, space);
    const std::string_view value = line.substr(space + 1);
    const auto number = [&] { return to_number(value); };
    if (key == "shim_pid") s.shim_pid = static_cast<int>(number());
    else if (key == "shim_start") s.shim_start = number();
    else if (key == "boot_id") s.boot_id = value;
    else if (key == "started_ms") s.started_ms = static_cast<std::int64_t>(number());
    else if (key == "init_pid") s.init_pid = static_cast<int>(number());
    else if (key == "init_start") s.init_start = number();
    else if (key == "restarts") s.restarts = static_cast<int>(number());
    else if (key == "restarted_ms") s.restarted_ms = static_cast<std::int64_t>(number());
    else if (key == "health") s.health = value;
    else if (key == "health_ms") s.health_ms = static_cast<std::int64_t>(number());
    else if (key == "exited_ms") s.exited_ms = static_cast<std::int64_t>(number());
    else if (key == "exit_code") s.exit_code = static_cast<int>(number());
    else if (key == "out_of_memory") s.out_of_memory = value == "1";
    else if (key == "reason") s.reason = value;
  }
  return s;
}

std::int64_t wall_clock_ms() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

}  // namespace drivers::process
