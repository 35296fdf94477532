// What of a task only the task may know: the tokens in its URLs and its role's keys. All are derived from one secret of
// the engine, so nothing has to be kept for a task, and a later engine on the same state directory derives the same.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "state/state.h"

namespace services::task_metadata {

struct RoleCredentials {
  std::string access_key_id, secret_access_key, token;
  Instant expiration{};
};

class TaskSecret {
 public:
  explicit TaskSecret(std::string key) : key_(std::move(key)) {}

  /// "<task id>-<seal>": names a container in a URL, and cannot be guessed.
  std::string container_token(const std::string& task_id, const std::string& container) const;
  std::string credentials_token(const std::string& task_id) const;
  /// The task that a token names; nullptr if it is not sealed.
  const model::Task* task_of_credentials(const state::State& state, std::string_view token) const;
  struct Named {
    const model::Task* task = nullptr;  ///< nullptr: the token is nobody's
    const model::Container* container = nullptr;
  };
  Named container_of(const state::State& state, std::string_view token) const;

  /// Keys of this turn. They hold for three to six hours: the ECS agent's do for six.
  RoleCredentials credentials(const std::string& task_id, Instant now) const;
  /// The secret of a task's access key while it holds and the task runs; for checking signatures.
  std::optional<std::string> secret_of(const state::State& state, std::string_view access_key, Instant now) const;

 private:
  std::string seal(std::string_view purpose, std::string_view text) const;
  std::string secret_access_key(const std::string& task_id, std::int64_t turn) const;
  std::string key_;
};

}  // namespace services::task_metadata
