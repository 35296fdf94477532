// Damages texts at random, from a seed: what the tests of every parser feed it. A parser must answer, whatever comes; the
// ASan build is what makes that sharp. Tests only.
#pragma once

#include <string>

#include "base/random.h"

namespace testing {

/// One to four changes: another byte, bytes lost, a part repeated, the rest cut off, a bit turned.
inline std::string damage(std::string text, Random& random) {
  for (std::uint64_t n = 1 + random.below(4); n != 0 && !text.empty(); --n) {
    const std::size_t at = random.below(text.size());
    switch (random.below(5)) {
      case 0:
        text[at] = static_cast<char>(random.below(256));
        break;
      case 1:
        text.erase(at, 1 + random.below(8));
        break;
      case 2:
        text.insert(at, text.substr(random.below(text.size()), 16));
        break;
      case 3:
        text.resize(at);
        break;
      default:
        text[at] = static_cast<char>(text[at] ^ (1 << random.below(8)));
        break;
    }
  }
  return text;
}

/// Shows `read` that many damaged copies of `good`.
template <class Read>
void feed_damaged(const std::string& good, std::uint64_t seed, int rounds, Read read) {
  Random random(seed);
  for (int i = 0; i < rounds; ++i) read(damage(good, random));
}

}  // namespace testing
