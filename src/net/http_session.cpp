// Beast asserts (n >= 5) in parse_chunk_header that a last chunk comes with its line ending. "0\r\n" followed by "\r" in the
// next packet breaks that, harmlessly, but with assertions on it would let any client end this process.
#define BOOST_DISABLE_ASSERTS
#include "net/http_session.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <charconv>
#include <cstring>

#include "base/log.h"

namespace net {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;

namespace {

constexpr std::size_t kSmallBuffer = 4 * 1024;   // what an idle connection keeps
constexpr std::size_t kKeptOutput = 64 * 1024;   // capacity kept between answers
constexpr std::size_t kOutputHigh = 1024 * 1024;  // above: stop reading requests until the client has read answers
constexpr std::size_t kSourcePiece = 64 * 1024;
constexpr std::uint64_t kReserveBody = 1024 * 1024;  // believed of Content-Length before the bytes are there
constexpr std::chrono::seconds kLinger(2);  // so that a refusal is read before our close resets the connection

std::string_view view(beast::string_view text) { return {text.data(), text.size()}; }

}  // namespace

/// Beast's parser, filling a Request directly. Made once a connection; the parser inside once a message.
class RequestReader {
 public:
  explicit RequestReader(HttpSession& session) : session_(session) {}
  ~RequestReader() { forget_body(); }

  bool started() const { return parser_.has_value(); }
  bool done() const { return parser_->is_done(); }
  bool header_done() const { return parser_->is_header_done(); }
  bool keep_alive() const { return parser_->keep_alive(); }
  bool wants_continue() const { return wants_continue_; }
  void continue_sent() { wants_continue_ = false; }
  bool old_client() const { return version_ < 11; }
  std::uint64_t body_received() const { return body_received_; }
  Request& request() { return request_; }
  BodySink* sink() const { return request_.sink.get(); }

  void begin(const std::string& peer) {
    parser_.emplace(*this);
    request_ = {};
    request_.peer = peer;
    header_bytes_ = 0;
    body_received_ = 0;
    wants_continue_ = false;
    refusal_ = {};
  }

  /// Bytes used. A refusal, if there is one, ends the connection.
  std::size_t feed(const char* data, std::size_t size, std::optional<Refusal>& refusal) {
    error_code error;
    const bool in_header = !parser_->is_header_done();
    const auto used = parser_->put(asio::const_buffer(data, size), error);
    if (in_header) {
      // Beast's own limit is for what is unparsed, so that fields sent one by one would pass it.
      header_bytes_ += parser_->is_header_done() ? 0 : used;
      if (header_bytes_ > options().header_bytes) error = http::error::header_limit;
    }
    if (error == http::error::need_more) error = {};
    if (error) refusal = refusal_.status ? std::move(refusal_) : explain(error, data, size);
    return used;
  }

  Request take() {
    forget_body();
    parser_.reset();
    return std::move(request_);
  }

  void abandon() {
    forget_body();
    parser_.reset();
    request_ = {};
  }

 private:
  struct Parser final : http::basic_parser<true> {
    explicit Parser(RequestReader& reader) : reader(reader) {
      eager(true);
      body_limit(boost::none);  // ours depends on the target and is checked in on_header_impl and add_body
      header_limit(static_cast<std::uint32_t>(reader.options().header_bytes));
    }
    void on_request_impl(http::verb, beast::string_view method, beast::string_view target, int version,
                         error_code&) override {
      reader.request_.method = view(method);
      reader.request_.target = view(target);
      reader.version_ = version;
    }
    void on_response_impl(int, beast::string_view, int, error_code&) override {}
    void on_field_impl(http::field, beast::string_view name, beast::string_view value, error_code& error) override {
      if (reader.in_body_) return;  // trailers: nobody asked for them, and they must not override headers
      if (reader.request_.headers.size() >= reader.options().header_count) error = http::error::header_limit;
      reader.request_.headers.add(view(name), view(value));
    }
    void on_header_impl(error_code& error) override { reader.check_header(error); }
    void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
    std::size_t on_body_impl(beast::string_view bytes, error_code& error) override {
      return reader.add_body(view(bytes), error);
    }
    void on_chunk_header_impl(std::uint64_t, beast::string_view, error_code&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view bytes, error_code& error) override {
      return reader.add_body(view(bytes), error);
    }
    void on_finish_impl(error_code&) override {}
    RequestReader& reader;
  };

  const HttpServer::Options& options() const { return session_.server_->options; }

  void deny(error_code& error, int status, std::string_view code, std::string message) {
    refusal_ = {status, code, std::move(message)};
    error = http::error::bad_value;
  }

  void check_header(error_code& error) {
    in_body_ = true;
    auto& headers = request_.headers;
    if (const auto encoding = headers.find("Transfer-Encoding")) {
      // What a proxy in front reads differently is how requests are smuggled.
      if (version_ < 11) return deny(error, 400, "BadRequest", "HTTP/1.0 has no Transfer-Encoding.");
      if (!parser_->chunked() || !equal_ignoring_case(*encoding, "chunked")) {
        return deny(error, 501, "NotImplemented", "The only Transfer-Encoding taken is chunked.");
      }
    }
    const auto hosts = headers.count("Host");
    if (hosts > 1) return deny(error, 400, "BadRequest", "The request has more than one Host header.");
    if (hosts == 0 && version_ >= 11) return deny(error, 400, "BadRequest", "The request has no Host header.");
    if (!normalise_target()) {
      return deny(error, 400, "BadRequest", "The request target is neither a path nor an http URL.");
    }
    if (auto allowed = check_request(options().guard, request_); !allowed) {
      return deny(error, 403, "AccessDeniedException", std::move(allowed).error().message);
    }
    if (!parser_->chunked() && parser_->content_length().value_or(0) == 0) return;

    if (const auto expect = headers.find("Expect")) {
      if (!equal_ignoring_case(*expect, "100-continue")) {
        return deny(error, 417, "ExpectationFailed", "The only expectation met is 100-continue.");
      }
      wants_continue_ = version_ >= 11;
    }
    limit_ = options().body_limit ? options().body_limit(request_) : options().body_bytes;
    const auto length = parser_->content_length();
    if (length && *length > limit_) return too_large(error);
    if (options().body_sink) request_.sink = options().body_sink(request_);
    if (length && !request_.sink) request_.body.reserve(std::min(*length, kReserveBody));
  }

  std::size_t add_body(std::string_view bytes, error_code& error) {
    body_received_ += bytes.size();
    if (body_received_ > limit_) {
      too_large(error);
    } else if (request_.sink) {
      if (auto written = request_.sink->write(bytes); !written) {
        deny(error, 400, "BadRequest", std::move(written).error().message);
      }
    } else {
      auto& total = session_.server_->bodies_in_memory;
      if (total + bytes.size() > options().bodies_in_memory) {
        ++session_.server_->counters.overload;
        deny(error, 503, "ServiceUnavailable", "Too many request bodies are being received: try again.");
        return bytes.size();
      }
      total += bytes.size();
      counted_ += bytes.size();
      request_.body.append(bytes);
    }
    return bytes.size();
  }

  void too_large(error_code& error) {
    deny(error, 413, "RequestEntityTooLarge", "The request body is larger than " + std::to_string(limit_) + " bytes.");
  }

  void forget_body() {
    if (session_.server_) session_.server_->bodies_in_memory -= counted_;
    counted_ = 0;
    in_body_ = false;
  }

  /// "http://host:1/path" becomes "/path" and its host the Host header (RFC 9112 3.2.2).
  bool normalise_target() {
    auto& target = request_.target;
    for (const char c : target) {
      if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7f) return false;
    }
    if (target.starts_with('/')) return true;
    if (target == "*") return request_.method == "OPTIONS";
    for (const std::string_view scheme : {"http://", "https://"}) {
      if (target.size() < scheme.size() || !equal_ignoring_case(target.substr(0, scheme.size()), scheme)) continue;
      const auto slash = target.find_first_of("/?", scheme.size());
      const auto authority = target.substr(scheme.size(), slash == std::string::npos ? slash : slash - scheme.size());
      if (authority.empty()) return false;
      request_.headers.set("Host", authority);
      target = slash == std::string::npos ? "/" : target.substr(slash);
      if (target.front() == '?') target.insert(0, "/");
      return true;
    }
    return false;
  }

  Refusal explain(error_code error, const char* data, std::size_t size) const {
    if (error == http::error::header_limit) {
      return {431, "RequestHeaderFieldsTooLarge", "The request headers are too large or too many."};
    }
    if (error == http::error::bad_version) {
      const std::string_view text(data, size);
      const auto line = text.substr(0, text.find('\r'));
      if (const auto at = line.rfind(" HTTP/"); at != std::string_view::npos && line.size() == at + 9) {
        return {505, "HttpVersionNotSupported", "Only HTTP/1.0 and HTTP/1.1 are spoken here."};
      }
    }
    return {400, "BadRequest", "The request is not valid HTTP: " + error.message() + "."};
  }

  HttpSession& session_;
  std::optional<Parser> parser_;
  Request request_;
  Refusal refusal_;
  std::size_t header_bytes_ = 0;
  std::uint64_t body_received_ = 0, counted_ = 0, limit_ = 0;
  int version_ = 11;
  bool wants_continue_ = false;
  bool in_body_ = false;
};

HttpSession::HttpSession(HttpServer::Impl& server, StreamSocket socket, std::string peer)
    : server_(&server), socket_(std::move(socket)), peer_(std::move(peer)),
      reader_(std::make_unique<RequestReader>(*this)) {
  enter(Phase::idle);
  write_progress_ = phase_since_;
}

HttpSession::~HttpSession() = default;

void HttpSession::start() { read(); }

void HttpSession::start_refused(const Refusal& refusal) {
  refuse(refusal);
  process();
}

void HttpSession::enter(Phase phase) {
  phase_ = phase;
  phase_since_ = std::chrono::steady_clock::now();
}

void HttpSession::read() {
  if (reading_ || closed_ || eof_ || waiting_for_room_) return;
  if (BodySink* sink = phase_ == Phase::body ? reader_->sink() : nullptr; sink && !sink->has_room()) {
    waiting_for_room_ = true;
    sink->when_room([weak = weak_from_this()] {
      const auto self = weak.lock();
      if (!self) return;
      self->waiting_for_room_ = false;
      self->read();
    });
    return;
  }
  if (phase_ != Phase::lingering &&
      (input_over_ || slots_.size() >= server_->options.pipelined || out_.size() - out_sent_ >= kOutputHigh)) {
    return;
  }
  const auto held = in_end_ - in_begin_;
  if (held == 0) {
    in_begin_ = in_end_ = 0;
    // Between requests a connection holds the small buffer only.
    if (phase_ == Phase::idle && in_size_ > kSmallBuffer) in_size_ = 0;
  }
  if (in_size_ == 0) {
    in_ = std::make_unique_for_overwrite<char[]>(kSmallBuffer);
    in_size_ = kSmallBuffer;
  } else if (in_end_ == in_size_ || (phase_ == Phase::body && in_size_ == kSmallBuffer)) {
    // Full, or a body that small reads would slow: grow, up to one header's limit.
    const auto most = std::max(kSmallBuffer, server_->options.header_bytes + 1024);
    const auto size = held * 2 > in_size_ || phase_ == Phase::body ? std::min(std::max(in_size_ * 4, held * 2), most)
                                                                  : in_size_;
    if (held >= size) {
      // The parser waits for the end of something that does not fit: a chunk's extensions or trailers.
      refuse({431, "RequestHeaderFieldsTooLarge", "The request headers are too large or too many."});
      return process();
    }
    auto larger = std::make_unique_for_overwrite<char[]>(size);
    std::memcpy(larger.get(), in_.get() + in_begin_, held);
    in_ = std::move(larger);
    in_size_ = size;
    in_begin_ = 0;
    in_end_ = held;
  }
  reading_ = true;
  socket_.async_read_some(asio::buffer(in_.get() + in_end_, in_size_ - in_end_),
                          [self = shared_from_this()](const error_code& error, std::size_t bytes) {
                            self->reading_ = false;
                            if (self->closed_) return;
                            if (error && error != asio::error::eof) return self->close();
                            self->on_read(bytes, static_cast<bool>(error));
                          });
}

void HttpSession::on_read(std::size_t bytes, bool eof) {
  in_end_ += bytes;
  if (phase_ == Phase::lingering) {
    in_begin_ = in_end_ = 0;
    if (eof) return close();
    return read();
  }
  if (eof) {
    // The client may have closed only its sending side: what it asked for is still answered.
    eof_ = true;
    process();
    if (closed_) return;
    input_over_ = true;
    close_with_last();
  }
  process();
}

/// False when nothing more can be parsed for now.
bool HttpSession::parse_some() {
  if (input_over_ || slots_.size() >= server_->options.pipelined || out_.size() - out_sent_ >= kOutputHigh) return false;
  if (!reader_->started()) {
    // Empty lines before a request are to be ignored (RFC 9112 2.2).
    while (in_begin_ < in_end_ && (in_[in_begin_] == '\r' || in_[in_begin_] == '\n')) ++in_begin_;
    if (in_begin_ == in_end_) return false;
    reader_->begin(peer_);
    enter(Phase::header);
  }
  if (in_begin_ == in_end_) return false;
  std::optional<Refusal> refusal;
  in_begin_ += reader_->feed(in_.get() + in_begin_, in_end_ - in_begin_, refusal);
  if (refusal) {
    refuse(*refusal);
    return false;
  }
  if (reader_->done()) {
    dispatch();
    return true;
  }
  if (reader_->header_done() && phase_ == Phase::header) enter(Phase::body);
  return false;
}

void HttpSession::process() {
  dirty_ = false;
  if (processing_ || closed_) return;
  processing_ = true;
  while (!closed_ && parse_some()) {
  }
  processing_ = false;
  if (closed_) return;
  if (phase_ == Phase::body && reader_->started() && reader_->wants_continue() && slots_.empty()) {
    if (in_begin_ == in_end_ && reader_->body_received() == 0) out_ += "HTTP/1.1 100 Continue\r\n\r\n";
    reader_->continue_sent();
  }
  flush();
  read();
}

void HttpSession::dispatch() {
  Slot& slot = slots_.emplace_back();
  slot.head = reader_->request().method == "HEAD";
  slot.old_client = reader_->old_client();
  slot.close = !reader_->keep_alive() || draining_;
  if (slot.close) input_over_ = true;
  enter(Phase::idle);
  ++server_->counters.requests;
  const auto sequence = first_sequence_ + slots_.size() - 1;
  Request request = reader_->take();
  Responder responder(weak_from_this(), sequence);
  try {
    server_->handler(std::move(request), std::move(responder));
  } catch (const std::exception& error) {
    log_error("a request handler threw: {}", error.what());  // its Responder has answered 500
  }
}

void HttpSession::refuse(const Refusal& refusal) {
  ++server_->counters.refused;
  reader_->abandon();
  input_over_ = true;
  Slot& slot = slots_.emplace_back();
  slot.close = true;
  auto response = server_->refuse(refusal);
  render(slot.text, slot, response);
  slot.ready = true;
  advance();
}

void HttpSession::answer(std::uint64_t sequence, Response response) {
  if (closed_ || sequence < first_sequence_) return;
  Slot& slot = slots_[sequence - first_sequence_];
  const bool first = sequence == first_sequence_ && !source_;
  render(first ? out_ : slot.text, slot, response);
  slot.ready = true;
  if (first) advance();
  if (processing_ || dirty_) return;
  dirty_ = true;
  server_->mark_dirty(shared_from_this());
}

void HttpSession::render(std::string& out, Slot& slot, Response& response) {
  char digits[24];
  const auto number = [&digits](std::uint64_t value) {
    return std::string_view(digits, static_cast<std::size_t>(std::to_chars(digits, std::end(digits), value).ptr - digits));
  };
  out += "HTTP/1.1 ";
  out += number(static_cast<std::uint64_t>(response.status));
  out += ' ';
  out += reason_phrase(response.status);
  out += "\r\n";
  const bool bodiless = response.status < 200 || response.status == 204 || response.status == 304;
  bool has_length = false;
  for (std::size_t i = 0; i < response.headers.size(); ++i) {
    const auto [name, value] = response.headers[i];
    if (equal_ignoring_case(name, "Content-Length")) {
      if (!slot.head || has_length) continue;  // only an answer to HEAD may know better than its body
      has_length = true;
    }
    if (equal_ignoring_case(name, "Connection") || equal_ignoring_case(name, "Transfer-Encoding")) continue;
    out += name;
    out += ": ";
    out += value;
    out += "\r\n";
  }
  out += server_->date_line();
  if (!bodiless && !has_length) {
    out += "Content-Length: ";
    out += number(response.source ? response.source->size() : response.body.size());
    out += "\r\n";
  }
  if (slot.close) {
    out += "Connection: close\r\n";
  } else if (slot.old_client) {
    out += "Connection: keep-alive\r\n";
  }
  out += "\r\n";
  if (bodiless || slot.head) return;
  if (response.source) {
    slot.source = std::move(response.source);
  } else {
    out += response.body;
  }
}

/// Moves finished answers, in order, to the output.
void HttpSession::advance() {
  std::size_t gone = 0;
  for (; gone < slots_.size() && slots_[gone].ready && !source_; ++gone) {
    Slot& slot = slots_[gone];
    out_ += slot.text;
    if (slot.source) {
      source_left_ = slot.source->size();
      if (source_left_ > 0) source_ = std::move(slot.source);
    }
    if (slot.close) close_after_ = input_over_ = true;
  }
  slots_.erase(slots_.begin(), slots_.begin() + static_cast<std::ptrdiff_t>(gone));
  first_sequence_ += gone;
}

/// Puts a source's next piece into the empty output; false when there is none or the source failed.
bool HttpSession::fill_from_source() {
  if (!source_ || waiting_for_source_) return false;
  if (!source_->ready()) {
    waiting_for_source_ = true;
    source_->when_ready([weak = weak_from_this()] {
      const auto self = weak.lock();
      if (!self) return;
      self->waiting_for_source_ = false;
      self->process();
    });
    return false;
  }
  auto got = source_->read(out_, static_cast<std::size_t>(std::min<std::uint64_t>(source_left_, kSourcePiece)));
  if (!got || out_.empty() || out_.size() > source_left_) {
    log_warning("an answer was cut off: {}", got ? "its source gave a wrong number of bytes" : got.error().message);
    close();
    return false;
  }
  source_left_ -= out_.size();
  if (source_left_ == 0) {
    source_.reset();
    advance();
  }
  return true;
}

void HttpSession::flush() {
  while (!closed_ && !waiting_to_write_) {
    if (out_sent_ == out_.size()) {
      out_sent_ = 0;
      if (out_.capacity() > kKeptOutput) {
        out_ = std::string();
      } else {
        out_.clear();
      }
      if (fill_from_source()) continue;
      if (!closed_ && close_after_ && slots_.empty() && !source_ && phase_ != Phase::lingering) finish();
      return;
    }
    error_code error;
    const auto sent = socket_.write_some(asio::buffer(out_.data() + out_sent_, out_.size() - out_sent_), error);
    if (error == asio::error::would_block || error == asio::error::try_again) {
      waiting_to_write_ = true;
      socket_.async_wait(StreamSocket::wait_write, [self = shared_from_this()](const error_code& failed) {
        self->waiting_to_write_ = false;
        if (self->closed_) return;
        if (failed) return self->close();
        self->process();
      });
      return;
    }
    if (error) return close();
    out_sent_ += sent;
    if (phase_ != Phase::idle || out_sent_ < out_.size() || source_) {
      write_progress_ = std::chrono::steady_clock::now();
    } else {
      write_progress_ = phase_since_;
    }
  }
}

/// Everything is written: say so, and read the client's rest for a moment, since closing over unread bytes resets the
/// connection and may take our last answer with it.
void HttpSession::finish() {
  error_code ignored;
  socket_.shutdown(StreamSocket::shutdown_send, ignored);
  if (eof_) return close();
  enter(Phase::lingering);
  in_begin_ = in_end_ = 0;
  read();
}

void HttpSession::sweep(SteadyTime now) {
  if (closed_) return;
  const auto& options = server_->options;
  const auto self = shared_from_this();
  if (phase_ == Phase::lingering) {
    if (now - phase_since_ > kLinger) close();
    return;
  }
  if (waiting_to_write_) {
    if (now - write_progress_ > options.write_timeout) {
      ++server_->counters.timeouts;
      close();
    }
    return;
  }
  if (busy()) {
    phase_since_ = now;  // our turn, not the client's
    return;
  }
  const auto waited = now - phase_since_;
  if (phase_ == Phase::idle) {
    if (waited > options.idle_timeout) close();
    return;
  }
  if (phase_ == Phase::header && waited > options.header_timeout) {
    ++server_->counters.timeouts;
    refuse({408, "RequestTimeout", "The request headers did not arrive in time."});
    process();
  } else if (phase_ == Phase::body) {
    const auto earned = std::chrono::milliseconds(reader_->body_received() * 1000 / options.body_rate);
    if (waited > options.body_grace + earned) {
      ++server_->counters.timeouts;
      refuse({408, "RequestTimeout", "The request body arrived too slowly."});
      process();
    }
  }
}

void HttpSession::drain() {
  if (closed_) return;
  draining_ = true;  // the next request dispatched is the last
  if (reader_->started() || phase_ == Phase::lingering) return;
  input_over_ = true;
  if (!busy()) return close();
  close_with_last();
}

void HttpSession::close_with_last() {
  if (slots_.empty()) {
    close_after_ = true;
  } else {
    slots_.back().close = true;  // said in its headers if they are not written yet
  }
}

void HttpSession::close() {
  if (closed_) return;
  closed_ = true;
  const auto self = shared_from_this();
  error_code ignored;
  socket_.close(ignored);
  reader_->abandon();
  slots_.clear();
  source_.reset();
  std::exchange(server_, nullptr)->closed(this);
}

}  // namespace net
