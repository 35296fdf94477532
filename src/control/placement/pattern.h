// Regular expressions of the cluster query language (=~ and !~). Matching walks all alternatives at once (Thompson), so its
// cost is text times pattern whatever the pattern says: a hostile one cannot stop the thread that owns the state.
// Covers what Java patterns on attribute values use: literals, . [] [^] \d \w \s (and capitals), groups, |, * + ? {m,n}, ^ $.
#pragma once

#include <bitset>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace control {

class Pattern {
 public:
  static Result<Pattern> compile(std::string_view source);
  /// The whole text, as Java's matches().
  bool matches(std::string_view text) const;

  enum class Op : char { kClass, kSplit, kJump, kMatch };
  struct Instruction {
    Op op;
    int a = 0, b = 0;  ///< kSplit: both targets; kJump: a; kClass: index of its set
  };

 private:
  std::vector<Instruction> program_;
  std::vector<std::bitset<256>> sets_;
  friend class PatternCompiler;
};

}  // namespace control
