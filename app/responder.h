// Answers one request: from what was asked to bytes. Called by Server; knows nothing of sockets.
// Always holds: every request gets exactly one answer, counted once.
#pragma once

#include <string>

#include "app/counters.h"
#include "app/request_parser.h"
#include "app/response.h"
#include "app/settings.h"

namespace http_api {

class Responder {
 public:
  Responder(const Settings& settings, Counters& counters, const RandomLetters::Seed& seed, double start_unix_seconds);

  /// Once a second is enough: the date has no smaller unit.
  void set_time(long long unix_seconds);
  /// From now on /health says 503 and every answer closes its connection.
  void start_draining() { draining_ = true; }
  bool draining() const { return draining_; }

  /// Whether the answer follows work (WORK_US): a successful GET or HEAD of /api.
  static bool needs_work(const Request& request) {
    return request.route == Route::api && request.method != Method::other;
  }

  /// Appends the answer. False when the connection closes after it.
  bool answer(const Request& request, std::string& out) {
    if (request.route == Route::api && request.method == Method::get && request.http_1_1 && request.keep_alive &&
        !draining_) {
      counters_.count_answer(Route::api, 200);
      api_.append_to(out);
      return true;
    }
    return answer_other(request, out);
  }

  /// Appends the answer to what could not be read as a request; its connection closes.
  void refuse(const Request& request, int status, std::string& out);

 private:
  bool answer_other(const Request& request, std::string& out);
  Response find_answer(const Request& request);

  const Settings& settings_;
  Counters& counters_;
  ApiResponse api_;
  double start_unix_seconds_;
  std::string date_;
  std::string text_;  // owns a rendered body while it is copied out
  bool draining_ = false;
};

}  // namespace http_api
