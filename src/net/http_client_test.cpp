#include "net/http_client.h"

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <atomic>
#include <cstdlib>
#include <future>
#include <vector>

#include "base/testing/damage.h"
#include "net/test_peer.h"
#include "net/unix_socket.h"

namespace net {
namespace {

void echo(Request&& request, Responder respond) {
  respond({200, {{"X-Method", request.method}}, request.target + "|" + request.body, nullptr});
}

Endpoint local(std::uint16_t port) { return *Endpoint::parse("http://127.0.0.1:" + std::to_string(port)); }

std::string temp_directory() {
  char path[] = "/tmp/net_test_XXXXXX";
  return ::mkdtemp(path);
}

/// Answers each connection's first bytes with exactly these, then closes.
class ScriptedPeer {
 public:
  explicit ScriptedPeer(std::vector<std::string> answers) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address);
    ::listen(fd_, 16);
    socklen_t size = sizeof address;
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
    thread_ = std::thread([this, answers = std::move(answers)] {
      for (const auto& answer : answers) {
        const int client = ::accept(fd_, nullptr, nullptr);
        char buffer[4096];
        (void)!::recv(client, buffer, sizeof buffer, 0);
        (void)!::send(client, answer.data(), answer.size(), MSG_NOSIGNAL);
        ::close(client);
      }
    });
  }
  ~ScriptedPeer() {
    thread_.join();
    ::close(fd_);
  }
  std::uint16_t port = 0;

 private:
  int fd_;
  std::thread thread_;
};

}  // namespace

TEST_CASE("endpoints parse, print and say whether they are this machine") {
  const auto plain = Endpoint::parse("http://127.0.0.1:4566/");
  REQUIRE(plain);
  CHECK(plain->port == 4566);
  CHECK(plain->host_header() == "127.0.0.1:4566");
  CHECK(plain->loopback());
  CHECK(Endpoint::parse("https://ecs.us-east-1.amazonaws.com")->host_header() == "ecs.us-east-1.amazonaws.com");
  CHECK_FALSE(Endpoint::parse("https://ecs.us-east-1.amazonaws.com")->loopback());
  CHECK(Endpoint::parse("http://[::1]:80/base")->text() == "http://[::1]/base");
  CHECK(Endpoint::parse("unix:///run/docker.sock")->unix_path == "/run/docker.sock");
  for (const char* bad : {"", "127.0.0.1:80", "ftp://x", "http://", "http://a b", "http://x:0", "http://x:70000",
                          "http://x:", "unix://", "http://user@host", "http://x/?a=b"}) {
    CAPTURE(bad);
    CHECK_FALSE(Endpoint::parse(bad));
  }
}

TEST_CASE("the client reuses its connection, also a unix socket's") {
  const auto directory = temp_directory();
  HttpServer::Options options;
  options.listen = {"127.0.0.1:0", "unix:" + directory + "/s"};
  {
    RunningServer server(echo, options);
    for (const auto& endpoint : {local(server.port()), *Endpoint::parse("unix://" + directory + "/s")}) {
      const auto before = server.counters().accepted;
      BlockingClient client;
      for (int i = 0; i < 3; ++i) {
        ClientRequest request;
        request.method = i == 2 ? "HEAD" : "POST";
        request.target = "/t";
        request.body = "body";
        const auto answer = client.send(endpoint, std::move(request));
        REQUIRE(answer);
        CHECK(answer->status == 200);
        CHECK(answer->body == (i == 2 ? "" : "/t|body"));
      }
      CHECK(server.counters().accepted == before + 1);
    }
  }
  CHECK(::access((directory + "/s").c_str(), F_OK) != 0);  // the socket file goes with its server
  ::rmdir(directory.c_str());
}

TEST_CASE("failures have codes of their own") {
  std::uint16_t free_port = 0;
  {
    RunningServer server(echo);
    free_port = server.port();
  }
  CHECK(fetch(local(free_port), {}).error().code == "ConnectFailed");
  CHECK(fetch(*Endpoint::parse("unix:///nonexistent/socket"), {}).error().code == "ConnectFailed");
  CHECK(fetch(*Endpoint::parse("https://127.0.0.1"), {}).error().code == "TlsNotBuiltIn");

  std::vector<Responder> waiting;
  RunningServer silent([&](Request&&, Responder respond) { waiting.push_back(std::move(respond)); });
  ClientRequest hasty;
  hasty.timeout = std::chrono::milliseconds(30);
  CHECK(fetch(local(silent.port()), std::move(hasty)).error().code == "Timeout");

  RunningServer large([](Request&&, Responder respond) { respond({200, {}, std::string(5000, 'x'), nullptr}); });
  ClientRequest narrow;
  narrow.body_limit = 4999;
  CHECK(fetch(local(large.port()), std::move(narrow)).error().code == "ResponseTooLarge");
}

TEST_CASE("what a peer may send instead of a good answer") {
  const struct {
    std::string answer;
    std::string code;
  } table[] = {
      {"", "ConnectionClosed"},
      {"HTTP/1.1 200 OK\r\nContent-Le", "ConnectionClosed"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc", "ConnectionClosed"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", "ConnectionClosed"},
      {"SSH-2.0-OpenSSH\r\n", "BadResponse"},
      {"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", "BadResponse"},
      {"HTTP/1.1 200 OK\r\nA: " + std::string(70000, 'x') + "\r\n\r\n", "BadResponse"},
      {"HTTP/1.1 200 OK\r\n\r\nto the end", ""},
      {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nto the end", ""},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nto \r\n7\r\nthe end\r\n0\r\n\r\n", ""},
  };
  for (const auto& [text, code] : table) {
    CAPTURE(text.substr(0, 80));
    ScriptedPeer peer({text});
    ClientRequest request;
    request.method = "POST";
    const auto answer = fetch(local(peer.port), std::move(request));
    if (code.empty()) {
      REQUIRE(answer);
      CHECK(answer->body == "to the end");
    } else {
      REQUIRE_FALSE(answer);
      CHECK(answer.error().code == code);
    }
  }
}

TEST_CASE("a last chunk that is cut before its end is no answer, and no harm") {
  std::atomic<bool> seen = false;
  std::promise<std::uint16_t> port;
  std::thread peer([&] {
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address);
    ::listen(listener, 1);
    socklen_t size = sizeof address;
    ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
    port.set_value(ntohs(address.sin_port));
    const int client = ::accept(listener, nullptr, nullptr);
    const std::string_view begin = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n";
    char buffer[4096];
    (void)!::recv(client, buffer, sizeof buffer, 0);
    (void)!::send(client, begin.data(), begin.size(), MSG_NOSIGNAL);
    seen.wait(false);  // what was read with it has been parsed as well
    (void)!::send(client, "\r", 1, MSG_NOSIGNAL);
    ::close(client);
    ::close(listener);
  });
  ClientRequest request;
  request.on_body = [&](std::string_view) {
    seen = true;
    seen.notify_one();
  };
  const auto answer = fetch(local(port.get_future().get()), std::move(request));
  peer.join();
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == "ConnectionClosed");
}

TEST_CASE("damaged answers are taken or are an error") {
  const std::string good[] = {
      "HTTP/1.1 200 OK\r\nContent-Length: 10\r\nX: y\r\n\r\nto the end",
      "HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nto \r\n7\r\nthe end\r\n0\r\nT: r\r\n\r\n",
  };
  Random random(20261125);
  int taken = 0, errors = 0;
  for (int round = 0; round < 300; ++round) {
    const std::string text = testing::damage(good[random.below(2)], random);
    CAPTURE(text);
    ScriptedPeer peer({text});
    const auto answer = fetch(local(peer.port), {});
    answer ? ++taken : ++errors;
    if (!answer) CHECK((answer.error().code == "ConnectionClosed" || answer.error().code == "BadResponse"));
  }
  CHECK(taken > 30);
  CHECK(errors > 30);
}

TEST_CASE("a stream is handed over as it arrives; an error's body is gathered") {
  const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  ScriptedPeer peer({head + "2\r\nab\r\n1\r\nc\r\n0\r\n\r\n", "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno"});
  for (const int status : {200, 404}) {
    std::string streamed;
    ClientRequest request;
    request.on_body = [&](std::string_view bytes) { streamed += bytes; };
    const auto answer = fetch(local(peer.port), std::move(request));
    REQUIRE(answer);
    CHECK(answer->status == status);
    CHECK(streamed == (status == 200 ? "abc" : ""));
    CHECK(answer->body == (status == 200 ? "" : "no"));
  }
}

TEST_CASE("a cancelled call is not answered, and a call may be cancelled from within its own stream") {
  RunningServer server(echo);
  EventLoop loop;
  HttpClient client(loop);
  int answered = 0;
  const auto endpoint = local(server.port());
  const auto cancelled = client.send(endpoint, {}, [&](Result<Response>) { answered += 10; });
  client.cancel(cancelled);
  HttpClient::CallId streaming = 0;
  ClientRequest request;
  request.on_body = [&](std::string_view) { client.cancel(streaming); };
  streaming = client.send(endpoint, std::move(request), [&](Result<Response>) { answered += 10; });
  client.send(endpoint, {}, [&](Result<Response> result) { answered += result ? 1 : 100; });
  loop.run_until([&] { return answered > 0; }, std::chrono::seconds(5));
  loop.run_until([] { return false; }, std::chrono::milliseconds(20));
  CHECK(answered == 1);
}

TEST_CASE("many calls at once") {
  RunningServer server(echo);
  EventLoop loop;
  HttpClient client(loop);
  int good = 0, ended = 0;
  for (int i = 0; i < 200; ++i) {
    ClientRequest request;
    request.target = "/" + std::to_string(i);
    client.send(local(server.port()), std::move(request), [&, i](Result<Response> result) {
      good += result && result->body == "/" + std::to_string(i) + "|";
      ++ended;
    });
  }
  loop.run_until([&] { return ended == 200; }, std::chrono::seconds(10));
  CHECK(good == 200);
  CHECK(client.idle_connections() <= 16);
}

TEST_CASE("the accept loop survives running out of descriptors") {
  const pid_t child = ::fork();
  if (child == 0) {
    EventLoop loop;
    HttpServer::Options options;
    options.listen = {"127.0.0.1:0"};
    auto server = HttpServer::start(loop, options, echo);
    // Connect first, so that nothing is left for the server to accept with.
    RawClient client((*server)->port());
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = 64;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    std::vector<int> fillers;
    for (int fd = ::dup(0); fd >= 0; fd = ::dup(0)) fillers.push_back(fd);
    loop.run_until([&] { return (*server)->counters().accept_errors >= 2; }, std::chrono::seconds(5));
    const bool starved = (*server)->counters().accept_errors >= 2;
    for (const int fd : fillers) ::close(fd);
    client.send("GET /alive HTTP/1.1\r\nHost: localhost\r\n\r\n");
    loop.run_until([&] { return (*server)->counters().requests == 1; }, std::chrono::seconds(5));
    ::_exit(starved && client.read_until("/alive|").find("/alive|") != std::string::npos ? 0 : 1);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  CHECK(status == 0);
}

TEST_CASE("a unix socket answers one request a connection, and failing to has a code") {
  const auto directory = temp_directory();
  const auto path = directory + "/s";
  CHECK(unix_request(path, "x", std::chrono::seconds(1)).error().code == "ConnectFailed");
  HttpServer::Options options;
  options.listen = {"unix:" + path};
  {
    RunningServer server(echo, options);
    const auto answer = unix_request(path, "GET /u HTTP/1.0\r\nHost: localhost\r\n\r\n", std::chrono::seconds(5));
    REQUIRE(answer);
    CHECK(answer->find("/u|") != std::string::npos);
    CHECK(unix_request(path, "GET /", std::chrono::milliseconds(30)).error().code == "Timeout");
  }
  ::rmdir(directory.c_str());
}

}  // namespace net
