// Beast asserts (n >= 5) in parse_chunk_header that a last chunk comes with its line ending. "0\r\n" followed by
// "\r" in the next packet breaks that, harmlessly, but with assertions on it would let any client stop the server.
#define BOOST_DISABLE_ASSERTS
#include "app/request_parser.h"

#include <boost/beast/http/error.hpp>

namespace http_api {

namespace http = boost::beast::http;

namespace {

bool equals_ignoring_case(boost::beast::string_view a, boost::beast::string_view b) {
  return boost::beast::iequals(a, b);
}

/// Tells "HTTP/2.0" (a version we do not speak: 505) from "HTTQ/1.1" (not HTTP: 400).
bool names_an_http_version(std::string_view line) {
  line = line.substr(0, line.find('\r'));
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (line.size() < 9) return false;
  const std::string_view end = line.substr(line.size() - 9);
  return end.starts_with(" HTTP/") && digit(end[6]) && end[7] == '.' && digit(end[8]);
}

}  // namespace

RequestParser::RequestParser() {
  header_limit(kHeaderBytesMax);
  body_limit(kBodyBytesMax);
}

RequestParser::Progress RequestParser::parse(std::string_view bytes) {
  std::size_t consumed = 0;
  while (true) {
    const std::string_view unread = bytes.substr(consumed);
    if (unread.empty()) return {Outcome::need_more, consumed};
    const bool in_header = !is_header_done();
    Code error;
    const std::size_t step = put(boost::asio::const_buffer(unread.data(), unread.size()), error);
    consumed += step;
    if (in_header) {
      header_bytes_ += static_cast<std::uint32_t>(step);
      const std::size_t waiting = is_header_done() ? 0 : unread.size() - step;
      if (header_bytes_ + waiting > kHeaderBytesMax && (!error || error == http::error::need_more)) {
        return refuse(431, consumed);
      }
    }
    if (error == http::error::need_more) {
      // Of a body only chunk headers and trailers are kept while incomplete.
      if (bytes.size() - consumed > kHeaderBytesMax) return refuse(400, consumed);
      return {Outcome::need_more, consumed};
    }
    if (error) return refuse(refusal_ != 0 ? refusal_ : status_of(error, unread), consumed);
    if (is_done()) return {Outcome::done, consumed};
  }
}

RequestParser::Progress RequestParser::refuse(int status, std::size_t consumed) {
  refusal_ = static_cast<std::int16_t>(status);
  request_.keep_alive = false;
  return {Outcome::refused, consumed};
}

int RequestParser::status_of(Code error, std::string_view unread) const {
  if (error == http::error::body_limit) return 413;
  if (error == http::error::header_limit) {
    const bool in_request_line = header_bytes_ == 0 && unread.substr(0, kHeaderBytesMax).find('\n') == unread.npos;
    return in_request_line ? 414 : 431;
  }
  if (error == http::error::bad_version && names_an_http_version(unread)) return 505;
  return 400;
}

void RequestParser::on_request_impl(Verb verb, Text, Text target, int version, Code&) {
  request_.method = verb == Verb::get ? Method::get : verb == Verb::head ? Method::head : Method::other;
  request_.route = find_route({target.data(), target.size()});
  request_.http_1_1 = version >= 11;
}

void RequestParser::on_field_impl(Field field, Text, Text value, Code& error) {
  if (is_header_done()) return;  // a trailer changes nothing
  if (field == Field::host) {
    ++hosts_;
  } else if (field == Field::content_length) {
    content_length_ = true;
  } else if (field == Field::transfer_encoding) {
    // Beast takes codings that it does not know for "no body"; a proxy in front may not.
    if (transfer_encoding_ || !equals_ignoring_case(value, "chunked")) {
      refusal_ = transfer_encoding_ ? 400 : 501;
      error = http::error::bad_transfer_encoding;
    }
    transfer_encoding_ = true;
  } else if (field == Field::expect) {
    awaits_continue_ = equals_ignoring_case(value, "100-continue");
  }
}

void RequestParser::on_header_impl(Code& error) {
  request_.keep_alive = keep_alive();
  // RFC 9112 3.2 and 6.1: exactly one Host; a body framed twice, or chunked in HTTP/1.0, is an attack.
  const bool hosts_wrong = request_.http_1_1 ? hosts_ != 1 : hosts_ > 1;
  const bool framing_wrong = transfer_encoding_ && (content_length_ || !request_.http_1_1);
  if (hosts_wrong || framing_wrong) {
    refusal_ = 400;
    error = http::error::bad_value;
  }
}

void RequestParser::on_body_init_impl(const boost::optional<std::uint64_t>&, Code&) {}
std::size_t RequestParser::on_body_impl(Text body, Code&) { return body.size(); }
void RequestParser::on_chunk_header_impl(std::uint64_t, Text, Code&) {}
std::size_t RequestParser::on_chunk_body_impl(std::uint64_t, Text body, Code&) { return body.size(); }
void RequestParser::on_finish_impl(Code&) {}
void RequestParser::on_response_impl(int, Text, int, Code&) {}

}  // namespace http_api
