// An HTTP/1.1 client on an EventLoop, over TCP and unix sockets (the Docker API, health probes, tests), and a blocking
// one for the command line. Keeps connections per endpoint and reuses them.
//
// Holds always: `done` is called exactly once for each send that is not cancelled, never inside send(). Errors:
// "ConnectFailed" (nobody listens, no such host), "Timeout", "ConnectionClosed" (cut before the whole answer),
// "BadResponse", "ResponseTooLarge", "InvalidEndpoint", "TlsNotBuiltIn".
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/event_loop.h"
#include "net/http.h"

namespace net {

struct Endpoint {
  bool tls = false;
  std::string host;  // a name or an address; without brackets for IPv6
  std::uint16_t port = 80;
  std::string unix_path;  // instead of host and port
  std::string base_path;  // "/prefix" of "http://host/prefix", or ""

  /// "http://127.0.0.1:4566", "https://ecs.us-east-1.amazonaws.com", "unix:///run/docker.sock".
  static Result<Endpoint> parse(std::string_view url);
  /// As the Host header says it: without the scheme's own port.
  std::string host_header() const;
  std::string text() const;
  bool loopback() const;
  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

struct ClientRequest {
  std::string method = "GET";
  std::string target = "/";
  Headers headers;  // Host (if missing) and Content-Length are added
  std::string body;
  std::chrono::milliseconds connect_timeout = std::chrono::seconds(5);
  std::chrono::milliseconds timeout = std::chrono::seconds(60);  // for the whole exchange; 0: none
  std::uint64_t body_limit = 256 << 20;
  /// Takes a 2xx answer's body as it arrives (event streams, downloads); Response::body stays empty then. The body of
  /// another status is gathered as usual.
  Callback<void(std::string_view)> on_body;
};

class HttpClient {
 public:
  struct Options {
    std::size_t idle_per_endpoint = 16;
    std::chrono::milliseconds idle_timeout = std::chrono::seconds(30);
  };
  using Done = Callback<void(Result<Response>)>;
  using CallId = std::uint64_t;

  explicit HttpClient(EventLoop& loop);
  HttpClient(EventLoop& loop, Options options);
  /// Cancels what is under way: those `done` are not called.
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  CallId send(const Endpoint& endpoint, ClientRequest request, Done done);
  /// `done` will not be called any more; the connection is closed.
  void cancel(CallId call);
  std::size_t idle_connections() const;

  struct Impl;

 private:
  std::shared_ptr<Impl> impl_;  // shared with calls under way, which may end after the client
};

/// The same, blocking, on a loop of its own. For the command line; keeps connections between calls.
class BlockingClient {
 public:
  Result<Response> send(const Endpoint& endpoint, ClientRequest request);

 private:
  EventLoop loop_;
  HttpClient client_{loop_};
};

/// One blocking exchange.
Result<Response> fetch(const Endpoint& endpoint, ClientRequest request);

}  // namespace net
