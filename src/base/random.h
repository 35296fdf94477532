// Chance, from a seed: the same seed gives the same ids, placements and jitter, to the byte. The engine owns one,
// seeded from the system; tests and the simulator seed their own.
#pragma once

#include <cstdint>
#include <string>

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  /// A seed that no other process has (getrandom).
  static std::uint64_t system_seed();

  std::uint64_t next();
  /// Uniform in [0, bound); bound > 0.
  std::uint64_t below(std::uint64_t bound);
  /// Lower-case hexadecimal digits.
  std::string hex(std::size_t digits);
  /// A version 4 UUID.
  std::string uuid();

 private:
  std::uint64_t state_;
};
