#include "base/time_zone.h"

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>

namespace {

std::int64_t local(int year, int month, int day, int hour, int minute = 0) {
  return days_from_civil(year, month, day) * 86'400 + hour * 3600 + minute * 60;
}

/// A TZif file with no transitions but the rule in its footer, as slim files have them.
std::string slim(const std::string& footer) {
  std::string header("TZif2", 5);
  header.append(15, '\0');
  const auto counts = [](int types) {
    std::string text(24, '\0');
    text[19] = static_cast<char>(types);
    text[23] = 4;  // characters
    return text;
  };
  const std::string body = std::string(6, '\0') + std::string("UTC\0", 4);
  return header + counts(1) + body + header + counts(1) + body + "\n" + footer + "\n";
}

}  // namespace

TEST_CASE("CivilDates_GoThereAndBack") {
  CHECK(days_from_civil(1970, 1, 1) == 0);
  CHECK(days_from_civil(2026, 11, 25) == 20'782);
  for (std::int64_t day = -1000; day < 60'000; day += 13) {
    const CivilDate date = civil_from_days(day);
    CHECK(days_from_civil(date.year, date.month, date.day) == day);
  }
  CHECK(weekday_of(days_from_civil(2026, 11, 25)) == 3);
  CHECK(weekday_of(days_from_civil(1969, 12, 31)) == 3);
}

TEST_CASE("TimeZone_FooterRuleHoldsForYearsWithoutTransitions") {
  const auto zone = parse_time_zone(slim("EST5EDT,M3.2.0,M11.1.0"));
  REQUIRE(zone);
  CHECK(to_iso8601(zone->instant_of(local(2026, 1, 10, 8))) == "2026-01-10T13:00:00.000Z");
  CHECK(to_iso8601(zone->instant_of(local(2026, 7, 10, 8))) == "2026-07-10T12:00:00.000Z");
  CHECK(to_iso8601(zone->instant_of(local(2090, 7, 10, 8))) == "2090-07-10T12:00:00.000Z");
}

TEST_CASE("TimeZone_ASkippedTimeComesAsMuchLater_ARepeatedOneTheFirstTime") {
  const auto zone = parse_time_zone(slim("EST5EDT,M3.2.0,M11.1.0"));
  REQUIRE(zone);
  CHECK(to_iso8601(zone->instant_of(local(2026, 3, 8, 2, 30))) == "2026-03-08T07:30:00.000Z");  // 03:30 EDT
  CHECK(to_iso8601(zone->instant_of(local(2026, 11, 1, 1, 30))) == "2026-11-01T05:30:00.000Z");  // EDT
  CHECK(to_iso8601(zone->instant_of(local(2026, 11, 1, 2, 30))) == "2026-11-01T07:30:00.000Z");
}

TEST_CASE("TimeZone_SouthernAndFixedRules") {
  const auto sydney = parse_time_zone(slim("AEST-10AEDT,M10.1.0,M4.1.0/3"));
  REQUIRE(sydney);
  CHECK(to_iso8601(sydney->instant_of(local(2026, 1, 10, 8))) == "2026-01-09T21:00:00.000Z");
  CHECK(to_iso8601(sydney->instant_of(local(2026, 7, 10, 8))) == "2026-07-09T22:00:00.000Z");
  const auto india = parse_time_zone(slim("IST-5:30"));
  REQUIRE(india);
  CHECK(to_iso8601(india->instant_of(local(2026, 7, 10, 8))) == "2026-07-10T02:30:00.000Z");
  const auto signs = parse_time_zone(slim("<-03>3"));
  REQUIRE(signs);
  CHECK(signs->offset_at(0) == -3 * 3600);
}

TEST_CASE("TimeZone_OfTheSystem_AndUnknownNames") {
  CHECK(load_time_zone("UTC")->offset_at(0) == 0);
  CHECK(load_time_zone("")->transitions.empty());
  for (const char* name : {"Mars/Olympus", "../../etc/passwd", "/etc/passwd", "zone.tab", "Europe", "America", "Europe/Berlin\n"}) {
    CHECK_FALSE(load_time_zone(name));
  }
  if (!std::ifstream("/usr/share/zoneinfo/Europe/Berlin")) return;  // a system without tzdata knows UTC only
  const auto berlin = load_time_zone("Europe/Berlin");
  REQUIRE(berlin);
  CHECK(to_iso8601(berlin->instant_of(local(2026, 11, 25, 9))) == "2026-11-25T08:00:00.000Z");
  CHECK(to_iso8601(berlin->instant_of(local(2026, 6, 25, 9))) == "2026-06-25T07:00:00.000Z");
  CHECK(to_iso8601(berlin->instant_of(local(2060, 6, 25, 9))) == "2060-06-25T07:00:00.000Z");
}

TEST_CASE("TimeZone_DamagedFilesAreErrors") {
  const std::string whole = slim("EST5EDT,M3.2.0,M11.1.0");
  for (std::size_t length = 0; length < 108; ++length) CHECK_FALSE(parse_time_zone(whole.substr(0, length)));
}
