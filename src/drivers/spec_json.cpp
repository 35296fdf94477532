#include "drivers/spec_json.h"

#include <boost/json.hpp>

namespace drivers {
namespace json = boost::json;

namespace {
json::array texts(const std::vector<std::string>& list) {
  json::array array;
  for (const std::string& text : list) array.emplace_back(text);
  return array;
}

json::object to_json(const ContainerSpec& c) {
  json::object environment;
  for (const auto& [key, value] : c.environment) environment[key] = value;
  json::array ports, depends_on;
  for (const PortBinding& p : c.ports)
    ports.push_back({{"container_port", p.container_port}, {"host_ip", p.host_ip}, {"host_port", p.host_port}, {"protocol", p.protocol}});
  for (const Dependency& d : c.depends_on) depends_on.push_back({{"container", d.container}, {"condition", d.condition}});
  json::object object{{"name", c.name},
                      {"image", c.image},
                      {"manifest_digest", c.manifest_digest},
                      {"entry_point", texts(c.entry_point)},
                      {"command", texts(c.command)},
                      {"environment", std::move(environment)},
                      {"working_directory", c.working_directory},
                      {"user", c.user},
                      {"essential", c.essential},
                      {"read_only_root", c.read_only_root},
                      {"cpu", c.cpu.value},
                      {"ports", std::move(ports)},
                      {"depends_on", std::move(depends_on)},
                      {"stop_timeout", c.stop_timeout.count()},
                      {"start_timeout", c.start_timeout.count()}};
  if (!c.links.empty()) object["links"] = texts(c.links);
  if (c.restart) {
    json::array ignored;
    for (const int code : c.restart->ignored_exit_codes) ignored.emplace_back(code);
    object["restart"] = {{"period", c.restart->period.count()}, {"ignored_exit_codes", std::move(ignored)}};
  }
  if (c.init_process) object["init_process"] = true;
  if (!c.ulimits.empty()) {
    json::array& list = object["ulimits"].emplace_array();
    for (const Ulimit& u : c.ulimits) list.push_back({{"name", u.name}, {"soft", u.soft}, {"hard", u.hard}});
  }
  if (!c.mounts.empty()) {
    json::array& list = object["mounts"].emplace_array();
    for (const Mount& m : c.mounts) list.push_back({{"source", m.source}, {"path", m.path}, {"read_only", m.read_only}});
  }
  if (!c.labels.empty()) {
    json::object& list = object["labels"].emplace_object();
    for (const auto& [key, value] : c.labels) list[key] = value;
  }
  if (c.memory) object["memory"] = c.memory->value;
  if (c.memory_reservation) object["memory_reservation"] = c.memory_reservation->value;
  if (c.health_check)
    object["health_check"] = {{"command", texts(c.health_check->command)},
                              {"interval", c.health_check->interval.count()},
                              {"timeout", c.health_check->timeout.count()},
                              {"start_period", c.health_check->start_period.count()},
                              {"retries", c.health_check->retries}};
  return object;
}

// Readers throw on what is missing or of another type; spec_from_json catches: the file is our own, so it is broken.
std::string text(const json::object& o, const char* key) { return std::string(o.at(key).as_string()); }
std::int64_t number(const json::object& o, const char* key) { return o.at(key).to_number<std::int64_t>(); }
std::vector<std::string> texts(const json::object& o, const char* key) {
  std::vector<std::string> list;
  for (const json::value& item : o.at(key).as_array()) list.emplace_back(item.as_string());
  return list;
}
std::optional<MiB> memory(const json::object& o, const char* key) {
  if (!o.contains(key)) return std::nullopt;
  return MiB{number(o, key)};
}

ContainerSpec container_from(const json::object& o) {
  ContainerSpec c;
  c.name = text(o, "name");
  c.image = text(o, "image");
  c.manifest_digest = text(o, "manifest_digest");
  c.entry_point = texts(o, "entry_point");
  c.command = texts(o, "command");
  for (const auto& pair : o.at("environment").as_object()) c.environment[std::string(pair.key())] = std::string(pair.value().as_string());
  c.working_directory = text(o, "working_directory");
  c.user = text(o, "user");
  c.essential = o.at("essential").as_bool();
  c.read_only_root = o.at("read_only_root").as_bool();
  if (const json::value* init = o.if_contains("init_process")) c.init_process = init->as_bool();
  if (const json::value* ulimits = o.if_contains("ulimits"))
    for (const json::value& item : ulimits->as_array()) {
      const json::object& u = item.as_object();
      c.ulimits.push_back({text(u, "name"), number(u, "soft"), number(u, "hard")});
    }
  if (const json::value* mounts = o.if_contains("mounts"))
    for (const json::value& item : mounts->as_array()) {
      const json::object& m = item.as_object();
      c.mounts.push_back({text(m, "source"), text(m, "path"), m.at("read_only").as_bool()});
    }
  if (const json::value* labels = o.if_contains("labels"))
    for (const auto& pair : labels->as_object()) c.labels[std::string(pair.key())] = std::string(pair.value().as_string());
  c.cpu = {number(o, "cpu")};
  c.memory = memory(o, "memory");
  c.memory_reservation = memory(o, "memory_reservation");
  for (const json::value& item : o.at("ports").as_array()) {
    const json::object& p = item.as_object();
    c.ports.push_back({static_cast<int>(number(p, "container_port")), text(p, "host_ip"),
                       static_cast<int>(number(p, "host_port")), text(p, "protocol")});
  }
  for (const json::value& item : o.at("depends_on").as_array())
    c.depends_on.push_back({text(item.as_object(), "container"), text(item.as_object(), "condition")});
  if (o.contains("links")) c.links = texts(o, "links");
  if (const json::value* restart = o.if_contains("restart")) {
    const json::object& r = restart->as_object();
    c.restart.emplace().period = Duration(number(r, "period"));
    for (const json::value& code : r.at("ignored_exit_codes").as_array())
      c.restart->ignored_exit_codes.push_back(code.to_number<int>());
  }
  c.stop_timeout = Duration(number(o, "stop_timeout"));
  c.start_timeout = Duration(number(o, "start_timeout"));
  if (const json::value* check = o.if_contains("health_check")) {
    const json::object& h = check->as_object();
    c.health_check = HealthCheck{texts(h, "command"), Duration(number(h, "interval")), Duration(number(h, "timeout")),
                                 Duration(number(h, "start_period")), static_cast<int>(number(h, "retries"))};
  }
  return c;
}
}  // namespace

std::string spec_to_json(const TaskSpec& spec) {
  json::array containers;
  for (const ContainerSpec& container : spec.containers) containers.push_back(to_json(container));
  json::object object{{"task_id", spec.task_id},
                      {"task_arn", spec.task_arn},
                      {"node_id", spec.node_id},
                      {"node_address", spec.node_address},
                      {"cpu", spec.cpu.value},
                      {"network_mode", spec.network_mode},
                      {"containers", std::move(containers)}};
  if (spec.memory) object["memory"] = spec.memory->value;
  return json::serialize(object);
}

Result<TaskSpec> spec_from_json(std::string_view bytes) {
  json::error_code error;
  const json::value parsed = json::parse(bytes, error);
  if (error) return fail("InvalidSpec", "the task's specification is not JSON: " + error.message());
  try {
    const json::object& o = parsed.as_object();
    TaskSpec spec;
    spec.task_id = text(o, "task_id");
    spec.task_arn = text(o, "task_arn");
    spec.node_id = text(o, "node_id");
    spec.node_address = text(o, "node_address");
    spec.cpu = {number(o, "cpu")};
    spec.memory = memory(o, "memory");
    spec.network_mode = text(o, "network_mode");
    for (const json::value& container : o.at("containers").as_array())
      spec.containers.push_back(container_from(container.as_object()));
    return spec;
  } catch (const std::exception& wrong) {
    return fail("InvalidSpec", std::string("the task's specification is damaged: ") + wrong.what());
  }
}

}  // namespace drivers
