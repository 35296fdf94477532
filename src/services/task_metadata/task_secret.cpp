#include "services/task_metadata/task_secret.h"

#include <fmt/format.h>

#include "base/sha256.h"
#include "services/task_role.h"

namespace services::task_metadata {

namespace {

constexpr std::int64_t kTurnMs = 3 * 3'600'000;
constexpr std::size_t kSealLength = 32;  // 128 bits, in hexadecimal

const model::Task* task_named(const state::State& state, std::string_view token) {
  return state.tasks.find(token.substr(0, token.find('-')));
}

}  // namespace

/// 64 hexadecimal digits. The purpose stands first: what seals one thing seals no other.
std::string TaskSecret::seal(std::string_view purpose, std::string_view text) const {
  return lower_hex(hmac_sha256(key_, fmt::format("{}\n{}", purpose, text)));
}

std::string TaskSecret::container_token(const std::string& task_id, const std::string& container) const {
  return task_id + "-" + seal("container", task_id + "\n" + container).substr(0, kSealLength);
}

std::string TaskSecret::credentials_token(const std::string& task_id) const {
  return task_id + "-" + seal("credentials", task_id).substr(0, kSealLength);
}

const model::Task* TaskSecret::task_of_credentials(const state::State& state, std::string_view token) const {
  const model::Task* task = task_named(state, token);
  return task && same_secret(token, credentials_token(task->id)) ? task : nullptr;
}

TaskSecret::Named TaskSecret::container_of(const state::State& state, std::string_view token) const {
  const model::Task* task = task_named(state, token);
  if (!task) return {};
  for (const model::Container& container : task->containers) {
    if (same_secret(token, container_token(task->id, container.name))) return {task, &container};
  }
  return {};
}

std::string TaskSecret::secret_access_key(const std::string& task_id, std::int64_t turn) const {
  return seal("secret key", fmt::format("{}\n{}", task_id, turn)).substr(0, 40);  // as long as AWS's
}

RoleCredentials TaskSecret::credentials(const std::string& task_id, Instant now) const {
  const std::int64_t turn = to_ms(now) / kTurnMs;
  RoleCredentials out;
  out.access_key_id = task_access_key(task_id, turn);
  out.secret_access_key = secret_access_key(task_id, turn);
  // Nobody asks for it: the secret key is proof enough. Clients send it all the same.
  for (const char part : {'1', '2', '3', '4'}) {
    out.token += seal("session", fmt::format("{}\n{}\n{}", task_id, turn, part));
  }
  out.expiration = instant_from_ms((turn + 2) * kTurnMs);
  return out;
}

std::optional<std::string> TaskSecret::secret_of(const state::State& state, std::string_view access_key,
                                                 Instant now) const {
  const auto name = read_task_access_key(access_key);
  const model::Task* task = name ? task_of_access_key(state, access_key) : nullptr;
  if (!task || task->stopped() || task_role_arn(state, *task).empty()) return std::nullopt;
  const std::int64_t turn = to_ms(now) / kTurnMs;
  for (const std::int64_t holds : {turn, turn - 1}) {
    if (holds % 32 == name->turn) return secret_access_key(task->id, holds);
  }
  return std::nullopt;
}

}  // namespace services::task_metadata
