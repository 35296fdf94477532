// IPv4 blocks of VPCs, subnets and rules; IPv6 blocks of rules. Called by this service's handlers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace services::ec2 {

struct Cidr {
  std::uint32_t first = 0;
  int bits = 0;  ///< of the prefix

  std::uint64_t size() const { return std::uint64_t{1} << (32 - bits); }
  bool contains(const Cidr& other) const;
  bool overlaps(const Cidr& other) const { return contains(other) || other.contains(*this); }
  /// Of the block's first address, offset on.
  std::string address(std::uint32_t offset) const;
  std::string text() const;

  /// "10.0.0.0/16". Bits beyond the prefix are cleared, as EC2 does.
  static std::optional<Cidr> parse(const std::string& text);
};

/// "2001:db8::/32", written as EC2 writes it: bits beyond the prefix cleared, zeros shortened.
std::optional<std::string> canonical_ipv6_block(const std::string& text);

}  // namespace services::ec2
