#include "net/http.h"

#include <algorithm>

namespace net {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

}  // namespace

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

void Headers::add(std::string_view name, std::string_view value) {
  if (spans_.empty()) {
    spans_.reserve(12);
    text_.reserve(512);
  }
  Span span{static_cast<std::uint32_t>(text_.size()), static_cast<std::uint32_t>(name.size()), 0,
            static_cast<std::uint32_t>(value.size())};
  text_.append(name);
  span.value_at = static_cast<std::uint32_t>(text_.size());
  text_.append(value);
  for (std::size_t i = span.name_at; i < text_.size(); ++i) {
    if (text_[i] == '\r' || text_[i] == '\n' || text_[i] == '\0') text_[i] = ' ';
  }
  spans_.push_back(span);
}

void Headers::set(std::string_view name, std::string_view value) {
  // `value` may be a view into our own text: add first, then drop the older ones.
  const std::string owned_name(name), owned_value(value);
  std::erase_if(spans_, [&](const Span& span) {
    return equal_ignoring_case(std::string_view(text_).substr(span.name_at, span.name_size), owned_name);
  });
  add(owned_name, owned_value);
}

std::optional<std::string_view> Headers::find(std::string_view name) const {
  for (const auto& span : spans_) {
    const std::string_view text = text_;
    if (equal_ignoring_case(text.substr(span.name_at, span.name_size), name)) {
      return text.substr(span.value_at, span.value_size);
    }
  }
  return std::nullopt;
}

std::size_t Headers::count(std::string_view name) const {
  return static_cast<std::size_t>(std::count_if(spans_.begin(), spans_.end(), [&](const Span& span) {
    return equal_ignoring_case(std::string_view(text_).substr(span.name_at, span.name_size), name);
  }));
}

Headers::Field Headers::operator[](std::size_t index) const {
  const auto& span = spans_[index];
  const std::string_view text = text_;
  return {text.substr(span.name_at, span.name_size), text.substr(span.value_at, span.value_size)};
}

std::string_view Request::query() const {
  const auto mark = target.find('?');
  return mark == std::string::npos ? std::string_view{} : std::string_view(target).substr(mark + 1);
}

std::string_view reason_phrase(int status) {
  switch (status) {
    case 100: return "Continue";
    case 101: return "Switching Protocols";
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 206: return "Partial Content";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 307: return "Temporary Redirect";
    case 308: return "Permanent Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 411: return "Length Required";
    case 413: return "Payload Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 416: return "Range Not Satisfiable";
    case 417: return "Expectation Failed";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 505: return "HTTP Version Not Supported";
    case 507: return "Insufficient Storage";
    default: return "Status";
  }
}

}  // namespace net
