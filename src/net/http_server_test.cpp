#include "net/http_server.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <stdexcept>

#include "base/testing/damage.h"
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

TEST_CASE("HEAD gets the headers of GET and no body") {
  RunningServer server(echo_target);
  RawClient client(server.port());
  client.send("HEAD /abc HTTP/1.1\r\nHost: localhost\r\n\r\nGET /z HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const auto text = client.read_until("GET /z ");
  CHECK(text.find("Content-Length: 10\r\n") != std::string::npos);
  CHECK(body_of(text).starts_with("HTTP/1.1 200"));  // the second answer follows the first one's head at once
}

TEST_CASE("a chunked body arrives whole, its trailers are no headers") {
  RunningServer server([](Request&& request, Responder respond) {
    respond({200, {}, request.body + "|" + std::string(request.headers.get("X-Late")), nullptr});
  });
  RawClient client(server.port());
  client.send("POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
  client.send("2;ext=1\r\nde\r\n0\r\nX-Late: yes\r\n\r\n");
  CHECK(body_of(client.read_until("|")) == "abcde|");
}

TEST_CASE("a last chunk that is cut before its end stops nothing") {
  struct Seen final : BodySink {
    explicit Seen(std::atomic<bool>& seen) : seen(seen) {}
    Result<void> write(std::string_view) override {
      seen = true;
      seen.notify_one();
      return {};
    }
    std::atomic<bool>& seen;
  };
  std::atomic<bool> seen = false;
  HttpServer::Options options;
  options.body_sink = [&](const Request&) { return std::make_unique<Seen>(seen); };
  RunningServer server([](Request&&, Responder respond) { respond({200, {}, "whole;", nullptr}); }, options);
  RawClient client(server.port());
  client.send("POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n");
  seen.wait(false);  // what was read with it has been parsed as well
  client.send("\r");
  client.send("\n");
  CHECK(body_of(client.read_until(";")) == "whole;");
}

TEST_CASE("Expect: 100-continue is answered before the body, a refused body is not asked for") {
  HttpServer::Options options;
  options.body_bytes = 10;
  RunningServer server(echo_target, options);
  RawClient client(server.port());
  client.send("PUT / HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  CHECK(client.read_until("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("ok");
  CHECK(body_of(client.read_until("ok")) == "PUT / ok");
  RawClient large(server.port());
  large.send("PUT / HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 11\r\n\r\n");
  CHECK(status_of(large.read_all()) == 413);
}

TEST_CASE("an absolute-form target is cut, and its authority is the Host") {
  RunningServer server([](Request&& request, Responder respond) {
    respond({200, {}, request.target + " " + std::string(request.headers.get("Host")) + "!", nullptr});
  });
  RawClient client(server.port());
  client.send("GET http://127.0.0.1:99/p?q HTTP/1.1\r\nHost: evil.example\r\n\r\n");
  CHECK(body_of(client.read_until("!")) == "/p?q 127.0.0.1:99!");
}

TEST_CASE("keep-alive: HTTP/1.1 unless refused, HTTP/1.0 when asked") {
  RunningServer server(echo_target);
  const auto answers = [&](std::string request) {  // of two, sent one after the other
    RawClient client(server.port());
    client.send(request);
    const bool first = client.read_until("GET / ").find("GET / ") != std::string::npos;
    client.send(request);
    return first + (client.read_until("GET / ").find("GET / ") != std::string::npos);
  };
  CHECK(answers("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n") == 2);
  CHECK(answers("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n") == 1);
  CHECK(answers("GET / HTTP/1.0\r\nHost: localhost\r\n\r\n") == 1);
  CHECK(answers("GET / HTTP/1.0\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n") == 2);
}

TEST_CASE("malformed and excessive requests get their status and lose their connection only") {
  HttpServer::Options options;
  options.header_bytes = 2048;
  options.header_count = 20;
  options.body_bytes = 100;
  RunningServer server(echo_target, options);
  const std::string host = "Host: localhost\r\n";
  std::string many;
  for (int i = 0; i < 30; ++i) many += "A: b\r\n";
  const struct {
    int status;
    std::string request;
  } table[] = {
      {400, "GARBAGE\r\n\r\n"},
      {400, "GET\r\n\r\n"},
      {400, "GET / FTP/1.1\r\n\r\n"},
      {400, "GET /\x01 HTTP/1.1\r\n" + host + "\r\n"},
      {400, "GET / HTTP/1.1\n" + host + "\r\n"},
      {400, "GET / HTTP/1.1\r\n\r\n"},                               // no Host
      {400, "GET / HTTP/1.1\r\n" + host + host + "\r\n"},            // two
      {400, "GET / HTTP/1.1\r\n" + host + "Bad Name: x\r\n\r\n"},
      {400, "GET / HTTP/1.1\r\n" + host + "Name : x\r\n\r\n"},
      {400, "GET / HTTP/1.1\r\n" + host + ": x\r\n\r\n"},
      {400, "GET nopath HTTP/1.1\r\n" + host + "\r\n"},
      {400, "CONNECT localhost:80 HTTP/1.1\r\n" + host + "\r\n"},
      {400, "GET * HTTP/1.1\r\n" + host + "\r\n"},
      {400, "POST / HTTP/1.1\r\n" + host + "Content-Length: x\r\n\r\n"},
      {400, "POST / HTTP/1.1\r\n" + host + "Content-Length: -1\r\n\r\n"},
      {400, "POST / HTTP/1.1\r\n" + host + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"},
      {400, "POST / HTTP/1.1\r\n" + host + "Content-Length: 99999999999999999999999\r\n\r\n"},
      {400, "POST / HTTP/1.1\r\n" + host + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
      {400, "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n"},
      {400, "POST / HTTP/1.0\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
      {400, "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n"},
      {400, "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n"},
      {403, "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n"},
      {403, "GET / HTTP/1.1\r\n" + host + "Origin: http://evil.example\r\n\r\n"},
      {413, "POST / HTTP/1.1\r\n" + host + "Content-Length: 101\r\n\r\n"},
      {413, "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n65\r\n" + std::string(101, 'x')},
      {413, "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n" + std::string(101, 'x')},
      {417, "POST / HTTP/1.1\r\n" + host + "Expect: tea\r\nContent-Length: 1\r\n\r\n"},
      {431, "GET / HTTP/1.1\r\n" + host + "A: " + std::string(4000, 'a') + "\r\n\r\n"},
      {431, "GET / HTTP/1.1\r\n" + host + many + "\r\n"},
      {431, "GET /" + std::string(4000, 'a')},
      {431, "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n0\r\nA: " + std::string(8000, 'a')},
      {501, "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: gzip\r\n\r\n"},
      {501, "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"},
      {505, "GET / HTTP/3.0\r\n" + host + "\r\n"},
      {505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
  };
  for (const auto& [status, request] : table) {
    CAPTURE(request.substr(0, 120));
    RawClient whole(server.port());
    whole.send(request);
    const auto text = whole.read_all();
    CHECK(status_of(text) == status);
    CHECK(whole.peer_closed());
    CHECK(text.find("\"__type\":") != std::string::npos);
    RawClient split(server.port());
    for (std::size_t at = 0; at < request.size(); at += 7) split.send(std::string_view(request).substr(at, 7));
    CHECK(status_of(split.read_all()) == status);
  }
  RawClient fine(server.port());
  fine.send("GET /still HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(body_of(fine.read_until("/still ")) == "GET /still ");
}

TEST_CASE("damaged requests are answered, or their connection is closed, and the server lives on") {
  const std::string good[] = {
      "GET /a?b=c HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello",
      "PUT /x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3;x=\"y\"\r\nabc\r\n0\r\nT: r\r\n\r\n",
  };
  RunningServer server(echo_target);
  Random random(20261125);
  int answered = 0, refused = 0;
  for (int round = 0; round < 600; ++round) {
    const std::string text = testing::damage(good[random.below(3)], random);
    CAPTURE(text);
    RawClient client(server.port());
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t piece = 1 + random.below(text.size());
      client.send(std::string_view(text).substr(at, piece));
      at += piece;
    }
    client.half_close();
    const std::string answer = client.read_all();
    CHECK(client.peer_closed());
    if (answer.empty()) continue;  // never whole
    const int status = status_of(answer);
    CHECK((status == 100 || status == 200 || (status >= 400 && status <= 505)));
    status < 400 ? ++answered : ++refused;
    if (status >= 400) CHECK(answer.find("\"__type\":") != std::string::npos);
  }
  CHECK(answered > 20);
  CHECK(refused > 50);
}

TEST_CASE("headers sent one by one cannot pass the header limit") {
  HttpServer::Options options;
  options.header_bytes = 4096;
  options.header_count = 100000;
  RunningServer server(echo_target, options);
  RawClient client(server.port());
  client.send("GET / HTTP/1.1\r\nHost: localhost\r\n");
  for (int i = 0; i < 500; ++i) client.send("Name: some value\r\n");
  CHECK(status_of(client.read_all()) == 431);
}

TEST_CASE("a large refused body is read for a moment, so that the refusal arrives") {
  HttpServer::Options options;
  options.body_bytes = 1000;
  RunningServer server(echo_target, options);
  RawClient client(server.port());
  client.send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n");
  client.send(std::string(1000000, 'x'));
  CHECK(status_of(client.read_until("\r\n\r\n")) == 413);
}

TEST_CASE("slow clients time out: headers, bodies below the minimum rate, idle connections") {
  HttpServer::Options options;
  options.header_timeout = options.body_grace = options.idle_timeout = std::chrono::milliseconds(700);
  RunningServer server(echo_target, options);
  RawClient header(server.port()), body(server.port()), idle(server.port()), fresh(server.port());
  header.send("GET / HTTP/1.1\r\nHost: loc");
  body.send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\na");
  idle.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(status_of(header.read_all()) == 408);
  CHECK(status_of(body.read_all()) == 408);
  CHECK(status_of(idle.read_all()) == 200);
  CHECK(idle.peer_closed());
  CHECK(fresh.read_all().empty());
  CHECK(fresh.peer_closed());
  CHECK(server.counters().timeouts == 2);
}

TEST_CASE("a handler may take its time: no time-out applies while the answer is ours to give") {
  HttpServer::Options options;
  options.header_timeout = options.body_grace = options.idle_timeout = std::chrono::milliseconds(300);
  Timer timer;
  RunningServer* running = nullptr;
  RunningServer server(
      [&](Request&&, Responder respond) {
        timer = running->loop.call_after(std::chrono::milliseconds(900), [respond = std::move(respond)]() mutable {
          respond({200, {}, "late", nullptr});
        });
      },
      options);
  running = &server;
  RawClient client(server.port());
  client.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(body_of(client.read_until("late")) == "late");
  server.on_loop([&] { timer.cancel(); });  // before its loop goes
}

TEST_CASE("answering a client that has gone is harmless, and so is not answering") {
  std::vector<Responder> waiting;
  std::atomic<int> taken = 0;
  RunningServer server([&](Request&& request, Responder respond) {
    if (request.target == "/keep") waiting.push_back(std::move(respond));
    ++taken;
    taken.notify_all();
  });
  RawClient dropped(server.port());
  dropped.send("GET /drop HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(status_of(dropped.read_until("}")) == 500);
  {
    RawClient gone(server.port());
    gone.send("GET /keep HTTP/1.1\r\nHost: localhost\r\n\r\n");
    taken.wait(1);
  }
  RawClient half(server.port());
  half.send("GET /keep HTTP/1.1\r\nHost: localhost\r\n\r\n");
  half.half_close();
  taken.wait(2);
  // The end is in the server's socket already; each turn of its loop looks at the sockets, so a few let it be seen.
  for (int turn = 0; turn < 4; ++turn) server.on_loop([] {});
  server.on_loop([&] {
    for (auto& respond : waiting) respond({200, {}, "answer", nullptr});
    for (auto& respond : waiting) respond({200, {}, "again", nullptr});
  });
  const auto text = half.read_all();
  CHECK(body_of(text) == "answer");
  CHECK(text.find("Connection: close") != std::string::npos);
}

TEST_CASE("a handler that throws costs its client a 500") {
  RunningServer server([](Request&&, Responder) { throw std::runtime_error("bug"); });
  RawClient client(server.port());
  client.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(status_of(client.read_until("}")) == 500);
}

TEST_CASE("what a handler echoes cannot split the answer's headers") {
  RunningServer server([](Request&&, Responder respond) {
    respond({200, {{"X-Echo", "a\r\nSet-Cookie: b"}}, "", nullptr});
  });
  RawClient client(server.port());
  client.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(client.read_until("\r\n\r\n").find("\r\nSet-Cookie") == std::string::npos);
}

TEST_CASE("a deep pipeline is answered whole without reading it all ahead") {
  std::atomic<std::size_t> outstanding = 0, most = 0;
  std::deque<Responder> waiting;
  RunningServer* running = nullptr;
  HttpServer::Options options;
  options.pipelined = 8;
  RunningServer server(
      [&](Request&&, Responder respond) {
        waiting.push_back(std::move(respond));
        most = std::max<std::size_t>(most, ++outstanding);
        running->loop.post([&] {
          auto next = std::move(waiting.front());
          waiting.pop_front();
          --outstanding;
          next({200, {}, "x", nullptr});
        });
      },
      options);
  running = &server;
  RawClient client(server.port());
  std::string requests;
  for (int i = 0; i < 500; ++i) requests += "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
  requests.insert(requests.rfind("\r\n"), "Connection: close\r\n");
  client.send(requests);
  const auto text = client.read_all();
  std::size_t answers = 0;
  for (auto at = text.find("HTTP/1.1 200"); at != std::string::npos; at = text.find("HTTP/1.1 200", at + 1)) ++answers;
  CHECK(answers == 500);
  CHECK(most <= 8);
}

TEST_CASE("a slow reader gets a large answer whole; one that stops reading is cut") {
  HttpServer::Options options;
  options.write_timeout = std::chrono::milliseconds(1'500);
  const std::string large(20 << 20, 'x');
  RunningServer server([&](Request&&, Responder respond) { respond({200, {}, large, nullptr}); }, options);
  RawClient client(server.port());
  client.send("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  CHECK(body_of(client.read_all()).size() == large.size());
  RawClient stuck(server.port());
  stuck.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  while (server.counters().timeouts == 0) ::poll(nullptr, 0, 5);
  CHECK(body_of(stuck.read_all()).size() < large.size());
}

TEST_CASE("bodies stream into a sink and out of a source") {
  struct Sum final : BodySink {
    std::uint64_t bytes = 0;
    Result<void> write(std::string_view piece) override {
      bytes += piece.size();
      if (piece.find('!') != std::string_view::npos) return fail("BadRequest", "no exclamation marks");
      return {};
    }
  };
  struct Repeat final : BodySource {
    std::uint64_t size() const override { return 3 << 20; }
    Result<void> read(std::string& out, std::size_t most) override {
      out.append(std::min<std::size_t>(most, 1000), 'y');
      return {};
    }
  };
  HttpServer::Options options;
  options.body_bytes = 10;
  options.body_limit = [](const Request& request) { return request.path() == "/up" ? 1u << 30 : 10u; };
  options.body_sink = [](const Request& request) -> std::unique_ptr<BodySink> {
    return request.path() == "/up" ? std::make_unique<Sum>() : nullptr;
  };
  RunningServer server(
      [](Request&& request, Responder respond) {
        if (!request.sink) return respond({200, {}, "", std::make_unique<Repeat>()});
        respond({200, {}, std::to_string(dynamic_cast<Sum&>(*request.sink).bytes) + "!", nullptr});
      },
      options);
  RawClient up(server.port());
  up.send("PUT /up HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000000\r\n\r\n");
  up.send(std::string(5000000, 'x'));
  CHECK(body_of(up.read_until("!")) == "5000000!");
  up.send("GET /down HTTP/1.1\r\nHost: localhost\r\n\r\nGET /down HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  const auto text = up.read_all();
  CHECK(std::count(text.begin(), text.end(), 'y') == 6 << 20);
  RawClient bad(server.port());
  bad.send("PUT /up HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50\r\n\r\n!");
  CHECK(status_of(bad.read_all()) == 400);
}

TEST_CASE("a sink without room and a source that is not ready hold their own connection only") {
  // What waits is called back by the test, as an executor would.
  struct Waits {
    Task resume;
    std::uint64_t taken = 0;
    bool open = false;
  };
  struct Sink final : BodySink {
    explicit Sink(Waits& waits) : waits(waits) {}
    Result<void> write(std::string_view piece) override {
      waits.taken += piece.size();
      return {};
    }
    bool has_room() const override { return waits.open; }
    void when_room(Task resume) override { waits.resume = std::move(resume); }
    Waits& waits;
  };
  struct Source final : BodySource {
    explicit Source(Waits& waits) : waits(waits) {}
    std::uint64_t size() const override { return 5; }
    bool ready() const override { return waits.open; }
    void when_ready(Task resume) override { waits.resume = std::move(resume); }
    Result<void> read(std::string& out, std::size_t) override {
      out += "whole";
      return {};
    }
    Waits& waits;
  };
  Waits up, down;
  HttpServer::Options options;
  options.body_limit = [](const Request&) { return 1u << 30; };
  options.body_grace = std::chrono::milliseconds(50);  // the client's, not the disk's
  options.body_sink = [&](const Request& request) -> std::unique_ptr<BodySink> {
    return request.path() == "/up" ? std::make_unique<Sink>(up) : nullptr;
  };
  RunningServer server(
      [&](Request&& request, Responder respond) {
        if (request.path() == "/down") return respond({200, {}, "", std::make_unique<Source>(down)});
        respond({200, {}, "answer", nullptr});
      },
      options);
  const auto waiting = [&](Waits& waits) {
    bool yes = false;
    while (!yes) server.on_loop([&] { yes = static_cast<bool>(waits.resume); });
  };
  RawClient uploads(server.port()), downloads(server.port()), other(server.port());
  std::thread upload([&] {
    uploads.send("PUT /up HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 20000000\r\n\r\n");
    uploads.send(std::string(20000000, 'x'));
  });
  downloads.send("GET /down HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  waiting(up);
  waiting(down);
  other.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(body_of(other.read_until("answer")) == "answer");
  server.on_loop([&] { CHECK(up.taken < 200'000); });
  for (Waits* waits : {&up, &down}) {
    server.on_loop([&] {
      waits->open = true;
      std::exchange(waits->resume, {})();
    });
  }
  CHECK(body_of(downloads.read_all()) == "whole");
  upload.join();
  CHECK(status_of(uploads.read_all()) == 200);
  server.on_loop([&] { CHECK(up.taken == 20'000'000); });
}

TEST_CASE("above the connection limit a client is told 503, and room is given back") {
  HttpServer::Options options;
  options.connections = 2;
  RunningServer server(echo_target, options);
  RawClient first(server.port()), second(server.port());
  const std::string request = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
  first.send(request);
  second.send(request);
  CHECK(status_of(first.read_until("GET / ")) == 200);
  CHECK(status_of(second.read_until("GET / ")) == 200);
  {
    RawClient third(server.port());
    CHECK(status_of(third.read_until("}")) == 503);
  }
  first.close();
  int status = 503;
  for (int i = 0; i < 200 && status != 200; ++i) {
    RawClient again(server.port());
    again.send(request);
    status = status_of(again.read_until("\r\n\r\n"));
  }
  CHECK(status == 200);
}

TEST_CASE("stop answers what is in flight, closes idle connections and reports when drained") {
  std::vector<Responder> waiting;
  std::atomic<bool> taken = false, drained = false;
  RunningServer server([&](Request&& request, Responder respond) {
    if (request.target == "/wait") {
      waiting.push_back(std::move(respond));
      taken = true;
      taken.notify_one();
    } else {
      respond({200, {}, "ok;", nullptr});
    }
  });
  RawClient idle(server.port()), busy(server.port());
  idle.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(status_of(idle.read_until("ok;")) == 200);
  busy.send("GET /wait HTTP/1.1\r\nHost: localhost\r\n\r\n");
  taken.wait(false);
  server.on_loop([&] {
    server.server->stop([&] {
      drained = true;
      drained.notify_one();
    });
  });
  CHECK(idle.read_all().empty());
  CHECK_FALSE(RawClient(server.port()).connected());
  CHECK_FALSE(drained);
  server.on_loop([&] { waiting[0]({200, {}, "done", nullptr}); });
  const auto text = busy.read_all();
  CHECK(body_of(text) == "done");
  CHECK(text.find("Connection: close") != std::string::npos);
  busy.close();
  drained.wait(false);
  CHECK(drained);
}

TEST_CASE("an address in use, or none at all, is an error that names it") {
  EventLoop loop;
  HttpServer::Options options;
  options.listen = {"127.0.0.1:0"};
  auto first = HttpServer::start(loop, options, echo_target);
  REQUIRE(first);
  for (const std::string& address : {(*first)->addresses()[0], std::string("127.0.0.1"), std::string("nonsense:80"),
                                     std::string("127.0.0.1:99999"), std::string("unix:")}) {
    options.listen = {address};
    const auto second = HttpServer::start(loop, options, echo_target);
    REQUIRE_FALSE(second);
    CHECK(second.error().message.find(address) != std::string::npos);
  }
}

// taskset -c 0 build/release/test/net_test --no-skip -tc='serve*' &  taskset -c 1 wrk -t1 -c8 -d10 http://127.0.0.1:9180/
TEST_CASE("serve 459 bytes for 15 seconds on port 9180" * doctest::skip()) {
  EventLoop loop;
  HttpServer::Options options;
  options.listen = {"127.0.0.1:9180"};
  const std::string body(459, 'x');
  auto server = HttpServer::start(loop, options, [&](Request&&, Responder respond) {
    Response response;
    response.headers.add("Content-Type", "application/json");
    response.body = body;
    respond(std::move(response));
  });
  REQUIRE(server);
  loop.run_until([] { return false; }, std::chrono::seconds(15));
  timespec cpu{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
  const auto requests = (*server)->counters().requests;
  MESSAGE(requests << " requests, CPU microseconds each: "
                   << (static_cast<double>(cpu.tv_sec) * 1e6 + static_cast<double>(cpu.tv_nsec) / 1e3) /
                          static_cast<double>(requests + 1));
}

}  // namespace net
