#include "engine/runtime_settings.h"

#include <boost/json.hpp>

namespace engine {
namespace json = boost::json;

namespace {

const json::object& object_at(const json::object& object, std::string_view key) {
  static const json::object none;
  const json::value* value = object.if_contains(key);
  return value && value->is_object() ? value->as_object() : none;
}
const json::array& list_at(const json::object& object, std::string_view key) {
  static const json::array none;
  const json::value* value = object.if_contains(key);
  return value && value->is_array() ? value->as_array() : none;
}
std::string text_at(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value && value->is_string() ? std::string(value->as_string()) : std::string();
}
std::int64_t number_at(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value && value->is_int64() ? value->as_int64() : 0;
}
bool flag_at(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value && value->is_bool() && value->as_bool();
}

/// A path of the machine; else a volume's name: shared ones outlive the task, others carry its id and go with it.
std::string source_of(const json::object& document, const std::string& volume, const std::string& task_id) {
  for (const json::value& item : list_at(document, "volumes")) {
    const json::object& found = item.as_object();
    if (text_at(found, "name") != volume) continue;
    const std::string path = text_at(object_at(found, "host"), "sourcePath");
    if (!path.empty()) return path;
    if (text_at(object_at(found, "dockerVolumeConfiguration"), "scope") == "shared") return volume;
  }
  return drivers::task_volume_prefix(task_id) + volume;
}

std::optional<drivers::RestartPolicy> restart_policy(const json::object& given, const Pace& pace) {
  if (!flag_at(given, "enabled")) return std::nullopt;
  drivers::RestartPolicy policy;
  const std::int64_t period = number_at(given, "restartAttemptPeriod");
  policy.period = pace(period > 0 ? Duration(seconds(period)) : policy.period);
  for (const json::value& code : list_at(given, "ignoredExitCodes"))
    if (code.is_int64()) policy.ignored_exit_codes.push_back(static_cast<int>(code.as_int64()));
  return policy;
}

/// ":parameter/team/key" of an ARN is /team/key; ":parameter/key" is key.
const model::Parameter* find_secret(const std::string& from, const FindParameter& find) {
  constexpr std::string_view kMark = ":parameter";
  const std::size_t mark = from.find(kMark);
  const std::string name = mark == std::string::npos ? from : from.substr(mark + kMark.size());
  if (const model::Parameter* found = find(name)) return found;
  return name.starts_with('/') ? find(name.substr(1)) : nullptr;
}

}  // namespace

Result<void> add_runtime_settings(drivers::TaskSpec& spec, const model::TaskDefinition& definition, const FindParameter& find,
                                  const Pace& pace) {
  json::error_code broken;
  const json::value parsed = json::parse(definition.document, broken);
  if (broken || !parsed.is_object()) return {};  // tests make definitions without one
  const json::object& document = parsed.as_object();
  std::string missing;
  for (const json::value& item : list_at(document, "containerDefinitions")) {
    const json::object& given = item.as_object();
    for (drivers::ContainerSpec& container : spec.containers) {
      if (container.name != text_at(given, "name")) continue;
      container.init_process = flag_at(object_at(given, "linuxParameters"), "initProcessEnabled");
      for (const json::value& link : list_at(given, "links"))
        if (link.is_string()) container.links.emplace_back(link.as_string());
      container.restart = restart_policy(object_at(given, "restartPolicy"), pace);
      for (const json::value& limit : list_at(given, "ulimits")) {
        const json::object& one = limit.as_object();
        container.ulimits.push_back({text_at(one, "name"), number_at(one, "softLimit"), number_at(one, "hardLimit")});
      }
      for (const json::value& point : list_at(given, "mountPoints")) {
        const json::object& one = point.as_object();
        container.mounts.push_back({source_of(document, text_at(one, "sourceVolume"), spec.task_id), text_at(one, "containerPath"),
                                    flag_at(one, "readOnly")});
      }
      for (const auto& label : object_at(given, "dockerLabels"))
        if (label.value().is_string()) container.labels[std::string(label.key())] = std::string(label.value().as_string());
      for (const json::value& secret : list_at(given, "secrets")) {
        const std::string from = text_at(secret.as_object(), "valueFrom");
        if (const model::Parameter* parameter = find_secret(from, find))
          container.environment[text_at(secret.as_object(), "name")] = parameter->latest().value;
        else missing += (missing.empty() ? "" : ", ") + from;
      }
    }
  }
  if (missing.empty()) return {};
  return fail("ResourceInitializationError",
              "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: "
              "unable to retrieve secrets from ssm: invalid parameters: " + missing);
}

}  // namespace engine
