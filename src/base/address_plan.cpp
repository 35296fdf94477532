#include "base/address_plan.h"

#include <fmt/format.h>

#include <cstdint>

namespace {
// FNV-1a: stable over builds and machines, unlike std::hash.
std::uint64_t hash_text(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return hash;
}
}  // namespace

AddressPlan::AddressPlan(std::string_view state_directory) {
  const std::uint64_t hash = hash_text(state_directory);
  second_ = 16 + static_cast<int>((hash >> 32) % 224);
  third_ = static_cast<int>(hash % 64) * 4;
}

std::string AddressPlan::at(int offset) const {
  return fmt::format("127.{}.{}.{}", second_, (third_ + offset / 256) % 256, offset % 256);
}
