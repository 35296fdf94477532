#include "load/response_parser.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using load::ResponseParser;
using State = ResponseParser::State;

namespace {

struct Answer {
  const char* rule;
  std::string bytes;
  int status;
  bool keeps_alive;
};

const std::vector<Answer> kWhole = {
    {"content-length", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, true},
    {"name in another case, blanks around the value", "HTTP/1.1 200 OK\r\ncontent-LENGTH:  5 \r\n\r\nhello", 200, true},
    {"empty body", "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", 404, true},
    {"no reason phrase", "HTTP/1.1 200\r\nContent-Length: 1\r\n\r\nx", 200, true},
    {"chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1a;ext=1\r\nabcdefghijklmnopqrstuvwxyz\r\n0\r\n\r\n", 200, true},
    {"chunked with a trailer", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nX-Sum: 1\r\n\r\n", 200, true},
    {"connection: close", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx", 200, false},
    {"HTTP/1.0 closes", "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", 200, false},
    {"HTTP/1.0 with keep-alive stays", "HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 1\r\n\r\nx", 200, true},
    {"204 has no body", "HTTP/1.1 204 No Content\r\n\r\n", 204, true},
    {"304 has no body, whatever its length says", "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", 304, true},
    {"100 is no answer yet", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 503 Busy\r\nContent-Length: 2\r\n\r\nno", 503, true},
};

}  // namespace

TEST_CASE("an answer ends where its framing says, however the bytes are cut") {
  for (const Answer& answer : kWhole) {
    CAPTURE(answer.rule);
    for (const std::size_t piece : {answer.bytes.size(), std::size_t{1}, std::size_t{3}, std::size_t{7}}) {
      CAPTURE(piece);
      ResponseParser parser;
      parser.begin(false);
      State state = State::more;
      for (std::size_t at = 0; at < answer.bytes.size(); at += piece) {
        REQUIRE(state == State::more);
        state = parser.feed(std::string_view(answer.bytes).substr(at, piece));
      }
      CHECK(state == State::done);
      CHECK(parser.status() == answer.status);
      CHECK(parser.keeps_alive() == answer.keeps_alive);
      CHECK(parser.left() == 0);
    }
  }
}

TEST_CASE("bytes after the answer are told") {
  for (const Answer& answer : kWhole) {
    CAPTURE(answer.rule);
    ResponseParser parser;
    parser.begin(false);
    CHECK(parser.feed(answer.bytes + "HTTP") == State::done);
    CHECK(parser.left() == 4);
  }
}

TEST_CASE("an answer without a length ends with the connection") {
  ResponseParser parser;
  parser.begin(false);
  CHECK(parser.feed("HTTP/1.1 200 OK\r\n\r\nall of") == State::more);
  CHECK(parser.feed(" this") == State::more);
  CHECK(parser.end() == State::done);
  CHECK_FALSE(parser.keeps_alive());
}

TEST_CASE("a connection that ends within an answer has not answered") {
  for (const char* part : {"", "HTTP/1.1 200 O", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
                           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n"}) {
    CAPTURE(part);
    ResponseParser parser;
    parser.begin(false);
    CHECK(parser.feed(part) == State::more);
    CHECK(parser.end() == State::more);
    CHECK(parser.started() == (*part != 0));
  }
}

TEST_CASE("the answer to HEAD has no body") {
  ResponseParser parser;
  parser.begin(true);
  CHECK(parser.feed("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n") == State::done);
}

TEST_CASE("what is no HTTP or is framed twice is malformed") {
  for (const char* bytes :
       {"SSH-2.0-OpenSSH\r\n\r\n", "HTTP/2 200 OK\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 999 X\r\n\r\n", "HTTP/1.1 2000 X\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nxy\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", "HTTP/1.1 101 Switching\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n"}) {
    CAPTURE(bytes);
    ResponseParser parser;
    parser.begin(false);
    CHECK(parser.feed(bytes) == State::malformed);
  }
  ResponseParser parser;
  parser.begin(false);
  CHECK(parser.feed("HTTP/1.1 200 OK\r\nX: " + std::string(70000, 'x')) == State::malformed);
}
