// Pagination that survives changes between pages: a token holds the key of the last item given, so that the next page
// begins behind it even if that item is gone. It begins with a mark: what no page ended with is an error, as with AWS,
// and not an empty page.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/sha256.h"

namespace services {

inline std::string page_token(const std::string& key) {
  constexpr std::size_t kMarkDigits = 8;  // enough to know a mistake; it keeps no secret
  return lower_hex(sha256("page:" + key)).substr(0, kMarkDigits) + key;
}

/// The key in a token, if there is one; an error of this code if page_token() did not make it. An empty token is none.
inline Result<std::optional<std::string>> page_key(const std::optional<std::string>& token, std::string_view invalid_code) {
  if (!token || token->empty()) return std::nullopt;
  const std::size_t mark = page_token("").size();
  if (token->size() >= mark) {
    if (std::string key = token->substr(mark); page_token(key) == *token) return key;
  }
  return fail(std::string(invalid_code), "The specified pagination token is invalid: it is not one that this operation gave.");
}

/// Takes items in ascending key order; keeps those after the token's, at most `limit`; knows whether more followed.
class Page {
 public:
  /// The service's error code for a token that is not ours.
  static Result<Page> open(const std::optional<std::string>& token, std::size_t limit, std::string_view invalid_code) {
    TRY(std::optional<std::string> after, page_key(token, invalid_code));
    return Page(std::move(after), limit);
  }

  /// Whether this item belongs on the page. Call for each item in order.
  bool take(const std::string& key) {
    if (after_ && key <= *after_) return false;
    if (taken_ == limit_) {
      more_ = true;
      return false;
    }
    ++taken_;
    last_ = key;
    return true;
  }
  bool full() const { return more_; }
  std::optional<std::string> next_token() const { return more_ ? std::optional(page_token(last_)) : std::nullopt; }

 private:
  // A page of nothing would have no last item to go on from.
  Page(std::optional<std::string> after, std::size_t limit) : after_(std::move(after)), limit_(std::max<std::size_t>(limit, 1)) {}

  std::optional<std::string> after_;
  std::size_t limit_;
  std::size_t taken_ = 0;
  std::string last_;
  bool more_ = false;
};

}  // namespace services
