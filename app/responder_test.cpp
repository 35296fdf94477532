#include "app/responder.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace http_api;

namespace {

struct Fixture {
  Settings settings;
  Counters counters;
  Responder responder;
  Fixture() : Fixture("v1") {}
  explicit Fixture(std::string version)
      : settings{.app_version = std::move(version)}, responder(settings, counters, {1, 2, 3, 4}, 1'795'452'242) {}

  std::string answer(Route route, Method method = Method::get) {
    std::string out;
    responder.answer({.method = method, .route = route}, out);
    return out;
  }
};

bool says(const std::string& answer, std::string_view text) { return answer.find(text) != std::string::npos; }

}  // namespace

TEST_CASE("each route answers") {
  Fixture app;
  CHECK(app.answer(Route::api).starts_with("HTTP/1.1 200 OK\r\nDate: Mon, 23 Nov 2026 "));
  CHECK(says(app.answer(Route::api), "Content-Type: application/json\r\n"));
  CHECK(says(app.answer(Route::root), "/api"));
  CHECK(app.answer(Route::health).ends_with("\r\n\r\nok\n"));
  CHECK(app.answer(Route::version).ends_with("\r\n\r\n{\"version\":\"v1\"}\n"));
  CHECK(app.answer(Route::not_found).starts_with("HTTP/1.1 404 "));
  CHECK(app.answer(Route::not_a_path).starts_with("HTTP/1.1 400 "));
}

TEST_CASE("an answer to /api carries nothing unneeded") {
  const std::string answer = Fixture().answer(Route::api);
  const std::string head = answer.substr(0, answer.find("\r\n\r\n"));
  CHECK(std::count(head.begin(), head.end(), '\n') == 3);  // Date, Content-Type, Content-Length
}

TEST_CASE("methods other than GET and HEAD get 405 with Allow; an unknown path stays 404") {
  Fixture app;
  for (const Route route :
       {Route::api, Route::root, Route::health, Route::metrics, Route::version, Route::not_a_path}) {
    const std::string answer = app.answer(route, Method::other);
    CHECK(answer.starts_with("HTTP/1.1 405 Method Not Allowed\r\n"));
    CHECK(says(answer, "\r\nAllow: GET, HEAD\r\n"));
  }
  CHECK(app.answer(Route::not_found, Method::other).starts_with("HTTP/1.1 404 "));
}

TEST_CASE("HEAD has the length of GET and no body") {
  Fixture app;
  const std::string head = app.answer(Route::api, Method::head);
  CHECK(says(head, "Content-Length: 459\r\n"));
  CHECK(head.ends_with("\r\n\r\n"));
}

TEST_CASE("keep-alive is said where it is not the version's default") {
  Fixture app;
  std::string out;
  CHECK(app.responder.answer({.method = Method::get, .route = Route::api, .http_1_1 = false, .keep_alive = true}, out));
  CHECK(says(out, "\r\nConnection: keep-alive\r\n"));
  out.clear();
  CHECK(!app.responder.answer({.method = Method::get, .route = Route::api, .keep_alive = false}, out));
  CHECK(says(out, "\r\nConnection: close\r\n"));
}

TEST_CASE("draining: /health says 503, the rest is served, every answer closes") {
  Fixture app;
  app.responder.start_draining();
  CHECK(app.answer(Route::health).starts_with("HTTP/1.1 503 Service Unavailable\r\n"));
  const std::string api = app.answer(Route::api);
  CHECK(api.starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(says(api, "\r\nConnection: close\r\n"));
}

TEST_CASE("a version with quotes is escaped in JSON and in metrics") {
  Fixture app("a\"b\\c");
  CHECK(app.answer(Route::version).ends_with("{\"version\":\"a\\\"b\\\\c\"}\n"));
  CHECK(says(app.answer(Route::metrics), "http_api_build_info{version=\"a\\\"b\\\\c\"} 1\n"));
}

TEST_CASE("every answer is counted once, by route and status") {
  Fixture app;
  for (int i = 0; i < 3; ++i) app.answer(Route::api);
  app.answer(Route::api, Method::head);
  app.answer(Route::api, Method::other);
  std::string out;
  app.responder.refuse({}, 431, out);
  CHECK(says(out, "Connection: close\r\n"));
  const std::string metrics = app.answer(Route::metrics);
  CHECK(says(metrics, "http_api_requests_total{route=\"/api\",status=\"200\"} 4\n"));
  CHECK(says(metrics, "http_api_requests_total{route=\"/api\",status=\"405\"} 1\n"));
  CHECK(says(metrics, "http_api_requests_total{route=\"invalid\",status=\"431\"} 1\n"));
}
