#include "services/task_role.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "base/arn.h"

namespace services {

namespace {

constexpr std::string_view kKeyLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";  // five bits each, as in AWS's ids
constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kTemporaryKey = "ASIA";
constexpr std::size_t kKeyLength = 20;
constexpr std::size_t kIdDigits = 18;  // 72 bits: what 15 letters can hold of an id

}  // namespace

std::string task_role_arn(const state::State& state, const model::Task& task) {
  if (task.document.find("taskRoleArn") != std::string::npos) {
    boost::system::error_code error;
    const boost::json::value tree = boost::json::parse(task.document, error);
    const boost::json::value* role = nullptr;
    if (!error) role = tree.find_pointer("/overrides/taskRoleArn", error);
    if (role && role->is_string() && !role->as_string().empty()) return std::string(role->as_string());
  }
  const auto* definition = state.task_definitions.find(model::TaskDefinition::key_of(task.task_definition_arn));
  return definition ? definition->task_role_arn : std::string();
}

std::string task_access_key(std::string_view task_id, std::int64_t turn) {
  std::string key(kTemporaryKey);
  unsigned bits = 0, held = 0;
  for (const char digit : task_id.substr(0, kIdDigits)) {
    const std::size_t value = kHexDigits.find(digit);
    bits = bits << 4 | (value == std::string_view::npos ? 0 : static_cast<unsigned>(value));
    for (held += 4; held >= 5; bits &= (1u << held) - 1) {
      held -= 5;
      key += kKeyLetters[bits >> held];
    }
  }
  if (held > 0) key += kKeyLetters[bits << (5 - held)];
  key += kKeyLetters[static_cast<std::size_t>(turn % 32)];
  return key;
}

std::optional<TaskKeyName> read_task_access_key(std::string_view access_key) {
  if (access_key.size() != kKeyLength || !access_key.starts_with(kTemporaryKey)) return std::nullopt;
  TaskKeyName name;
  unsigned bits = 0, held = 0;
  for (const char letter : access_key.substr(kTemporaryKey.size())) {
    const std::size_t value = kKeyLetters.find(letter);
    if (value == std::string_view::npos) return std::nullopt;
    name.turn = static_cast<int>(value);  // the last one stays
    bits = bits << 5 | static_cast<unsigned>(value);
    for (held += 5; held >= 4; bits &= (1u << held) - 1) {
      held -= 4;
      if (name.id_prefix.size() < kIdDigits) name.id_prefix += kHexDigits[bits >> held];
    }
  }
  return name;
}

const model::Task* task_of_access_key(const state::State& state, std::string_view access_key) {
  const auto name = read_task_access_key(access_key);
  if (!name) return nullptr;
  const auto found = state.tasks.range(name->id_prefix);
  return found.empty() ? nullptr : &found.begin()->second;
}

std::optional<AssumedRole> assumed_role_of(const state::State& state, std::string_view access_key) {
  const model::Task* task = task_of_access_key(state, access_key);
  const auto role = Arn::parse(task ? task_role_arn(state, *task) : "");
  if (!role) return std::nullopt;
  const std::string name = role->resource.substr(role->resource.rfind('/') + 1);
  const model::Role* record = state.roles.find(name);
  AssumedRole out;
  out.account = role->account;
  out.arn = fmt::format("arn:aws:sts::{}:assumed-role/{}/{}", role->account, name, task->id);
  // A role that was never made here has no id of its own.
  out.user_id = fmt::format("{}:{}", record ? record->id : "AROA" + std::string(access_key.substr(4)), task->id);
  return out;
}

}  // namespace services
