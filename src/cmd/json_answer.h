// What the engine's own doors answer beside the AWS APIs: a status and a JSON text. Called by front_door and task_door.
#pragma once

#include <string>
#include <utility>

#include "net/http_server.h"

namespace cmd {

inline net::Response json_answer(int status, std::string body) {
  net::Response response;
  response.status = status;
  response.headers.set("Content-Type", "application/json");
  response.body = std::move(body);
  return response;
}

}  // namespace cmd
