#include "net/http_server.h"

#include <arpa/inet.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include "base/log.h"
#include "net/http_session.h"

namespace net {

namespace asio = boost::asio;
using boost::system::error_code;
using Protocol = asio::generic::stream_protocol;

namespace {

constexpr std::chrono::milliseconds kAcceptRetry(50);  // descriptors ran out: the backlog waits meanwhile
constexpr std::string_view kUnixPrefix = "unix:";

struct Address {
  Protocol::endpoint endpoint;
  std::string unix_path;
};

Result<Address> parse_address(const std::string& text) {
  if (text.starts_with(kUnixPrefix)) {
    const auto path = text.substr(kUnixPrefix.size());
    if (path.empty() || path.size() >= sizeof(sockaddr_un::sun_path)) {
      return fail("InvalidAddress", "'" + text + "' is no address: the path is empty or longer than 107 bytes.");
    }
    return Address{asio::local::stream_protocol::endpoint(path), path};
  }
  const auto colon = text.rfind(':');
  if (colon == std::string::npos || colon + 1 == text.size()) {
    return fail("InvalidAddress", "'" + text + "' is no address: write HOST:PORT, for example 127.0.0.1:4566.");
  }
  auto host = text.substr(0, colon);
  if (host == "localhost") host = "127.0.0.1";
  if (host.size() > 1 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  const auto digits = text.substr(colon + 1);
  error_code error;
  const auto ip = asio::ip::make_address(host, error);
  const bool number = digits.size() <= 5 && digits.find_first_not_of("0123456789") == std::string::npos;
  if (error || !number || std::stoi(digits) > 65535) {
    return fail("InvalidAddress",
                "'" + text + "' is no address: write an IP address and a port, for example 127.0.0.1:4566.");
  }
  return Address{asio::ip::tcp::endpoint(ip, static_cast<std::uint16_t>(std::stoi(digits))), {}};
}

std::string text_of(const sockaddr_storage& address, std::uint16_t* port = nullptr) {
  char text[INET6_ADDRSTRLEN] = {};
  if (address.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
    if (port) *port = ntohs(v4.sin_port);
    return std::string(text) + ":" + std::to_string(ntohs(v4.sin_port));
  }
  if (address.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
    if (port) *port = ntohs(v6.sin6_port);
    return "[" + std::string(text) + "]:" + std::to_string(ntohs(v6.sin6_port));
  }
  return "unix";
}

std::string peer_of(int descriptor) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (getpeername(descriptor, reinterpret_cast<sockaddr*>(&address), &size) != 0) return "gone";
  return text_of(address);
}

/// A socket file that nobody listens on any more is left over from a killed process: remove it.
void remove_stale_socket(EventLoop& loop, const std::string& path) {
  struct stat info{};
  if (::lstat(path.c_str(), &info) != 0 || !S_ISSOCK(info.st_mode)) return;
  asio::local::stream_protocol::socket probe(loop.impl().context);
  error_code error;
  probe.connect(asio::local::stream_protocol::endpoint(path), error);
  if (error == asio::error::connection_refused) ::unlink(path.c_str());
}

std::string json_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) > 0x7e ? '?' : c;
  }
  return out += '"';
}

}  // namespace

Responder& Responder::operator=(Responder&& other) noexcept {
  if (this != &other) {
    Responder dropped(std::move(*this));
    session_ = std::move(other.session_);
    sequence_ = other.sequence_;
    owed_ = std::exchange(other.owed_, false);
  }
  return *this;
}

Responder::~Responder() {
  if (owed_) {
    Response response;
    response.status = 500;
    response.headers.add("Content-Type", "application/x-amz-json-1.1");
    response.body = R"({"__type":"InternalFailure","message":"The request was dropped without an answer."})";
    (*this)(std::move(response));
  }
}

void Responder::operator()(Response response) {
  if (!std::exchange(owed_, false)) return;
  if (const auto session = session_.lock()) session->answer(sequence_, std::move(response));
}

HttpServer::Impl::Impl(EventLoop& loop_, Options options_, Handler handler_)
    : loop(loop_), options(std::move(options_)), handler(std::move(handler_)) {
  // Connections look at their deadlines this often, instead of arming a timer for each request.
  const auto shortest = std::min({options.header_timeout, options.body_grace, options.idle_timeout,
                                  options.write_timeout});
  sweep_every_ = std::clamp(shortest / 4, std::chrono::milliseconds(5), std::chrono::milliseconds(1000));
}

HttpServer::Impl::~Impl() {
  auto sessions = std::move(sessions_);
  sessions_.clear();
  for (auto& [raw, session] : sessions) session->close();
  for (auto& listener : listeners) {
    if (!listener.unix_path.empty()) ::unlink(listener.unix_path.c_str());
  }
}

void HttpServer::Impl::accept(std::size_t index) {
  auto& listener = *std::next(listeners.begin(), static_cast<std::ptrdiff_t>(index));
  listener.acceptor.async_accept(
      [weak = weak_from_this(), index, &listener](const error_code& error, StreamSocket socket) {
        const auto self = weak.lock();
        if (!self || self->stopping_ || error == asio::error::operation_aborted) return;
        if (!error) {
          self->accepted(std::move(socket), !listener.unix_path.empty());
          self->accept(index);
          return;
        }
        ++self->counters.accept_errors;
        if (error == asio::error::connection_aborted) {
          self->accept(index);
          return;
        }
        // Out of descriptors or memory: keep listening, try again when some may have been freed.
        listener.retry = self->loop.call_after(kAcceptRetry, [weak, index] {
          if (const auto again = weak.lock(); again && !again->stopping_) again->accept(index);
        });
      });
}

void HttpServer::Impl::accepted(StreamSocket socket, bool unix_socket) {
  ++counters.accepted;
  error_code ignored;
  socket.non_blocking(true, ignored);
  if (!unix_socket) socket.set_option(asio::ip::tcp::no_delay(true), ignored);
  const bool full = sessions_.size() >= options.connections;
  if (full && sessions_.size() >= options.connections + options.connections / 8 + 16) {
    ++counters.overload;
    return;  // closed by the socket's destructor
  }
  auto peer = unix_socket ? std::string("unix") : peer_of(socket.native_handle());
  auto session = std::make_shared<HttpSession>(*this, std::move(socket), std::move(peer));
  sessions_.emplace(session.get(), session);
  counters.open = sessions_.size();
  arm_sweep();
  if (full) {
    ++counters.overload;
    session->start_refused({503, "ServiceUnavailable", "Too many connections are open: try again."});
  } else {
    session->start();
  }
}

void HttpServer::Impl::mark_dirty(std::shared_ptr<HttpSession> session) {
  dirty_.push_back(std::move(session));
  if (dirty_.size() > 1) return;
  // All answers that one commit frees leave in one write for each connection.
  loop.post([weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    const auto sessions = std::exchange(self->dirty_, {});
    for (const auto& dirty : sessions) dirty->process();
  });
}

void HttpServer::Impl::closed(HttpSession* session) {
  sessions_.erase(session);
  counters.open = sessions_.size();
  if (sessions_.empty()) {
    sweep_.cancel();
    if (stopping_ && drained_) loop.post(std::exchange(drained_, {}));
  }
}

void HttpServer::Impl::arm_sweep() {
  if (sweep_.pending()) return;
  sweep_ = loop.call_after(sweep_every_, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->sweep();
  });
}

void HttpServer::Impl::sweep() {
  std::vector<std::shared_ptr<HttpSession>> sessions;
  sessions.reserve(sessions_.size());
  for (const auto& [raw, session] : sessions_) sessions.push_back(session);
  const auto now = std::chrono::steady_clock::now();
  for (const auto& session : sessions) session->sweep(now);
  if (!sessions_.empty()) arm_sweep();
}

void HttpServer::Impl::stop(Task done) {
  stopping_ = true;
  drained_ = std::move(done);
  for (auto& listener : listeners) {
    error_code ignored;
    listener.retry.cancel();
    listener.acceptor.close(ignored);
    if (!listener.unix_path.empty()) ::unlink(std::exchange(listener.unix_path, {}).c_str());
  }
  std::vector<std::shared_ptr<HttpSession>> sessions;
  for (const auto& [raw, session] : sessions_) sessions.push_back(session);
  for (const auto& session : sessions) session->drain();
  if (sessions_.empty() && drained_) loop.post(std::exchange(drained_, {}));
}

Response HttpServer::Impl::refuse(const Refusal& refusal) const {
  if (options.refusal) return options.refusal(refusal.status, refusal.code, refusal.message);
  Response response;
  response.status = refusal.status;
  response.headers.add("Content-Type", "application/x-amz-json-1.1");
  response.headers.add("x-amzn-errortype", refusal.code);
  response.body = R"({"__type":)" + json_string(refusal.code) + R"(,"message":)" + json_string(refusal.message) + "}";
  return response;
}

const std::string& HttpServer::Impl::date_line() {
  const std::time_t now = std::time(nullptr);
  if (now != date_at_) {
    date_at_ = now;
    std::tm parts{};
    gmtime_r(&now, &parts);
    char text[64];
    std::strftime(text, sizeof text, "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &parts);
    date_ = text;
  }
  return date_;
}

Result<std::unique_ptr<HttpServer>> HttpServer::start(EventLoop& loop, Options options, Handler handler) {
  auto impl = std::make_shared<Impl>(loop, std::move(options), std::move(handler));
  for (const auto& text : impl->options.listen) {
    TRY(Address address, parse_address(text));
    auto& listener = impl->listeners.emplace_back(
        Impl::Listener{boost::asio::basic_socket_acceptor<Protocol>(loop.impl().context), {}, {}});
    auto& acceptor = listener.acceptor;
    error_code error;
    acceptor.open(address.endpoint.protocol(), error);
    if (!error && address.unix_path.empty()) acceptor.set_option(asio::socket_base::reuse_address(true), error);
    if (!error) {
      if (!address.unix_path.empty()) remove_stale_socket(loop, address.unix_path);
      // Only this user may connect to a unix socket, from its first moment on.
      if (!address.unix_path.empty()) ::fchmod(acceptor.native_handle(), 0600);
      acceptor.bind(address.endpoint, error);
    }
    if (!error && !address.unix_path.empty()) {
      listener.unix_path = address.unix_path;
      ::chmod(address.unix_path.c_str(), 0600);
    }
    if (!error) acceptor.listen(1024, error);
    if (error) return fail("CannotListen", "Cannot listen on " + text + ": " + error.message() + ".");
    if (address.unix_path.empty()) {
      sockaddr_storage bound{};
      socklen_t size = sizeof bound;
      std::uint16_t port = 0;
      getsockname(acceptor.native_handle(), reinterpret_cast<sockaddr*>(&bound), &size);
      impl->addresses.push_back(text_of(bound, &port));
      if (impl->port == 0) impl->port = port;
    } else {
      impl->addresses.push_back(text);
    }
  }
  for (std::size_t i = 0; i < impl->listeners.size(); ++i) impl->accept(i);
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

HttpServer::~HttpServer() = default;
const std::vector<std::string>& HttpServer::addresses() const { return impl_->addresses; }
std::uint16_t HttpServer::port() const { return impl_->port; }
void HttpServer::stop(Task drained) { impl_->stop(std::move(drained)); }
HttpServer::Counters HttpServer::counters() const { return impl_->counters; }

}  // namespace net
