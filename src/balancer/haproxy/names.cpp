#include "balancer/haproxy/names.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>

namespace balancer {
namespace {
bool plain(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }
std::string legible(std::string_view text, std::size_t most) {
  std::string out;
  for (const char c : text.substr(0, most)) out += plain(c) || c == '-' || c == '.' ? c : '_';
  return out;
}
}  // namespace

std::string short_hash(std::string_view text) {
  std::uint32_t hash = 2166136261u;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  return fmt::format("{:08x}", hash);
}

std::string proxy_name(std::string_view prefix, std::string_view readable, std::string_view id) {
  return fmt::format("{}_{}_{}", prefix, legible(readable, 32), short_hash(id));
}

std::string server_name(std::string_view member_id) {
  const bool safe = !member_id.empty() && member_id.size() <= 60 &&
                    std::all_of(member_id.begin(), member_id.end(),
                                [](char c) { return plain(c) || c == '-' || c == '.' || c == ':'; });
  return safe ? std::string(member_id) : fmt::format("{}_{}", legible(member_id, 32), short_hash(member_id));
}

std::string regex_literal(std::string_view text) {
  std::string out;
  for (const char c : text)
    out += plain(c) ? std::string(1, c) : fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
  return out;
}

namespace {
/// What stands between two stars: of a known length, whatever it matches.
std::string piece_to_regex(std::string_view piece, std::string_view any) {
  std::string out;
  for (const char& c : piece) out += c == '?' ? std::string(any) : regex_literal(std::string_view(&c, 1));
  return out;
}
}  // namespace

std::string glob_to_regex(std::string_view pattern, std::string_view any) {
  std::size_t star = pattern.find('*');
  std::string out = piece_to_regex(pattern.substr(0, star), any);
  while (star != std::string_view::npos) {
    const std::size_t from = star + 1;
    star = pattern.find('*', from);
    const std::string piece = piece_to_regex(pattern.substr(from, star - from), any);
    if (star == std::string_view::npos) {
      out += fmt::format("{}*{}", any, piece);
    } else if (!piece.empty()) {
      // A later place of this piece serves the rest no better than its first one does: nothing to come back for.
      out += fmt::format("(?>{}*?{})", any, piece);
    }
  }
  return out;
}

std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) continue;
    if (c == '\'') {
      out += "'\\''";
    } else {
      out += c;
    }
  }
  return out + "'";
}

std::string quoted_format(std::string_view text) {
  std::string doubled;
  for (const char c : text) {
    doubled += c;
    if (c == '%') doubled += '%';
  }
  return quoted(doubled);
}

std::string quoted_fetch(std::string_view fetch, std::string_view token) {
  std::string escaped;  // the fetch's own parser reads quotes as well, after the configuration's
  for (const char c : token) escaped += c == '\'' ? std::string("\\'") : std::string(1, c);
  return quoted(fmt::format("{}({})", fetch, escaped));
}

bool is_cidr(std::string_view text) {
  const auto slash = text.find('/');
  const std::string address(text.substr(0, slash));
  unsigned char bytes[16];
  const bool four = inet_pton(AF_INET, address.c_str(), bytes) == 1;
  if (!four && inet_pton(AF_INET6, address.c_str(), bytes) != 1) return false;
  if (slash == std::string_view::npos) return true;
  int bits = -1;
  const auto rest = text.substr(slash + 1);
  const auto parsed = std::from_chars(rest.data(), rest.data() + rest.size(), bits);
  return parsed.ec == std::errc() && parsed.ptr == rest.data() + rest.size() && bits >= 0 && bits <= (four ? 32 : 128);
}

}  // namespace balancer
