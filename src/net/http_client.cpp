// Beast asserts (n >= 5) in parse_chunk_header that a last chunk comes with its line ending. "0\r\n" followed by "\r" in the
// next packet breaks that, harmlessly, but with assertions on it would let any peer end this process.
#define BOOST_DISABLE_ASSERTS
#include "net/http_client.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <cerrno>
#include <cstring>
#include <map>
#include <optional>
#include <unordered_map>

#include "net/event_loop_impl.h"

namespace net {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;
using Protocol = asio::generic::stream_protocol;

namespace {

constexpr std::uint32_t kHeaderLimit = 64 * 1024;
constexpr std::size_t kReadBuffer = 16 * 1024;

std::string_view view(beast::string_view text) { return {text.data(), text.size()}; }

/// A pooled connection whose peer has closed it, or said something unasked, is of no use.
bool still_usable(int descriptor) {
  char byte = 0;
  return ::recv(descriptor, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

struct Parser final : http::basic_parser<false> {
  Parser(Response& response, ClientRequest& request) : response(response), request(request) {
    eager(true);
    header_limit(kHeaderLimit);
    body_limit(boost::none);
    skip(request.method == "HEAD");
  }
  void on_request_impl(http::verb, beast::string_view, beast::string_view, int, error_code&) override {}
  void on_response_impl(int status, beast::string_view, int, error_code&) override { response.status = status; }
  void on_field_impl(http::field, beast::string_view name, beast::string_view value, error_code& error) override {
    if (in_body) return;  // trailers
    if (response.headers.size() >= 500) error = http::error::header_limit;
    response.headers.add(view(name), view(value));
  }
  void on_header_impl(error_code&) override { in_body = true; }
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  void on_chunk_header_impl(std::uint64_t, beast::string_view, error_code&) override {}
  std::size_t on_body_impl(beast::string_view bytes, error_code& error) override { return take(view(bytes), error); }
  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view bytes, error_code& error) override {
    return take(view(bytes), error);
  }
  void on_finish_impl(error_code&) override {}

  std::size_t take(std::string_view bytes, error_code& error) {
    if (request.on_body && response.status / 100 == 2) {
      request.on_body(bytes);
    } else if (response.body.size() + bytes.size() > request.body_limit) {
      error = http::error::body_limit;
    } else {
      response.body.append(bytes);
    }
    return bytes.size();
  }

  Response& response;
  ClientRequest& request;
  bool in_body = false;
};

std::string render_head(const Endpoint& endpoint, const ClientRequest& request) {
  std::string head = request.method + " " + endpoint.base_path + request.target + " HTTP/1.1\r\n";
  if (!request.headers.contains("Host")) head += "Host: " + endpoint.host_header() + "\r\n";
  for (std::size_t i = 0; i < request.headers.size(); ++i) {
    const auto [name, value] = request.headers[i];
    if (equal_ignoring_case(name, "Content-Length")) continue;
    head.append(name).append(": ").append(value).append("\r\n");
  }
  const bool usually_bodiless = request.method == "GET" || request.method == "HEAD" || request.method == "DELETE";
  if (!request.body.empty() || !usually_bodiless) {
    head += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
  }
  return head += "\r\n";
}

}  // namespace

class Exchange;

struct HttpClient::Impl : std::enable_shared_from_this<HttpClient::Impl> {
  struct Idle {
    Protocol::socket socket;
    SteadyTime since;
  };
  Impl(EventLoop& loop, Options options) : loop(loop), options(options), resolver(loop.impl().context) {}

  std::optional<Protocol::socket> take_idle(const std::string& key);
  void keep(const std::string& key, Protocol::socket socket);
  void trim();

  EventLoop& loop;
  const Options options;
  asio::ip::tcp::resolver resolver;
  std::map<std::string, std::vector<Idle>> idle;  // newest last
  std::unordered_map<CallId, std::shared_ptr<Exchange>> calls;
  CallId last_call = 0;
  Timer trim_timer;
};

/// One request and its answer.
class Exchange : public std::enable_shared_from_this<Exchange> {
 public:
  Exchange(HttpClient::Impl& client, HttpClient::CallId id, Endpoint endpoint, ClientRequest request,
           HttpClient::Done done)
      : client_(&client), id_(id), endpoint_(std::move(endpoint)), key_(endpoint_.text()),
        request_(std::move(request)), done_(std::move(done)), socket_(client.loop.impl().context) {}

  void start() {
    if (endpoint_.tls) {
      return end(fail("TlsNotBuiltIn", "https is not built in yet: " + endpoint_.text() + " cannot be asked."));
    }
    if (request_.timeout.count() > 0) {
      deadline_ = client_->loop.call_after(request_.timeout, [this] {
        end(fail("Timeout", endpoint_.text() + " did not answer within " + std::to_string(request_.timeout.count()) +
                                " ms."));
      });
    }
    head_ = render_head(endpoint_, request_);
    if (auto pooled = client_->take_idle(key_)) {
      socket_ = *std::move(pooled);
      reused_ = true;
      return write();
    }
    connect();
  }

  /// Never calls `done` afterwards.
  void abandon() {
    client_ = nullptr;
    deadline_.cancel();
    connect_deadline_.cancel();
    error_code ignored;
    socket_.close(ignored);
  }

 private:
  void connect() {
    connect_deadline_ = client_->loop.call_after(request_.connect_timeout, [this] {
      end(fail("ConnectFailed", "Connecting to " + endpoint_.text() + " took longer than " +
                                    std::to_string(request_.connect_timeout.count()) + " ms."));
    });
    if (!endpoint_.unix_path.empty()) {
      candidates_ = {asio::local::stream_protocol::endpoint(endpoint_.unix_path)};
      return connect_next({});
    }
    error_code error;
    const auto ip = asio::ip::make_address(endpoint_.host == "localhost" ? "127.0.0.1" : endpoint_.host, error);
    if (!error) {
      candidates_ = {asio::ip::tcp::endpoint(ip, endpoint_.port)};
      return connect_next({});
    }
    client_->resolver.async_resolve(endpoint_.host, std::to_string(endpoint_.port),
                                    [self = shared_from_this()](const error_code& failed, const auto& results) {
                                      if (!self->client_) return;
                                      for (const auto& result : results) self->candidates_.push_back(result.endpoint());
                                      self->connect_next(failed);
                                    });
  }

  void connect_next(const error_code& last) {
    if (candidates_.empty()) {
      return end(fail("ConnectFailed", "Cannot connect to " + endpoint_.text() + ": " + last.message() + "."));
    }
    const auto candidate = candidates_.front();
    candidates_.erase(candidates_.begin());
    error_code ignored;
    socket_.close(ignored);
    socket_.async_connect(candidate, [self = shared_from_this()](const error_code& error) {
      if (!self->client_) return;
      if (error) return self->connect_next(error);
      self->connect_deadline_.cancel();
      error_code ignored_too;
      if (self->endpoint_.unix_path.empty()) {
        self->socket_.set_option(asio::ip::tcp::no_delay(true), ignored_too);
      }
      self->write();
    });
  }

  void write() {
    const std::array<asio::const_buffer, 2> buffers{asio::buffer(head_), asio::buffer(request_.body)};
    asio::async_write(socket_, buffers, [self = shared_from_this()](const error_code& error, std::size_t) {
      if (!self->client_) return;
      // A server may refuse a body before it has read all of it: then its answer is still there to be read.
      self->write_error_ = error;
      self->read();
    });
  }

  void read() {
    if (!parser_) parser_.emplace(response_, request_);
    if (in_.size() - in_end_ < kReadBuffer / 4) in_.resize(std::max(kReadBuffer, in_end_ * 2));
    socket_.async_read_some(asio::buffer(in_.data() + in_end_, in_.size() - in_end_),
                            [self = shared_from_this()](const error_code& error, std::size_t bytes) {
                              if (!self->client_) return;
                              self->on_read(error, bytes);
                            });
  }

  void on_read(const error_code& read_error, std::size_t bytes) {
    any_answer_ |= bytes > 0;
    in_end_ += bytes;
    std::size_t used = 0;
    error_code error;
    while (used < in_end_ && !error && !parser_->is_done()) {
      used += parser_->put(asio::const_buffer(in_.data() + used, in_end_ - used), error);
      if (!client_) return;  // cancelled by on_body
      if (!error && parser_->is_done() && response_.status / 100 == 1 && response_.status != 101) {
        response_ = {};  // an interim answer
        parser_.emplace(response_, request_);
      }
    }
    std::memmove(in_.data(), in_.data() + used, in_end_ - used);
    in_end_ -= used;
    if (error == http::error::need_more) error = {};
    if (!error && in_end_ > kHeaderLimit + kReadBuffer) error = http::error::header_limit;
    if (!error && read_error == asio::error::eof && parser_->got_some() && !parser_->is_done()) {
      parser_->put_eof(error);
      if (error == http::error::partial_message) return cut(read_error);
    }
    if (error == http::error::body_limit) {
      return end(fail("ResponseTooLarge", endpoint_.text() + " answered more than " +
                                              std::to_string(request_.body_limit) + " bytes."));
    }
    if (error) {
      return end(fail("BadResponse", endpoint_.text() + " sent no valid HTTP answer: " + error.message() + "."));
    }
    if (parser_->is_done()) {
      if (parser_->keep_alive() && !write_error_ && !read_error && in_end_ == 0) {
        client_->keep(key_, std::move(socket_));
      }
      return end(std::move(response_));
    }
    if (read_error) return cut(read_error);
    read();
  }

  /// The connection ended before the answer did.
  void cut(const error_code& error) {
    // A kept connection that the server closed just as we wrote: nothing was answered, ask again on a new one, if
    // doing it twice would do no harm.
    const bool harmless = request_.method == "GET" || request_.method == "HEAD" || request_.method == "PUT" ||
                          request_.method == "DELETE";
    if (reused_ && !any_answer_ && harmless) {
      reused_ = false;
      error_code ignored;
      socket_.close(ignored);
      parser_.reset();
      write_error_ = {};
      return connect();
    }
    end(fail("ConnectionClosed", endpoint_.text() + " closed the connection before it had answered (" +
                                     (write_error_ ? write_error_ : error).message() + ")."));
  }

  void end(Result<Response> result) {
    if (!client_) return;
    const auto self = shared_from_this();
    auto* client = client_;
    auto done = std::move(done_);
    abandon();
    client->calls.erase(id_);
    done(std::move(result));
  }

  HttpClient::Impl* client_;
  const HttpClient::CallId id_;
  const Endpoint endpoint_;
  const std::string key_;
  ClientRequest request_;
  HttpClient::Done done_;
  Protocol::socket socket_;
  std::vector<Protocol::endpoint> candidates_;
  std::string head_;
  std::string in_;
  std::size_t in_end_ = 0;
  Response response_;
  std::optional<Parser> parser_;
  error_code write_error_;
  bool reused_ = false, any_answer_ = false;
  Timer deadline_, connect_deadline_;
};

std::optional<Protocol::socket> HttpClient::Impl::take_idle(const std::string& key) {
  const auto found = idle.find(key);
  if (found == idle.end()) return std::nullopt;
  auto& kept = found->second;
  while (!kept.empty()) {
    Idle newest = std::move(kept.back());
    kept.pop_back();
    if (std::chrono::steady_clock::now() - newest.since < options.idle_timeout &&
        still_usable(newest.socket.native_handle())) {
      return std::move(newest.socket);
    }
  }
  return std::nullopt;
}

void HttpClient::Impl::keep(const std::string& key, Protocol::socket socket) {
  auto& kept = idle[key];
  if (kept.size() >= options.idle_per_endpoint) kept.erase(kept.begin());
  if (options.idle_per_endpoint > 0) kept.push_back({std::move(socket), std::chrono::steady_clock::now()});
  if (!trim_timer.pending()) trim_timer = loop.call_after(options.idle_timeout, [this] { trim(); });
}

void HttpClient::Impl::trim() {
  const auto now = std::chrono::steady_clock::now();
  for (auto it = idle.begin(); it != idle.end();) {
    std::erase_if(it->second, [&](const Idle& kept) {
      return now - kept.since >= options.idle_timeout || !still_usable(const_cast<Idle&>(kept).socket.native_handle());
    });
    it = it->second.empty() ? idle.erase(it) : std::next(it);
  }
  if (!idle.empty()) trim_timer = loop.call_after(options.idle_timeout, [this] { trim(); });
}

HttpClient::HttpClient(EventLoop& loop) : HttpClient(loop, Options()) {}
HttpClient::HttpClient(EventLoop& loop, Options options) : impl_(std::make_shared<Impl>(loop, options)) {}

HttpClient::~HttpClient() {
  for (auto& [id, call] : std::exchange(impl_->calls, {})) call->abandon();
  impl_->resolver.cancel();
  impl_->trim_timer.cancel();
}

HttpClient::CallId HttpClient::send(const Endpoint& endpoint, ClientRequest request, Done done) {
  const auto id = ++impl_->last_call;
  impl_->calls.emplace(id, std::make_shared<Exchange>(*impl_, id, endpoint, std::move(request), std::move(done)));
  impl_->loop.post([weak = std::weak_ptr(impl_), id] {
    const auto self = weak.lock();
    if (!self) return;
    if (const auto found = self->calls.find(id); found != self->calls.end()) std::shared_ptr(found->second)->start();
  });
  return id;
}

void HttpClient::cancel(CallId call) {
  const auto found = impl_->calls.find(call);
  if (found == impl_->calls.end()) return;
  const auto exchange = std::move(found->second);
  impl_->calls.erase(found);
  exchange->abandon();
}

std::size_t HttpClient::idle_connections() const {
  std::size_t count = 0;
  for (const auto& [key, kept] : impl_->idle) count += kept.size();
  return count;
}

Result<Response> BlockingClient::send(const Endpoint& endpoint, ClientRequest request) {
  std::optional<Result<Response>> answer;
  client_.send(endpoint, std::move(request), [&](Result<Response> result) { answer = std::move(result); });
  while (!answer) loop_.run_until([&] { return answer.has_value(); }, std::chrono::hours(1));
  return *std::move(answer);
}

Result<Response> fetch(const Endpoint& endpoint, ClientRequest request) {
  return BlockingClient().send(endpoint, std::move(request));
}

}  // namespace net
