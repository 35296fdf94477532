#include "balancer/haproxy/names.h"

#include <doctest/doctest.h>

#include <boost/regex.hpp>
#include <random>

using namespace balancer;

namespace {

/// What a pattern means: every * may take any run. As a regular expression it goes back and forth for ever.
std::string plain_translation(std::string_view pattern, std::string_view any) {
  std::string out;
  for (const char& c : pattern) {
    if (c == '*') {
      out += std::string(any) + "*";
    } else {
      out += c == '?' ? std::string(any) : regex_literal(std::string_view(&c, 1));
    }
  }
  return out;
}

std::string drawn(std::minstd_rand& random, std::string_view letters, std::size_t most) {
  std::string text;
  for (std::size_t length = random() % (most + 1); text.size() < length;) text += letters[random() % letters.size()];
  return text;
}

bool matches(const std::string& text, const std::string& expression) {
  return boost::regex_search(text, boost::regex(expression));
}

}  // namespace

TEST_CASE("a pattern's pieces between stars are each looked for once, from the left; only the last star gives back") {
  CHECK(glob_to_regex("/a?") == "\\x2fa.");
  CHECK(glob_to_regex("*.a?") == ".*\\x2ea.");
  CHECK(glob_to_regex("a*") == "a.*");
  CHECK(glob_to_regex("**") == ".*");
  CHECK(glob_to_regex("/*/v*/*/x*.json") == "\\x2f(?>.*?\\x2fv)(?>.*?\\x2f)(?>.*?\\x2fx).*\\x2ejson");
  CHECK(glob_to_regex("*a*&*", "[^&]") == "(?>[^&]*?a)(?>[^&]*?\\x26)[^&]*");
}

TEST_CASE("a pattern matches what it did when every star gave back") {
  std::minstd_rand random(1);
  int hits = 0;
  for (int round = 0; round < 20'000; ++round) {
    const std::string path = drawn(random, "ab*?", 7), text = drawn(random, "ab", 10);
    CAPTURE(path);
    CAPTURE(text);
    const bool same = matches(text, "^" + plain_translation(path, ".") + "$");
    CHECK(matches(text, "^" + glob_to_regex(path) + "$") == same);
    hits += same;

    const std::string key = drawn(random, "a=&*?", 4), value = drawn(random, "a=&*?", 6);
    const std::string query = drawn(random, "aa=&", 14);
    CAPTURE(key);
    CAPTURE(value);
    CAPTURE(query);
    const auto pair = [](const std::string& left, const std::string& right) {
      return "(^|&)" + left + "=" + right + "(&|$)";
    };
    const bool found = matches(query, pair(plain_translation(key, "[^&=]"), plain_translation(value, "[^&]")));
    CHECK(matches(query, pair(glob_to_regex(key, "[^&=]"), glob_to_regex(value, "[^&]"))) == found);
    hits += found;
  }
  CHECK(hits > 2'000);
  CHECK(hits < 35'000);
}
