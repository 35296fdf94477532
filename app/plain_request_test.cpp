#include "app/plain_request.h"

#include <doctest/doctest.h>

#include <random>
#include <string>

using namespace http_api;

namespace {

struct Verdict {
  std::size_t length = 0;  // 0: not taken
  Request request;
};

Verdict short_way(const std::string& text) {
  Verdict verdict;
  verdict.length = read_plain_request(text, verdict.request);
  return verdict;
}

/// 0 as well where more bytes are needed or the request is refused.
Verdict long_way(const std::string& text) {
  RequestParser parser;
  const auto progress = parser.parse(text);
  if (progress.outcome != RequestParser::Outcome::done) return {};
  return {progress.consumed, parser.request()};
}

bool same(const Verdict& a, const Verdict& b) {
  return a.length == b.length && a.request.method == b.request.method && a.request.route == b.request.route &&
         a.request.http_1_1 == b.request.http_1_1 && a.request.keep_alive == b.request.keep_alive;
}

const std::string kLine = "GET /api HTTP/1.1\r\n";
const std::string kHost = "Host: a\r\n";

// As wrk, curl, a balancer and a browser send them.
const std::string kPlain[] = {
    kLine + "Host: 127.0.0.1:8080\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: localhost\r\nUser-Agent: curl/8.5.0\r\nAccept: */*\r\n\r\n",
    "GET /health?deep=1 HTTP/1.1\r\nhost:a\r\nX-Forwarded-For: 10.0.0.1\r\nX-Forwarded-Proto: "
    "http\r\nX-Forwarded-Port: 80\r\n"
    "X-Amzn-Trace-Id: Root=1-6745a1b2-0123456789abcdef01234567\r\n\r\n",
    "GET /metrics HTTP/1.1\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n"
    "Accept: text/html,application/xhtml+xml\r\nAccept-Language: en-US,en;q=0.5\r\nHOST:  a.example \r\nCookie: "
    "a=\"b\"; c\r\n\r\n",
    "GET /nothing/here HTTP/1.1\r\n" + kHost + "Empty:\r\n\r\n",
};

}  // namespace

TEST_CASE("PlainRequest_IsReadTheShortWayAsBeastReadsIt") {
  for (const std::string& text : kPlain) {
    CAPTURE(text);
    const Verdict verdict = short_way(text);
    CHECK(verdict.length == text.size());
    CHECK(same(verdict, long_way(text)));
    CHECK(short_way(text + text).length == text.size());  // pipelined
    for (std::size_t cut = 0; cut < text.size(); ++cut) CHECK(short_way(text.substr(0, cut)).length == 0);
  }
}

TEST_CASE("PlainRequest_LeavesWhatChangesTheAnswerToBeast") {
  const std::string others[] = {
      "HEAD /api HTTP/1.1\r\n" + kHost + "\r\n",
      "GET /api HTTP/1.0\r\n" + kHost + "\r\n",
      "GET http://a/api HTTP/1.1\r\n" + kHost + "\r\n",
      "get /api HTTP/1.1\r\n" + kHost + "\r\n",
      "GET  /api HTTP/1.1\r\n" + kHost + "\r\n",
      "GET /api  HTTP/1.1\r\n" + kHost + "\r\n",
      "GET /\xc3\xa4 HTTP/1.1\r\n" + kHost + "\r\n",
      kLine + "\r\n",
      kLine + kHost + kHost + "\r\n",
      kLine + kHost + "HOST: b\r\n\r\n",
      kLine + kHost + "Connection: close\r\n\r\n",
      kLine + kHost + "cONNECTION:close\r\n\r\n",
      kLine + kHost + "Proxy-Connection: close\r\n\r\n",
      kLine + kHost + "Content-Length: 3\r\n\r\nabc",
      kLine + kHost + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      kLine + kHost + "Upgrade: h2c\r\n\r\n",
      kLine + kHost + "Expect: 100-continue\r\n\r\n",
      kLine + kHost + "X: a\r\n folded\r\n\r\n",
      kLine + kHost + "X : a\r\n\r\n",
      kLine + kHost + ": a\r\n\r\n",
      kLine + kHost + "X: a\x7f\r\n\r\n",
      kLine + kHost + "X: a\rb\r\n\r\n",
      kLine + kHost + "X: a\n\r\n",
  };
  for (const std::string& text : others) {
    CAPTURE(text);
    CHECK(short_way(text).length == 0);
  }
}

TEST_CASE("PlainRequest_HasTheHeaderLimitOfBeast") {
  int taken = 0;
  for (std::size_t size = kHeaderBytesMax - 20; size < kHeaderBytesMax + 20; ++size) {
    std::string text = kLine + kHost + "X: ";
    text += std::string(size - text.size() - 4, 'x') + "\r\n\r\n";
    REQUIRE(text.size() == size);
    CAPTURE(size);
    const Verdict verdict = short_way(text);
    const Verdict beast = long_way(text);
    CHECK(same(verdict, beast));
    taken += verdict.length != 0 ? 1 : 0;
  }
  CHECK(taken == 21);
}

TEST_CASE("PlainRequest_DamagedInAnyWayIsTakenOnlyWhereBeastTakesItAlike") {
  // Pieces that matter to a parser, and bytes at every edge of its classes.
  const std::string pieces[] = {
      "\r\n",  "\r",    "\n",   " ",          "\t",       ":",    "GET ",   "/api",     "/",
      "?",     "HEAD",  "\x7f", "~",          "!",        "\x1f", "\x80",   "\xff",     std::string(1, '\0'),
      "Host:", "host:", "a",    "Z",          "_",        "\"",   "Expect", "\r\n\r\n", "HTTP/1",
      ".0",    "1",     "http", "Connection", "close\r\n"};
  std::mt19937 random(20261125);  // NOLINT: the same damage in every run
  const auto below = [&random](std::size_t bound) { return static_cast<std::size_t>(random() % bound); };
  int taken = 0;
  for (int round = 0; round < 200'000; ++round) {
    std::string text = kPlain[below(std::size(kPlain))];
    for (std::size_t damages = 1 + below(3); damages > 0; --damages) {
      const std::size_t at = below(text.size() + 1);
      switch (below(4)) {
        case 0:
          text.erase(at, 1 + below(6));
          break;
        case 1:
          text.insert(at, pieces[below(std::size(pieces))]);
          break;
        case 2:
          if (at < text.size()) text[at] = static_cast<char>(below(256));
          break;
        default:  // a copy of another part of it
          text.insert(at, text.substr(below(text.size() + 1), below(40)));
      }
    }
    const Verdict verdict = short_way(text);
    if (verdict.length == 0) continue;
    ++taken;
    if (same(verdict, long_way(text))) continue;
    CAPTURE(text);
    FAIL_CHECK("taken, but Beast reads it differently");
  }
  CHECK(taken > 30'000);  // else the test above says little
}
