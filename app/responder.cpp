#include "app/responder.h"

namespace http_api {
namespace {

constexpr std::string_view kJson = "application/json";

std::string json_string(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;  // control characters cannot come: settings.cpp lets only printable ones in
  }
  return quoted + '"';
}

std::string_view explain(int status) {
  switch (status) {
    case 400:
      return "{\"error\":\"this is not a valid HTTP/1.1 request\"}\n";
    case 404:
      return "{\"error\":\"no such path\",\"paths\":[\"/\",\"/api\",\"/health\",\"/metrics\",\"/version\"]}\n";
    case 405:
      return "{\"error\":\"only GET and HEAD are allowed\"}\n";
    case 408:
      return "{\"error\":\"the request took too long to arrive\"}\n";
    case 413:
      return "{\"error\":\"the body is larger than 65536 bytes\"}\n";
    case 414:
      return "{\"error\":\"the request line is longer than 8192 bytes\"}\n";
    case 431:
      return "{\"error\":\"the header is larger than 8192 bytes\"}\n";
    case 501:
      return "{\"error\":\"only the transfer coding chunked is known\"}\n";
    case 505:
      return "{\"error\":\"only HTTP/1.0 and HTTP/1.1 are spoken\"}\n";
    default:
      return "{\"error\":\"refused\"}\n";
  }
}
static_assert(kBodyBytesMax == 65536 && kHeaderBytesMax == 8192, "the texts above name them");

Response refusal(int status) {
  return {.status = status, .content_type = kJson, .body = explain(status), .allow_get_head = status == 405};
}

}  // namespace

Responder::Responder(const Settings& settings, Counters& counters, const RandomLetters::Seed& seed,
                     double start_unix_seconds)
    : settings_(settings), counters_(counters), api_(seed), start_unix_seconds_(start_unix_seconds) {
  set_time(static_cast<long long>(start_unix_seconds));
}

void Responder::set_time(long long unix_seconds) {
  date_ = http_date(unix_seconds);
  api_.set_date(date_);
}

bool Responder::answer_other(const Request& request, std::string& out) {
  Response response = find_answer(request);
  const bool stays_open = request.keep_alive && !draining_;
  response.head_only = request.method == Method::head;
  // HTTP/1.1 keeps open unless told, HTTP/1.0 closes unless told.
  if (!stays_open) {
    response.connection = ConnectionHeader::close;
  } else if (!request.http_1_1) {
    response.connection = ConnectionHeader::keep_alive;
  }
  counters_.count_answer(request.route, response.status);
  append_response(out, response, date_);
  return stays_open;
}

Response Responder::find_answer(const Request& request) {
  if (request.route == Route::not_found) return refusal(404);
  if (request.method == Method::other) return refusal(405);
  switch (request.route) {
    case Route::api:
      return {.content_type = kJson, .body = api_.renew_body()};
    case Route::root:
      text_ = "Hello from http-api " + settings_.app_version + ": GET /api answers 52 random letters.\n";
      return {.body = text_};
    case Route::health:
      if (draining_) return {.status = 503, .body = "draining\n"};
      return {.body = "ok\n"};
    case Route::metrics:
      text_ = counters_.render({.cpu_seconds = process_cpu_seconds(),
                                .resident_bytes = process_resident_bytes(),
                                .start_unix_seconds = start_unix_seconds_,
                                .draining = draining_,
                                .app_version = settings_.app_version});
      return {.content_type = "text/plain; version=0.0.4; charset=utf-8", .body = text_};
    case Route::version:
      text_ = "{\"version\":" + json_string(settings_.app_version) + "}\n";
      return {.content_type = kJson, .body = text_};
    case Route::not_found:
    case Route::not_a_path:
      break;
  }
  return refusal(400);
}

void Responder::refuse(const Request& request, int status, std::string& out) {
  counters_.count_answer(Route::not_a_path, status);
  Response response = refusal(status);
  response.head_only = request.method == Method::head;
  response.connection = ConnectionHeader::close;
  append_response(out, response, date_);
}

}  // namespace http_api
