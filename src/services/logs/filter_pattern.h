// The filter pattern of FilterLogEvents, as far as it is about words. Used by read_events.cpp.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace services::logs {

/// error "two words" -debug: all of them, none of the excluded. ?a ?b: any of them. Case counts.
/// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
class FilterPattern {
 public:
  /// JSON, space-delimited and regular expression patterns are refused by name.
  static Result<FilterPattern> parse(std::string_view text);
  bool matches(std::string_view message) const;

 private:
  std::vector<std::string> all_, any_, none_;
};

}  // namespace services::logs
