// The role of a task, and the name under which it acts. A task's access key names the task itself, so that whoever gets
// a request needs no list of the keys that were given out. Used by sts (who am I) and task_metadata (which gives the
// keys).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "state/state.h"

namespace services {

/// Of RunTask's overrides, else of the definition; empty: the task has none.
std::string task_role_arn(const state::State& state, const model::Task& task);

/// "ASIA" and 16 letters: the beginning of the task's id, and which turn of its keys it is (the last of 32).
std::string task_access_key(std::string_view task_id, std::int64_t turn);

struct TaskKeyName {
  std::string id_prefix;  ///< 18 hexadecimal digits
  int turn = 0;           ///< modulo 32
};
std::optional<TaskKeyName> read_task_access_key(std::string_view access_key);

/// The task whose key has this name; nullptr: no task's. Does not say that the key is valid.
const model::Task* task_of_access_key(const state::State& state, std::string_view access_key);

struct AssumedRole {
  std::string account, arn, user_id;
};
/// "arn:aws:sts::ACCOUNT:assumed-role/ROLE/TASK", as who calls with a task's keys.
std::optional<AssumedRole> assumed_role_of(const state::State& state, std::string_view access_key);

}  // namespace services
