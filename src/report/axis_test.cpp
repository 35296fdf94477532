#include "report/axis.h"

#include <doctest/doctest.h>

using report::Axis;

TEST_CASE("a linear axis starts at 0 and ends at a round number that holds everything") {
  CHECK(Axis::linear(93, 0).ticks() == std::vector<double>{0, 20, 40, 60, 80, 100});
  CHECK(Axis::linear(100, 100).top() == 100);
  CHECK(Axis::linear(101, 100).top() == 125);
  CHECK(Axis::linear(1000, 0).top() == 1000);
  CHECK(Axis::linear(0, 0).top() == 1);
  CHECK(Axis::linear(0, 0, true).ticks() == std::vector<double>{0, 1});
  CHECK(Axis::linear(12, 0, true).ticks() == std::vector<double>{0, 5, 10, 15});  // no half tasks
  CHECK(Axis::linear(2, 0, true).ticks() == std::vector<double>{0, 1, 2});
  for (const double most : {0.003, 1.0, 7.0, 42.0, 999.0, 123456.0}) {
    const Axis axis = Axis::linear(most, 0);
    CAPTURE(most);
    CHECK(axis.top() >= most);
    CHECK(axis.top() <= most * 2);
    CHECK(axis.ticks().size() >= 3);
    CHECK(axis.ticks().size() <= 7);
    CHECK(axis.share(0) == 0);
    CHECK(axis.share(axis.top()) == 1);
  }
}

TEST_CASE("an axis of decades holds the least and the most") {
  const Axis axis = Axis::decades(0.3, 250);
  CHECK(axis.ticks() == std::vector<double>{0.1, 1, 10, 100, 1000});
  CHECK(axis.share(0.1) == doctest::Approx(0));
  CHECK(axis.share(10) == doctest::Approx(0.5));
  CHECK(axis.share(0) == 0);
}

TEST_CASE("time ticks are round and few") {
  for (const Duration length : {Duration(seconds(3)), Duration(seconds(30)), Duration(minutes(4)), Duration(minutes(80)), Duration(hours(30)), Duration(hours(700))}) {
    const auto ticks = report::time_ticks(length, 13);
    CAPTURE(length.count());
    CHECK(ticks.size() >= 3);
    CHECK(ticks.size() <= 13);
    CHECK(ticks.front() == Duration(0));
    CHECK(ticks.back() <= length);
  }
  CHECK(report::time_ticks(minutes(4), 13)[1] == seconds(30));
}

TEST_CASE("times since the start read as a clock") {
  CHECK(report::offset_text(seconds(65)) == "1:05");
  CHECK(report::offset_text(seconds(3723)) == "1:02:03");
  CHECK(report::offset_text(-seconds(2)) == "-0:02");
}
