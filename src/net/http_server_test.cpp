#include "net/http_server.h"

#include <doctest/doctest.h>

#include <atomic>
#include <deque>

#include "net/test_peer.h"

namespace net {
namespace {

void echo_target(Request&& request, Responder respond) {
  Response response;
  response.headers.add("Content-Type", "text/plain");
  response.body = request.method + " " + request.target + " " + request.body;
  respond(std::move(response));
}

int status_of(const std::string& text) { return text.size() > 12 ? std::atoi(text.c_str() + 9) : 0; }
std::string body_of(const std::string& text) {
  const auto end = text.find("\r\n\r\n");
  return end == std::string::npos ? "" : text.substr(end + 4);
}

}  // namespace

TEST_CASE("a request in one packet, or byte by byte, gets the same answer") {
  RunningServer server(echo_target);
  const std::string request = "POST /x?y=1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc";
  RawClient whole(server.port());
  whole.send(request);
  CHECK(body_of(whole.read_until("abc")) == "POST /x?y=1 abc");
  RawClient split(server.port());
  for (const char c : request) split.send(std::string_view(&c, 1));
  CHECK(body_of(split.read_until("abc")) == "POST /x?y=1 abc");
}

TEST_CASE("pipelined requests are answered in order, however late the answers come") {
  std::deque<Responder> waiting;
  RunningServer server([&](Request&& request, Responder respond) {
    if (request.target == "/now") {
      respond({200, {}, "now;", nullptr});
    } else {
      waiting.push_back(std::move(respond));
    }
    if (waiting.size() == 2) {
      waiting[1]({200, {}, "second;", nullptr});
      waiting[0]({200, {}, "first;", nullptr});
    }
  });
  RawClient client(server.port());
  client.send("GET /a HTTP/1.1\r\nHost: localhost\r\n\r\nGET /now HTTP/1.1\r\nHost: localhost\r\n\r\n"
              "GET /b HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const auto text = client.read_until("second;");
  CHECK(status_of(text) == 200);
  CHECK(text.find("first;") < text.find("now;"));
  CHECK(text.find("now;") < text.find("second;"));
}

}  // namespace net
