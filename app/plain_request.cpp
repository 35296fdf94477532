#include "app/plain_request.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

namespace http_api {
namespace {

static_assert(std::endian::native == std::endian::little, "eight bytes are looked at as one number, the first lowest");

template <class Number>
Number load(const char* at) {
  Number number;
  std::memcpy(&number, at, sizeof number);
  return number;
}

constexpr std::uint64_t in_every_byte(unsigned char byte) { return 0x0101010101010101U * byte; }

/// The first byte from `at` on that is not in [lowest, '~'].
template <char kLowest>
const char* skip_visible(const char* at, const char* end) {
  while (end - at >= 8) {
    const auto eight = load<std::uint64_t>(at);
    // The high bit is set where a byte is below kLowest, above 0x7f, or 0x7f. Above the first such byte a borrow or a
    // carry may set more of them, which does not matter.
    const std::uint64_t others =
        ((eight - in_every_byte(kLowest)) | eight | (eight + in_every_byte(1))) & in_every_byte(0x80);
    if (others != 0) return at + std::countr_zero(others) / 8;
    at += 8;
  }
  while (at != end && *at >= kLowest && *at <= '~') ++at;
  return at;
}

/// Letters, digits and '-': all that names of fields in use are made of.
constexpr auto kNameBytes = [] {
  std::array<bool, 256> names{};
  for (int c = 'a'; c <= 'z'; ++c) names[c] = names[c - 'a' + 'A'] = true;
  for (int c = '0'; c <= '9'; ++c) names[c] = true;
  names['-'] = true;
  return names;
}();

/// Whether RequestParser or Beast looks at the field's value. By length and first letter: a stranger that is taken for
/// one of them only goes the long way.
bool changes_something(const char* name, std::ptrdiff_t length) {
  const char first = static_cast<char>(name[0] | 0x20);
  switch (length) {
    case 6:  // Expect
      return first == 'e';
    case 7:  // Upgrade
      return first == 'u';
    case 10:  // Connection
    case 14:  // Content-Length
      return first == 'c';
    case 16:  // Proxy-Connection
      return first == 'p';
    case 17:  // Transfer-Encoding
      return first == 't';
    default:
      return false;
  }
}

bool is_host(const char* name, std::ptrdiff_t length) {
  return length == 4 && (load<std::uint32_t>(name) | 0x20202020U) == load<std::uint32_t>("host");
}

}  // namespace

std::size_t read_plain_request(std::string_view bytes, Request& request) {
  constexpr std::string_view kMethod = "GET /";
  constexpr std::string_view kVersion = " HTTP/1.1\r\n";
  if (!bytes.starts_with(kMethod)) return 0;
  const char* const begin = bytes.data();
  const char* const end = begin + std::min(bytes.size(), kHeaderBytesMax);

  const char* const target = begin + kMethod.size() - 1;
  const char* at = skip_visible<'!'>(target, end);
  const std::string_view path(target, static_cast<std::size_t>(at - target));
  if (end - at < static_cast<std::ptrdiff_t>(kVersion.size()) ||
      std::memcmp(at, kVersion.data(), kVersion.size()) != 0) {
    return 0;
  }
  at += kVersion.size();

  int hosts = 0;
  while (true) {
    const char* const name = at;
    while (at != end && kNameBytes[static_cast<unsigned char>(*at)]) ++at;
    const std::ptrdiff_t length = at - name;
    if (end - at < 2) return 0;
    if (length == 0) {
      if (at[0] != '\r' || at[1] != '\n' || hosts != 1) return 0;
      at += 2;
      break;
    }
    if (*at != ':' || changes_something(name, length)) return 0;
    if (is_host(name, length)) ++hosts;
    at = skip_visible<' '>(at + 1, end);
    if (end - at < 2 || at[0] != '\r' || at[1] != '\n') return 0;
    at += 2;
  }
  request = {.method = Method::get, .route = find_route(path), .http_1_1 = true, .keep_alive = true};
  return static_cast<std::size_t>(at - begin);
}

}  // namespace http_api
