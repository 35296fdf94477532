// The endpoint that tasks ask about themselves: metadata v3 and v4, stats, and their role's credentials, as the ECS
// agent serves them. Not an AWS API: plain GETs, known by paths that no other service has. Owned by the engine's
// wiring.
//
// What always holds: an answer goes only to who knows the token, and nothing is changed by a request.
#pragma once

#include <string>
#include <string_view>

#include "services/context.h"
#include "services/task_metadata/metadata.h"
#include "services/task_metadata/task_secret.h"

namespace services::task_metadata {

struct Answer {
  int status = 200;
  std::string body;  ///< JSON
};

class Endpoint {
 public:
  /// Both outlive it.
  Endpoint(const Context& context, const TaskSecret& secret, Sources sources)
      : context_(context), secret_(secret), sources_(std::move(sources)) {}

  /// "/v3/…", "/v4/…" and "/v2/credentials/TOKEN": no repository's path in the registry looks like that.
  static bool serves(std::string_view path);
  Answer answer(std::string_view path, Instant now) const;

 private:
  Answer metadata(Version version, std::string_view rest) const;
  Answer credentials(std::string_view token, Instant now) const;

  const Context& context_;
  const TaskSecret& secret_;
  Sources sources_;
};

}  // namespace services::task_metadata
