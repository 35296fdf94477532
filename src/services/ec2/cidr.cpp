#include "services/ec2/cidr.h"

#include <fmt/format.h>

#include <cstdio>

namespace services::ec2 {
namespace {

std::uint32_t mask_of(int bits) { return bits == 0 ? 0 : ~std::uint32_t{0} << (32 - bits); }

}  // namespace

bool Cidr::contains(const Cidr& other) const { return other.bits >= bits && (other.first & mask_of(bits)) == first; }

std::string Cidr::address(std::uint32_t offset) const {
  const std::uint32_t one = first + offset;
  return fmt::format("{}.{}.{}.{}", one >> 24, one >> 16 & 255, one >> 8 & 255, one & 255);
}

std::string Cidr::text() const { return fmt::format("{}/{}", address(0), bits); }

std::optional<Cidr> Cidr::parse(const std::string& text) {
  unsigned a = 0, b = 0, c = 0, d = 0, bits = 0;
  char rest = 0;
  if (std::sscanf(text.c_str(), "%3u.%3u.%3u.%3u/%2u%c", &a, &b, &c, &d, &bits, &rest) != 5) return std::nullopt;
  if (a > 255 || b > 255 || c > 255 || d > 255 || bits > 32) return std::nullopt;
  Cidr cidr;
  cidr.bits = static_cast<int>(bits);
  cidr.first = (a << 24 | b << 16 | c << 8 | d) & mask_of(cidr.bits);
  return cidr;
}

}  // namespace services::ec2
