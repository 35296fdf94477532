#include "services/task_metadata/endpoint.h"

#include <fmt/format.h>

#include "services/task_metadata/stats.h"
#include "services/task_role.h"

namespace services::task_metadata {

namespace json = boost::json;

namespace {

constexpr std::string_view kV3 = "/v3/", kV4 = "/v4/", kCredentials = "/v2/credentials/";

Answer answered(const json::value& body) { return {200, json::serialize(body)}; }

/// The agent's errors of metadata are JSON strings.
Answer not_found(std::string_view what, std::string_view why) {
  return {404, json::serialize(json::value(fmt::format("{} handler: {}", what, why)))};
}

/// Those of credentials have a code, by which SDKs and people know them.
Answer bad_credentials_request(const char* code, std::string_view why) {
  return {400, json::serialize(json::object{
                   {"code", code}, {"message", fmt::format("CredentialsV2Request: {}", why)}, {"HTTPErrorCode", 400}})};
}

/// "2026-11-27T09:00:00Z"
std::string without_fraction(Instant at) {
  const std::string text = to_iso8601(at);
  return text.substr(0, text.find('.')) + "Z";
}

}  // namespace

bool Endpoint::serves(std::string_view path) {
  if (path.starts_with(kV3) || path.starts_with(kV4)) return true;
  return path.starts_with(kCredentials) && path.find('/', kCredentials.size()) == std::string_view::npos;
}

Answer Endpoint::answer(std::string_view path, Instant now) const {
  if (path.starts_with(kCredentials)) return credentials(path.substr(kCredentials.size()), now);
  return metadata(path.starts_with(kV3) ? Version::v3 : Version::v4, path.substr(kV4.size()));
}

Answer Endpoint::metadata(Version version, std::string_view rest) const {
  const std::string_view token = rest.substr(0, rest.find('/'));
  const std::string_view what = rest.substr(token.size());
  const std::string name = version == Version::v3 ? "V3" : "V4";
  const TaskSecret::Named named = secret_.container_of(context_.state, token);
  if (!named.task) return not_found(name + " metadata", "no container has this token, or its task is gone");
  const model::Task& task = *named.task;
  if (what.empty() || what == "/") {
    return answered(container_json(context_, sources_, task, *named.container, version));
  }
  if (what == "/task" || what == "/taskWithTags") {
    return answered(task_json(context_, sources_, task, version, what == "/taskWithTags"));
  }
  if (what == "/stats") return answered(stats_json(context_.state, sources_, task, *named.container));
  if (what == "/task/stats") {
    json::object all;
    for (const model::Container& container : task.containers) {
      if (container.runtime_id.empty()) continue;
      all[container.runtime_id] = stats_json(context_.state, sources_, task, container);
    }
    return answered(all);
  }
  return not_found(name + " metadata",
                   "only /task, /taskWithTags, /stats and /task/stats are served below a container");
}

Answer Endpoint::credentials(std::string_view token, Instant now) const {
  if (token.empty()) return bad_credentials_request("NoIdInRequest", "No Credential ID in the request");
  const model::Task* task = secret_.task_of_credentials(context_.state, token);
  const std::string role = task && !task->stopped() ? task_role_arn(context_.state, *task) : "";
  if (role.empty()) return bad_credentials_request("InvalidIdInRequest", "Credentials not found");
  const RoleCredentials keys = secret_.credentials(task->id, now);
  return answered(json::object{{"RoleArn", role},
                               {"AccessKeyId", keys.access_key_id},
                               {"SecretAccessKey", keys.secret_access_key},
                               {"Token", keys.token},
                               {"Expiration", without_fraction(keys.expiration)}});
}

}  // namespace services::task_metadata
