#include "app/response.h"

#include <cassert>
#include <cstdio>
#include <ctime>

namespace http_api {
namespace {

constexpr std::size_t kLetters = 52;
constexpr std::size_t kOneDigitEntries = 10;

/// Where letter `i` stands in the body: `"0":"e",` is 8 bytes long, `"10":"e",` 9, after the opening brace.
constexpr std::size_t letter_at(std::size_t i) {
  return i < kOneDigitEntries ? 1 + 8 * i + 5 : 1 + 8 * kOneDigitEntries + 9 * (i - kOneDigitEntries) + 6;
}
static_assert(letter_at(kLetters - 1) + 3 == kApiBodyBytes);

std::string_view reason(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 431:
      return "Request Header Fields Too Large";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Unknown";
  }
}

std::string body_without_letters() {
  std::string body = "{";
  for (std::size_t i = 0; i < kLetters; ++i) {
    if (i > 0) body += ',';
    body += '"' + std::to_string(i) + "\":\"a\"";
  }
  return body + '}';
}

}  // namespace

std::string http_date(long long unix_seconds) {
  static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t time = unix_seconds;
  std::tm utc{};
  gmtime_r(&time, &utc);
  char text[80];  // not strftime: it depends on the locale
  const int length =
      std::snprintf(text, sizeof text, "%s, %02d %s %04d %02d:%02d:%02d GMT", kDays[utc.tm_wday], utc.tm_mday,
                    kMonths[utc.tm_mon], utc.tm_year + 1900, utc.tm_hour, utc.tm_min, utc.tm_sec);
  return {text, static_cast<std::size_t>(length)};
}

void append_response(std::string& out, const Response& response, std::string_view date) {
  out.append("HTTP/1.1 ").append(std::to_string(response.status)).append(" ").append(reason(response.status));
  out.append("\r\nDate: ").append(date);
  out.append("\r\nContent-Type: ").append(response.content_type);
  out.append("\r\nContent-Length: ").append(std::to_string(response.body.size()));
  if (response.allow_get_head) out.append("\r\nAllow: GET, HEAD");
  if (response.connection == ConnectionHeader::close) out.append("\r\nConnection: close");
  if (response.connection == ConnectionHeader::keep_alive) out.append("\r\nConnection: keep-alive");
  out.append("\r\n\r\n");
  if (!response.head_only) out.append(response.body);
}

ApiResponse::ApiResponse(const RandomLetters::Seed& seed) : letters_(seed) {
  const std::string date = http_date(0);
  append_response(text_, {.content_type = "application/json", .body = body_without_letters()}, date);
  date_at_ = text_.find(date);
  body_at_ = text_.size() - kApiBodyBytes;
}

void ApiResponse::set_date(std::string_view date) {
  assert(date.size() == kDateBytes);
  text_.replace(date_at_, kDateBytes, date);
}

void ApiResponse::renew_letters() {
  constexpr std::size_t kStep = RandomLetters::kLettersPerCall;
  constexpr std::size_t kWhole = kLetters / kStep * kStep;
  char* body = text_.data() + body_at_;
  // Unrolled, so that the places are constants: this is a third of what a request costs outside the kernel.
#pragma GCC unroll 8
  for (std::size_t first = 0; first < kWhole; first += kStep) {
    letters_.draw<kStep>([body, first](std::size_t i, char letter) { body[letter_at(first + i)] = letter; });
  }
  letters_.draw<kLetters - kWhole>([body](std::size_t i, char letter) { body[letter_at(kWhole + i)] = letter; });
}

}  // namespace http_api
