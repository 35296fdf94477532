// An HTTP/1.1 server on an EventLoop: the engine's front door, and the fake peers of tests. Handlers run inline on the
// loop's thread and answer through a Responder, at once or later (an answer waits for its commit).
//
// Holds always: answers leave in the order of their requests; every request gets exactly one answer; what a client can
// make us hold (headers, bodies, connections, time) is bounded by Options; a bad client costs its own connection only.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "net/event_loop.h"
#include "net/guard.h"
#include "net/http.h"

namespace net {

class HttpSession;

/// The right and duty to answer one request. Answering after the client has gone does nothing; dropped unanswered, the
/// client gets 500. Used on the loop's thread.
class Responder {
 public:
  Responder(std::weak_ptr<HttpSession> session, std::uint64_t sequence)
      : session_(std::move(session)), sequence_(sequence), owed_(true) {}
  Responder(Responder&& other) noexcept
      : session_(std::move(other.session_)), sequence_(other.sequence_), owed_(std::exchange(other.owed_, false)) {}
  Responder& operator=(Responder&& other) noexcept;
  ~Responder();

  void operator()(Response response);
  /// The connection is closed: an answer would reach nobody. (A client may also vanish unnoticed.)
  bool client_gone() const { return session_.expired(); }

 private:
  std::weak_ptr<HttpSession> session_;
  std::uint64_t sequence_ = 0;
  bool owed_ = false;
};

class HttpServer {
 public:
  using Handler = Callback<void(Request&&, Responder)>;

  struct Options {
    /// "127.0.0.1:4566", "[::1]:0", "0.0.0.0:80", "unix:/run/x.sock". Port 0: any free one.
    std::vector<std::string> listen;
    GuardOptions guard;

    std::size_t header_bytes = 64 * 1024;  // 431 above
    std::size_t header_count = 200;        // 431 above
    std::uint64_t body_bytes = 16 << 20;   // 413 above
    /// Another body limit for some requests (only method, target and headers are set), before the body is read.
    std::function<std::uint64_t(const Request&)> body_limit;
    /// Where some requests' bodies go, instead of Request::body. May give null. Asked once the headers are there.
    std::function<std::unique_ptr<BodySink>(const Request&)> body_sink;
    std::uint64_t bodies_in_memory = 256 << 20;  // of all connections together; 503 above
    std::size_t connections = 4096;              // 503 above
    std::size_t pipelined = 64;                  // requests read ahead of their answers

    std::chrono::milliseconds header_timeout = std::chrono::seconds(10);  // 408
    std::chrono::milliseconds body_grace = std::chrono::seconds(10);      // then at least body_rate, else 408
    std::uint64_t body_rate = 4096;                                       // bytes a second
    std::chrono::milliseconds idle_timeout = std::chrono::seconds(75);
    std::chrono::milliseconds write_timeout = std::chrono::seconds(30);  // without progress

    /// Shapes the server's own refusals. `code` is a short word ("RequestEntityTooLarge"). Default: a JSON object
    /// with __type and message.
    std::function<Response(int status, std::string_view code, std::string_view message)> refusal;
  };

  struct Counters {
    std::uint64_t accepted = 0;
    std::uint64_t requests = 0;
    std::uint64_t refused = 0;       // answered by the server itself: malformed, too large, guarded
    std::uint64_t overload = 0;      // 503: too many connections or bytes
    std::uint64_t timeouts = 0;
    std::uint64_t accept_errors = 0;
    std::size_t open = 0;
  };

  /// Listening when it returns. An error says which address and why.
  static Result<std::unique_ptr<HttpServer>> start(EventLoop& loop, Options options, Handler handler);
  /// Cuts every connection.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// As bound, in the order of Options::listen: "127.0.0.1:43121", "unix:/run/x.sock".
  const std::vector<std::string>& addresses() const;
  /// Of the first TCP address, 0 if there is none.
  std::uint16_t port() const;

  /// Takes no new connections and closes idle ones; requests in flight are answered and their connections closed.
  /// `drained` is called once none is left.
  void stop(Task drained = {});

  Counters counters() const;

  struct Impl;

 private:
  explicit HttpServer(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<Impl> impl_;
};

}  // namespace net
