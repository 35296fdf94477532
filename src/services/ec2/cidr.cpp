#include "services/ec2/cidr.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <charconv>
#include <string_view>

namespace services::ec2 {
namespace {

std::uint32_t mask_of(int bits) { return bits == 0 ? 0 : ~std::uint32_t{0} << (32 - bits); }

/// Digits and nothing else.
std::optional<int> prefix_length(std::string_view text, int most) {
  int bits = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bits);
  if (error != std::errc() || end != text.data() + text.size() || bits < 0 || bits > most) return std::nullopt;
  return bits;
}

}  // namespace

bool Cidr::contains(const Cidr& other) const { return other.bits >= bits && (other.first & mask_of(bits)) == first; }

std::string Cidr::address(std::uint32_t offset) const {
  const std::uint32_t one = first + offset;
  return fmt::format("{}.{}.{}.{}", one >> 24, one >> 16 & 255, one >> 8 & 255, one & 255);
}

std::string Cidr::text() const { return fmt::format("{}/{}", address(0), bits); }

std::optional<Cidr> Cidr::parse(const std::string& text) {
  const std::size_t slash = text.find('/');
  in_addr address{};
  if (slash == std::string::npos) return std::nullopt;
  if (inet_pton(AF_INET, text.substr(0, slash).c_str(), &address) != 1) return std::nullopt;
  const auto bits = prefix_length(std::string_view(text).substr(slash + 1), 32);
  if (!bits) return std::nullopt;
  return Cidr{.first = ntohl(address.s_addr) & mask_of(*bits), .bits = *bits};
}

std::optional<std::string> canonical_ipv6_block(const std::string& text) {
  const std::size_t slash = text.find('/');
  in6_addr address{};
  if (slash == std::string::npos) return std::nullopt;
  if (inet_pton(AF_INET6, text.substr(0, slash).c_str(), &address) != 1) return std::nullopt;
  const auto bits = prefix_length(std::string_view(text).substr(slash + 1), 128);
  if (!bits) return std::nullopt;
  for (int bit = *bits; bit < 128; ++bit) address.s6_addr[bit / 8] &= static_cast<unsigned char>(~(0x80 >> bit % 8));
  char shown[INET6_ADDRSTRLEN];
  return fmt::format("{}/{}", inet_ntop(AF_INET6, &address, shown, sizeof shown), *bits);
}

}  // namespace services::ec2
