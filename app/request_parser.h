// Reads one HTTP/1.x request: Beast's parser with the limits and refusals that it leaves to its user.
// Owned by a connection, made anew for each request. Bytes of the body are counted and dropped.
// Always holds: what is kept between calls stays below kHeaderBytesMax; a request that two parsers could
// frame differently (smuggling) is refused, never guessed at.
#pragma once

#include <cstdint>
#include <string_view>

#include <boost/beast/http/basic_parser.hpp>

#include "app/routes.h"

namespace http_api {

inline constexpr std::size_t kHeaderBytesMax = 8192;     // as nginx: room for cookies and tracing headers
inline constexpr std::size_t kBodyBytesMax = 64 * 1024;  // no route reads a body: enough to drop one politely

enum class Method : unsigned char { get, head, other };

/// What the request asks for, known once the parser is done.
struct Request {
  Method method = Method::other;
  Route route = Route::not_found;
  bool http_1_1 = true;
  bool keep_alive = true;
};

class RequestParser final : private boost::beast::http::basic_parser<true> {
 public:
  enum class Outcome : unsigned char {
    need_more,  // call again with the bytes not consumed, and more
    done,       // request() is whole
    refused,    // answer with refusal() and close: where the next request starts is not known
  };
  struct Progress {
    Outcome outcome;
    std::size_t consumed;  // bytes the caller must not show again
  };

  RequestParser();

  /// `bytes` must not be empty, and must start where the last call stopped consuming.
  Progress parse(std::string_view bytes);

  const Request& request() const { return request_; }
  int refusal() const { return refusal_; }  // an HTTP status, 400 to 505
  /// The header is whole, and the client waits for "100 Continue" before it sends the body.
  bool awaits_continue() const { return awaits_continue_ && is_header_done(); }

 private:
  using Base = boost::beast::http::basic_parser<true>;
  using Code = boost::beast::error_code;
  using Text = boost::beast::string_view;
  using Field = boost::beast::http::field;
  using Verb = boost::beast::http::verb;

  Progress refuse(int status, std::size_t consumed);
  int status_of(Code error, std::string_view unread) const;

  void on_request_impl(Verb verb, Text, Text target, int version, Code& error) override;
  void on_field_impl(Field field, Text, Text value, Code& error) override;
  void on_header_impl(Code& error) override;
  void on_body_init_impl(const boost::optional<std::uint64_t>&, Code& error) override;
  std::size_t on_body_impl(Text body, Code& error) override;
  void on_chunk_header_impl(std::uint64_t, Text, Code& error) override;
  std::size_t on_chunk_body_impl(std::uint64_t, Text body, Code& error) override;
  void on_finish_impl(Code& error) override;
  // Only for responses: never called.
  void on_response_impl(int, Text, int, Code& error) override;

  Request request_;
  std::uint32_t header_bytes_ = 0;  // Beast counts what one call sees; a trickled header must count whole
  std::uint16_t hosts_ = 0;
  std::int16_t refusal_ = 0;
  bool transfer_encoding_ = false;
  bool content_length_ = false;
  bool awaits_continue_ = false;
};

}  // namespace http_api
