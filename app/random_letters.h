// Fresh random ASCII letters for GET /api. Owned by ApiResponse, called once a request.
// Always holds: each of the 52 letters is equally likely to within 1 in 340,000; no call blocks or allocates.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace http_api {

/// xoshiro256++ 1.0 by Blackman and Vigna (https://prng.di.unimi.it): fast, and far better than needed
/// for sample data. It is not for secrets.
class RandomLetters {
 public:
  using Seed = std::array<std::uint64_t, 4>;
  static constexpr std::size_t kLettersPerCall = 8;

  explicit RandomLetters(const Seed& seed) : state_(seed) {
    if (seed == Seed{}) state_[0] = 1;  // all zero is the one state it never leaves
  }

  /// `Count` letters, by place(index, letter). A random word is read as a fraction in [0, 1): times 52, the
  /// whole part is a letter and the rest is the next fraction, so one word serves for eight.
  template <std::size_t Count, class Place>
  void draw(Place place) {
    static_assert(Count <= kLettersPerCall, "further letters would not be evenly spread");
    std::uint64_t fraction = next();
#pragma GCC unroll 8
    for (std::size_t i = 0; i < Count; ++i) {
      const auto product = static_cast<Wide>(fraction) * 52;
      place(i, kLetters[static_cast<std::size_t>(product >> 64)]);
      fraction = static_cast<std::uint64_t>(product);
    }
  }

 private:
  __extension__ using Wide = unsigned __int128;
  static constexpr char kLetters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

  std::uint64_t next() {
    const std::uint64_t result = std::rotl(state_[0] + state_[3], 23) + state_[0];
    const std::uint64_t t = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= t;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

  Seed state_;
};

}  // namespace http_api
