// The Docker Engine API over its unix socket, as far as the docker runtime uses it. Version 1.41: Docker 20.10 and later,
// and Podman's service. Asynchronous, on the driver's loop; nothing here knows a task.
//
// What always holds: an answer of the daemon, also a refusal, is an Answer; only what kept it from answering is an error
// (ConnectFailed, ConnectionClosed, Timeout: net/http_client.h).
#pragma once

#include <boost/json.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "net/http_client.h"

namespace drivers::docker {

struct Answer {
  int status = 0;
  std::string body;
  bool ok() const { return status / 100 == 2 || status == 304; }  ///< 304: it is so already
  /// The daemon's words, for a refusal.
  std::string message() const;
  /// An object in every case: empty where the body is none.
  boost::json::object object() const;
  boost::json::array array() const;
};

class EngineApi {
 public:
  using Done = std::function<void(Result<Answer>)>;
  using Take = std::function<void(std::string_view bytes)>;

  EngineApi(net::EventLoop& loop, net::Endpoint daemon);

  /// Whether the daemon is well: it has a time-out, which is an error.
  void ping(std::string target, Done done);
  /// Without a time-out: a daemon that hangs is waited for, and asking twice would help nothing.
  void ask(std::string target, Done done) { command("GET", std::move(target), {}, std::move(done)); }
  /// Changes something. Without a time-out too: asking twice could do it twice.
  void command(std::string method, std::string target, const boost::json::value& body, Done done);
  /// Events, logs, a pull's progress: the body goes to `take` as it comes.
  net::HttpClient::CallId stream(std::string method, std::string target, Take take, Done done);
  void cancel(net::HttpClient::CallId call) { client_->cancel(call); }
  /// No `done` of what is under way is called any more.
  void drop_all();

 private:
  void send(net::ClientRequest request, Done done);
  net::EventLoop& loop_;
  net::Endpoint daemon_;
  std::unique_ptr<net::HttpClient> client_;
};

/// "unix:///var/run/docker.sock" or a DOCKER_HOST; what is not a unix socket is refused.
Result<net::Endpoint> parse_daemon(std::string_view host);
/// What the daemon says of itself, or why not. Blocking.
Result<boost::json::object> ask_daemon(const net::Endpoint& daemon, std::string target);

/// For a query or a path: everything but letters, digits, "-", "_", "." and "~" is percent-encoded.
std::string url_encode(std::string_view text);
/// "2026-11-23T16:50:31.123456789Z" in milliseconds since the epoch; 0 for Docker's "never" and for what is no time.
std::int64_t parse_docker_time(std::string_view text);

}  // namespace drivers::docker
