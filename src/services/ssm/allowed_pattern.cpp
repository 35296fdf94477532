#include "services/ssm/allowed_pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <fmt/format.h>
#include <pcre2.h>

#include <memory>

namespace services::ssm {
namespace {

// AWS takes Java's expressions; those of Perl are nearest to them.
constexpr std::uint32_t kCompile = PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C | PCRE2_AUTO_CALLOUT;
constexpr std::uint32_t kMostHeapKib = 65'536;

template <auto free>
struct Freed {
  template <class T>
  void operator()(T* what) const {
    free(what);
  }
};

/// Called before each item of the pattern. PCRE2's own limit holds from one start in the value, and each letter is one.
int count_step(pcre2_callout_block*, void* left) {
  return --*static_cast<std::int64_t*>(left) > 0 ? 0 : PCRE2_ERROR_MATCHLIMIT;
}

/// 1 if the value matches somewhere, 0 if not, negative if that cannot be told.
int search(const std::string& pattern, const std::string& value) {
  int error = 0;
  PCRE2_SIZE offset = 0;
  const std::unique_ptr<pcre2_code, Freed<pcre2_code_free>> code(pcre2_compile(
      reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(), kCompile, &error, &offset, nullptr));
  if (!code) return PCRE2_ERROR_BADDATA;
  const std::unique_ptr<pcre2_match_context, Freed<pcre2_match_context_free>> limits(
      pcre2_match_context_create(nullptr));
  const std::unique_ptr<pcre2_match_data, Freed<pcre2_match_data_free>> found(pcre2_match_data_create(1, nullptr));
  // An item may look through the whole value (`.*`), so a long value gets fewer of them.
  constexpr std::int64_t kMostLetters = 500'000'000;
  std::int64_t left = kMostLetters / static_cast<std::int64_t>(value.size() + 1);
  pcre2_set_callout(limits.get(), count_step, &left);
  pcre2_set_heap_limit(limits.get(), kMostHeapKib);
  const int groups = pcre2_match(code.get(), reinterpret_cast<PCRE2_SPTR>(value.data()), value.size(), 0, 0,
                                 found.get(), limits.get());
  if (groups == PCRE2_ERROR_NOMATCH) return 0;
  return groups < 0 ? groups : 1;  // 0 groups: more than there is room for
}

}  // namespace

Result<void> check_allowed_pattern(const std::string& pattern, const std::string& value) {
  if (pattern.empty()) return {};
  const int found = search(pattern, value);
  if (found < 0) {
    return fail("InvalidAllowedPatternException",
                fmt::format("The regular expression {} is not valid, or takes too long to match.", pattern));
  }
  if (found == 0) {
    return fail("ParameterPatternMismatchException",
                fmt::format("Parameter value doesn't match the allowed pattern {}.", pattern));
  }
  return {};
}

}  // namespace services::ssm
