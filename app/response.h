// Renders answers as bytes. ApiResponse is the hot path: a rendered answer whose date and letters are written
// in place; append_response renders all others. Used by Responder only.
// Always holds: Content-Length is the body's length; a HEAD answer has the header of its GET and no body.
#pragma once

#include <string>
#include <string_view>

#include "app/random_letters.h"

namespace http_api {

inline constexpr std::size_t kApiBodyBytes = 459;  // 10 entries of 8 bytes, 42 of 9, and the closing brace
inline constexpr std::size_t kDateBytes = 29;      // "Mon, 23 Nov 2026 16:44:02 GMT" (RFC 9110 5.6.7)

/// The date as HTTP writes it. An origin server with a clock must send it (RFC 9110 6.6.1).
std::string http_date(long long unix_seconds);

enum class ConnectionHeader : unsigned char { none, keep_alive, close };

struct Response {
  int status = 200;
  std::string_view content_type = "text/plain; charset=utf-8";
  std::string_view body;
  bool allow_get_head = false;  // 405 must say what is allowed
  bool head_only = false;
  ConnectionHeader connection = ConnectionHeader::none;
};

void append_response(std::string& out, const Response& response, std::string_view date);

class ApiResponse {
 public:
  explicit ApiResponse(const RandomLetters::Seed& seed);

  void set_date(std::string_view date);

  /// Appends a keep-alive HTTP/1.1 answer with 52 fresh letters.
  void append_to(std::string& out) {
    renew_letters();
    out.append(text_);
  }

  /// Only the JSON, with fresh letters, for the answers that need other headers. Valid until the next call.
  std::string_view renew_body() {
    renew_letters();
    return std::string_view(text_).substr(body_at_);
  }

 private:
  void renew_letters();

  RandomLetters letters_;
  std::string text_;
  std::size_t date_at_ = 0;
  std::size_t body_at_ = 0;
};

}  // namespace http_api
