// Pagination that survives changes between pages: a token is the key of the last item given.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace services {

/// Takes items in ascending key order; keeps those after `token`, at most `limit`; knows whether more followed.
class Page {
 public:
  Page(const std::optional<std::string>& token, std::size_t limit) : after_(token), limit_(limit) {}

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
  std::optional<std::string> next_token() const { return more_ ? std::optional(last_) : std::nullopt; }

 private:
  std::optional<std::string> after_;
  std::size_t limit_;
  std::size_t taken_ = 0;
  std::string last_;
  bool more_ = false;
};

}  // namespace services
