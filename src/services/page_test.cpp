#include "services/page.h"

#include <doctest/doctest.h>

#include <set>

namespace {

using services::Page;

std::string shown(Page& page, const std::set<std::string>& items) {
  std::string out;
  for (const std::string& item : items) {
    if (page.take(item)) out += item;
  }
  return out;
}

}  // namespace

TEST_CASE("Page_ATokenThatWeGaveGoesOnEvenIfItsItemIsGone") {
  auto first = Page::open(std::nullopt, 2, "Bad");
  REQUIRE(first);
  CHECK(shown(*first, {"a", "b", "c", "d"}) == "ab");
  const auto token = first->next_token();
  auto second = Page::open(token, 2, "Bad");
  REQUIRE(second);
  CHECK(shown(*second, {"a", "c", "d"}) == "cd");
  CHECK_FALSE(second->next_token());
}

TEST_CASE("Page_ATokenThatWeDidNotGiveIsTheServicesError") {
  auto first = Page::open(std::nullopt, 1, "Bad");
  shown(*first, {"a", "b"});
  std::string changed = *first->next_token();
  changed.back() = 'b';
  for (const std::string& token : {std::string("zz"), std::string("a"), std::string("0123456789"), changed}) {
    const auto page = Page::open(token, 1, "Bad");
    REQUIRE_FALSE(page);
    CHECK(page.error().code == "Bad");
  }
  CHECK(Page::open("", 1, "Bad"));
}

TEST_CASE("Page_APageOfNothingWouldNeverEnd_SoItHasOne") {
  auto page = Page::open(std::nullopt, 0, "Bad");
  CHECK(shown(*page, {"a", "b"}) == "a");
  CHECK(Page::open(page->next_token(), 1, "Bad"));
}
