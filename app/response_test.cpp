#include "app/response.h"

#include <doctest/doctest.h>

#include <array>
#include <map>

using namespace http_api;

namespace {
constexpr RandomLetters::Seed kSeed{1, 2, 3, 4};

/// The letters of `{"0":"e",…}`; an empty string when the text has any other shape.
std::string letters_of(std::string_view body) {
  std::string expected = "{";
  std::string letters;
  for (int i = 0; i < 52; ++i) {
    expected += (i > 0 ? ",\"" : "\"") + std::to_string(i) + "\":\"";
    if (expected.size() >= body.size()) return {};
    letters += body[expected.size()];
    expected += letters.back();
    expected += '"';
  }
  return body == expected + "}" ? letters : std::string{};
}
}  // namespace

TEST_CASE("the body has 52 keys in order, each with an ASCII letter") {
  ApiResponse api(kSeed);
  for (int i = 0; i < 1000; ++i) {
    const std::string_view body = api.renew_body();
    CHECK(body.size() == kApiBodyBytes);
    const std::string letters = letters_of(body);
    REQUIRE(letters.size() == 52);
    for (const char c : letters) CHECK(((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')));
  }
}

TEST_CASE("letters are fresh for each answer, and every letter is as likely at every place") {
  ApiResponse api(kSeed);
  constexpr int kAnswers = 20'000;
  std::array<std::map<char, int>, 52> seen;
  std::string before;
  for (int i = 0; i < kAnswers; ++i) {
    const std::string letters = letters_of(api.renew_body());
    REQUIRE(letters != before);
    before = letters;
    for (std::size_t place = 0; place < 52; ++place) ++seen[place][letters[place]];
  }
  for (const auto& counts : seen) {
    double chi_squared = 0;
    const double expected = kAnswers / 52.0;
    CHECK(counts.size() == 52);
    for (const auto& [letter, count] : counts) chi_squared += (count - expected) * (count - expected) / expected;
    CHECK(chi_squared < 110);  // 51 degrees of freedom: 1 in 400,000; the seed is fixed
  }
}

TEST_CASE("the hot path is byte for byte what the general renderer writes") {
  ApiResponse hot(kSeed);
  ApiResponse general(kSeed);
  const std::string date = http_date(1'795'452'242);
  hot.set_date(date);
  std::string from_hot;
  hot.append_to(from_hot);
  std::string rendered;
  append_response(rendered, {.content_type = "application/json", .body = general.renew_body()}, date);
  CHECK(from_hot == rendered);
  CHECK(from_hot.find("Content-Length: 459\r\n") != std::string::npos);
}

TEST_CASE("an answer to HEAD is the header of the answer to GET") {
  std::string get;
  std::string head;
  append_response(get, {.body = "hello\n"}, http_date(0));
  append_response(head, {.body = "hello\n", .head_only = true}, http_date(0));
  CHECK(get == head + "hello\n");
}

TEST_CASE("dates are written as RFC 9110 has them") {
  CHECK(http_date(784'111'777) == "Sun, 06 Nov 1994 08:49:37 GMT");
  CHECK(http_date(0).size() == kDateBytes);
}
