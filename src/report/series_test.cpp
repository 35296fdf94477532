#include "report/series.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>

#include "report/markup.h"

using namespace report;

namespace {

Instant at(int second) { return instant_from_ms(1'000'000) + seconds(second); }

}  // namespace

TEST_CASE("a line breaks where datapoints are missing, said or not") {
  Series series{{{at(0), 1}, {at(60), 2}, {at(180), 3}, {at(240), std::nullopt}, {at(300), 4}, {at(360), 5}}, minutes(1)};
  const auto found = stretches(series);
  REQUIRE(found.size() == 3);
  CHECK(found[0].size() == 2);  // 120 s have no datapoint
  CHECK(found[1].size() == 1);  // 240 s is known to be missing
  CHECK(found[2].size() == 2);
  CHECK(stretches(Series{}).empty());
}

TEST_CASE("counts of tasks hold until the next point: no gap however long it takes") {
  CHECK(stretches(Series{{{at(0), 1}, {at(600), 2}}, Duration(0)}).size() == 1);
}

TEST_CASE("many points become few: the highest stays the highest, and what was missing stays missing") {
  Series series{{}, seconds(1)};
  for (int i = 0; i < 1000; ++i) series.points.push_back({at(i), i >= 500 && i < 600 ? std::nullopt : std::optional<double>(i == 333 ? 99 : 1)});
  const Series top = thinned(series, 100, Combine::highest), mean = thinned(series, 100, Combine::mean);
  CHECK(top.points.size() == 100);
  CHECK(top.period == seconds(10));
  CHECK(highest(top) == 99);
  CHECK(highest(mean) == doctest::Approx(10.8));
  CHECK(stretches(top).size() == 2);
  CHECK_FALSE(top.points[50].value);
  CHECK(thinned(series, 1000, Combine::mean) == series);
}

TEST_CASE("an alarm's states follow from its marks, and before the first one nothing is drawn") {
  Run run;
  run.start = at(0);
  run.end = at(100);
  run.marks = {{at(10), Mark::Kind::alarm, 0, "high", "OK", ""}, {at(20), Mark::Kind::alarm, 0, "low", "ALARM", ""}, {at(50), Mark::Kind::alarm, 0, "high", "ALARM", ""}};
  const auto lanes = alarm_lanes(run);
  REQUIRE(lanes.size() == 2);
  CHECK(lanes[0].name == "high");
  REQUIRE(lanes[0].spans.size() == 2);
  CHECK(lanes[0].spans[0].from == at(10));
  CHECK(lanes[0].spans[0].to == at(50));
  CHECK(lanes[0].spans[1].to == at(100));
  CHECK(lanes[1].spans[0].state == "ALARM");
}

TEST_CASE("badges never overlap, and their sums are the marks'") {
  std::vector<Placed> marks;
  for (int i = 0; i < 200; ++i) marks.push_back({100 + (i * i) % 997 * 1.0, i % 3 == 0 ? -1 : 2});
  std::sort(marks.begin(), marks.end(), [](const Placed& a, const Placed& b) { return a.x < b.x; });
  int came = 0, went = 0;
  for (const Placed& mark : marks) (mark.change > 0 ? came : went) += std::abs(mark.change);
  const auto made = badges(marks, BadgeText::changes, 11);
  CHECK(made.size() > 3);
  for (std::size_t i = 0; i < made.size(); ++i) {
    came -= made[i].came;
    went -= made[i].went;
    CHECK(made[i].width >= text_width(made[i].text, 11));
    if (i > 0) CHECK(made[i - 1].x + made[i - 1].width / 2 < made[i].x - made[i].width / 2);
  }
  CHECK(came == 0);
  CHECK(went == 0);
}

TEST_CASE("a badge says what came and what went, or its numbers") {
  const std::vector<Placed> marks{{100, 2}, {101, -1}, {300, -3}};
  const auto changes = badges(marks, BadgeText::changes, 11);
  REQUIRE(changes.size() == 2);
  CHECK(changes[0].text == "+2 −1");
  CHECK(changes[1].text == "−3");
  const auto numbers = badges(marks, BadgeText::numbers, 11);
  CHECK(numbers[0].text == "1–2");
  CHECK(numbers[1].text == "3");
}

TEST_CASE("text is escaped for XML, and what XML cannot hold becomes a question mark") {
  CHECK(escape("a<b>&\"'") == "a&lt;b&gt;&amp;&quot;&#39;");
  CHECK(escape("é–…") == "é–…");
  CHECK(escape(std::string("\x01 \xff \xc3 \x7f \xed\xa0\x80", 11)) == "? ? ? ? ???");
  CHECK(fitted("TargetTracking-service/cluster/http-api-AlarmHigh", 10, 100).size() < 22);
  CHECK(fitted("TargetTracking-service/cluster/http-api-AlarmHigh", 10, 150).ends_with("-AlarmHigh"));
  CHECK(fitted("short", 10, 100) == "short");
}
