#include "drivers/docker/task_record.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cerrno>
#include <cstring>

#include "base/log.h"
#include "drivers/files.h"
#include "drivers/spec_json.h"

namespace drivers::docker {
namespace fs = std::filesystem;
namespace json = boost::json;

namespace {
json::object to_json(const ContainerRecord& c) {
  json::object object{{"id", c.id},          {"image_digest", c.image_digest}, {"started_ms", c.started_ms}, {"health", c.health},
                      {"health_ms", c.health_ms}, {"exited_ms", c.exited_ms},       {"reason", c.reason}};
  if (c.run_ms != 0) object["run_ms"] = c.run_ms;
  if (c.restarts != 0) object["restarts"] = c.restarts;
  if (c.exit_code) object["exit_code"] = *c.exit_code;
  if (!c.address.empty()) object["address"] = c.address;
  return object;
}

// Throws on what is missing or of another type; decode_record catches: the file is our own, so it is broken.
ContainerRecord container_from(const json::object& o) {
  const auto text = [&](const char* key) { return std::string(o.at(key).as_string()); };
  const auto number = [&](const char* key) { return o.at(key).to_number<std::int64_t>(); };
  ContainerRecord c;
  c.id = text("id");
  c.image_digest = text("image_digest");
  c.started_ms = number("started_ms");
  if (o.contains("restarts")) c.restarts = static_cast<int>(number("restarts"));
  c.run_ms = o.contains("run_ms") ? number("run_ms") : c.started_ms;
  c.health = text("health");
  c.health_ms = number("health_ms");
  c.exited_ms = number("exited_ms");
  c.reason = text("reason");
  if (o.contains("address")) c.address = text("address");
  if (o.contains("exit_code")) c.exit_code = static_cast<int>(number("exit_code"));
  return c;
}
}  // namespace

std::string encode(const TaskRecord& record) {
  json::array containers;
  for (const ContainerRecord& container : record.containers) containers.push_back(to_json(container));
  return fmt::format("{{\"spec\":{},\"containers\":{},\"stopping\":{},\"forgotten\":{}}}", spec_to_json(record.spec),
                     json::serialize(containers), record.stopping, record.forgotten);
}

Result<TaskRecord> decode_record(std::string_view text) {
  json::error_code error;
  const json::value whole = json::parse(text, error);
  if (error) return fail("InvalidRecord", "the task's record is not JSON: " + error.message());
  try {
    TaskRecord record;
    TRY(record.spec, spec_from_json(json::serialize(whole.at("spec"))));
    for (const json::value& container : whole.at("containers").as_array())
      record.containers.push_back(container_from(container.as_object()));
    record.forgotten = whole.at("forgotten").as_bool();
    if (const json::value* stopping = whole.as_object().if_contains("stopping")) record.stopping = stopping->as_bool();
    if (record.containers.size() != record.spec.containers.size())
      return fail("InvalidRecord", "the task's record has another number of containers than its specification");
    return record;
  } catch (const std::exception& wrong) {
    return fail("InvalidRecord", std::string("the task's record is damaged: ") + wrong.what());
  }
}

Result<void> TaskRecords::save(const TaskRecord& record) const {
  std::error_code error;
  fs::create_directories(directory_, error);
  const fs::path file = directory_ / (record.spec.task_id + ".json");
  if (error || !replace_whole(file, encode(record), false))
    return fail("FileError", fmt::format("cannot write {}: {}", file.string(), error ? error.message() : std::strerror(errno)));
  return {};
}

void TaskRecords::remove(const std::string& task_id) const {
  std::error_code error;
  fs::remove(directory_ / (task_id + ".json"), error);
}

std::vector<TaskRecord> TaskRecords::find_all() const {
  std::vector<TaskRecord> all;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(directory_, error)) {
    if (entry.path().extension() != ".json") continue;
    Result<TaskRecord> record = decode_record(read_whole(entry.path()).value_or(""));
    if (!record || record->spec.task_id != entry.path().stem()) {
      log_warning("{} is not a task that can be adopted: {}", entry.path().string(), record ? "wrong id" : record.error().message);
      continue;
    }
    all.push_back(*std::move(record));
  }
  std::sort(all.begin(), all.end(), [](const TaskRecord& a, const TaskRecord& b) { return a.spec.task_id < b.spec.task_id; });
  return all;
}

void TaskRecords::remember_daemon(const std::string& url) const {
  std::error_code error;
  fs::create_directories(directory_, error);
  replace_whole(directory_ / "daemon", url, false);
}

std::optional<std::string> TaskRecords::daemon() const { return read_whole(directory_ / "daemon"); }

}  // namespace drivers::docker
