#include "wire/form.h"

#include <algorithm>

namespace wire {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool by_key(const Parameter& a, const Parameter& b) { return a.first < b.first; }

}  // namespace

bool percent_decode(std::string_view text, std::string& out, bool plus_is_space) {
  out.clear();
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_space) {
      out += ' ';
    } else if (text[i] == '%') {
      if (i + 2 >= text.size()) return false;
      const int high = hex_value(text[i + 1]), low = hex_value(text[i + 2]);
      if (high < 0 || low < 0) return false;
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return true;
}

std::string percent_encode(std::string_view text, bool keep_slash) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size() + text.size() / 4);
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
                       c == '_' || c == '~' || (c == '/' && keep_slash);
    if (plain) {
      out += c;
    } else {
      out += '%';
      out += kDigits[static_cast<unsigned char>(c) >> 4];
      out += kDigits[static_cast<unsigned char>(c) & 15];
    }
  }
  return out;
}

Result<void> parse_form(std::string_view text, Form& form) {
  while (!text.empty()) {
    const auto end = std::min(text.find('&'), text.size());
    const std::string_view pair = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (pair.empty()) continue;
    if (form.size() == kMaxParameters)
      return fail("MalformedQueryString", "The request has more than " + std::to_string(kMaxParameters) + " parameters.");
    const auto equals = std::min(pair.find('='), pair.size());
    Parameter& added = form.emplace_back();
    if (!percent_decode(pair.substr(0, equals), added.first, true) ||
        !percent_decode(pair.substr(std::min(equals + 1, pair.size())), added.second, true))
      return fail("MalformedQueryString", "The query string contains a syntax error: a broken percent escape.");
    if (!is_utf8(added.first) || !is_utf8(added.second))
      return fail("MalformedQueryString", "The query string contains a syntax error: it is not valid UTF-8.");
  }
  return {};
}

void sort_form(Form& form) { std::stable_sort(form.begin(), form.end(), by_key); }

std::string_view find_parameter(const Form& form, std::string_view key) {
  auto found = std::lower_bound(form.begin(), form.end(), key,
                                [](const Parameter& a, std::string_view b) { return a.first < b; });
  return found != form.end() && found->first == key ? std::string_view(found->second) : std::string_view{};
}

std::size_t find_bad_utf8(std::string_view text, std::size_t from) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  std::size_t i = from;
  while (i < text.size()) {
    const unsigned char lead = byte(i);
    if (lead < 0x80) { ++i; continue; }
    const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || i + length > text.size()) return i;
    unsigned code = lead & (0xFFu >> (length + 1));
    for (std::size_t k = 1; k < length; ++k) {
      if ((byte(i + k) & 0xC0) != 0x80) return i;
      code = code << 6 | (byte(i + k) & 0x3F);
    }
    const bool overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
    if (overlong || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return i;
    i += length;
  }
  return std::string_view::npos;
}

bool is_utf8(std::string_view text) { return find_bad_utf8(text) == std::string_view::npos; }

}  // namespace wire
