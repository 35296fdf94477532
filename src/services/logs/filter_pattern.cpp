#include "services/logs/filter_pattern.h"

#include <algorithm>

namespace services::logs {

Result<FilterPattern> FilterPattern::parse(std::string_view text) {
  FilterPattern pattern;
  const auto skip_spaces = [&] {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  };
  skip_spaces();
  if (!text.empty() && (text.front() == '{' || text.front() == '[' || text.front() == '%')) {
    return fail("InvalidParameterException",
                "This engine serves filter patterns of words and quoted phrases; JSON, space-delimited and regular "
                "expression patterns are not served.");
  }
  for (; !text.empty(); skip_spaces()) {
    std::vector<std::string>* terms = &pattern.all_;
    if (text.size() > 1 && (text.front() == '?' || text.front() == '-')) {
      terms = text.front() == '?' ? &pattern.any_ : &pattern.none_;
      text.remove_prefix(1);
    }
    std::string term;
    if (text.front() == '"') {
      text.remove_prefix(1);
      while (!text.empty() && text.front() != '"') {
        if (text.front() == '\\' && text.size() > 1) text.remove_prefix(1);
        term += text.front();
        text.remove_prefix(1);
      }
      if (text.empty()) return fail("InvalidParameterException", "Invalid filter pattern: a quote is not closed.");
      text.remove_prefix(1);
    } else {
      const std::size_t end = std::min(text.find(' '), text.size());
      term = text.substr(0, end);
      text.remove_prefix(end);
    }
    if (!term.empty()) terms->push_back(std::move(term));
  }
  return pattern;
}

bool FilterPattern::matches(std::string_view message) const {
  const auto in_message = [&](const std::string& term) { return message.find(term) != std::string_view::npos; };
  if (!std::all_of(all_.begin(), all_.end(), in_message)) return false;
  if (!any_.empty() && std::none_of(any_.begin(), any_.end(), in_message)) return false;
  return std::none_of(none_.begin(), none_.end(), in_message);
}

}  // namespace services::logs
