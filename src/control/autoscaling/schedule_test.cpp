#include "control/autoscaling/schedule.h"

#include <doctest/doctest.h>

using control::due_schedule;
using control::next_occurrence;
using control::parse_recurrence;
using control::parse_schedule;

namespace {

Instant at(int year, int month, int day, int hour = 0, int minute = 0) {
  return instant_from_ms((days_from_civil(year, month, day) * 86'400 + hour * 3600 + minute * 60) * 1000);
}

/// In summer an hour ahead, from the last Sundays of March to those of October, 2026.
TimeZone berlin() {
  TimeZone zone;
  zone.first_offset = 3600;
  zone.transitions = {{to_ms(at(2026, 3, 29, 1)) / 1000, 7200}, {to_ms(at(2026, 10, 25, 1)) / 1000, 3600}};
  return zone;
}

std::string next(const std::string& text, Instant after, const TimeZone& zone = TimeZone::utc()) {
  const auto schedule = text.find('(') == std::string::npos ? parse_recurrence(text) : parse_schedule(text);
  REQUIRE_MESSAGE(schedule, text);
  const Instant found = next_occurrence(*schedule, zone, after, after, Pace{});
  return found == kNever ? "never" : to_iso8601(found).substr(0, 16);
}

const Instant kNow = at(2026, 11, 25, 10);  // a Wednesday

}  // namespace

TEST_CASE("Schedule_AtIsOnce_InItsZone") {
  CHECK(next("at(2026-12-24T18:00:00)", kNow) == "2026-12-24T18:00");
  CHECK(next("at(2026-11-25T10:00:00)", kNow) == "never");
  CHECK(next("at(2026-07-24T18:00:00)", at(2026, 7, 1), berlin()) == "2026-07-24T16:00");
}

TEST_CASE("Schedule_CronFieldsWithRangesListsStepsAndNames") {
  CHECK(next("cron(0 8 * * ? *)", kNow) == "2026-11-26T08:00");
  CHECK(next("cron(0/15 10-11 * * ? *)", kNow) == "2026-11-25T10:15");
  CHECK(next("cron(5,35 * * * ? *)", kNow) == "2026-11-25T10:05");
  CHECK(next("cron(0 8 ? * MON-FRI *)", at(2026, 11, 27, 9)) == "2026-11-30T08:00");
  CHECK(next("cron(0 8 ? * 2-6 *)", at(2026, 11, 27, 9)) == "2026-11-30T08:00");  // 1 is Sunday
  CHECK(next("cron(0 8 ? * SAT-MON *)", kNow) == "2026-11-28T08:00");
  CHECK(next("cron(0 0 1 JAN ? 2028)", kNow) == "2028-01-01T00:00");
  CHECK(next("cron(0 0 29 2 ? *)", kNow) == "2028-02-29T00:00");
  CHECK(next("cron(0 0 1 1 ? 2020)", kNow) == "never");
  CHECK(next("cron(0 0 31 2 ? *)", kNow) == "never");
}

TEST_CASE("Schedule_CronLastNearestAndNthDays") {
  CHECK(next("cron(0 0 L * ? *)", kNow) == "2026-11-30T00:00");
  CHECK(next("cron(0 0 L 2 ? *)", kNow) == "2027-02-28T00:00");
  CHECK(next("cron(0 0 1W * ? *)", at(2026, 7, 30)) == "2026-08-03T00:00");   // 1 August is a Saturday
  CHECK(next("cron(0 0 31W * ? *)", at(2026, 10, 1)) == "2026-10-30T00:00");  // 31 October is a Saturday
  CHECK(next("cron(0 0 ? * 6L *)", kNow) == "2026-11-27T00:00");              // the last Friday
  CHECK(next("cron(0 0 ? * 3#2 *)", kNow) == "2026-12-08T00:00");             // the second Tuesday
}

TEST_CASE("Schedule_CronFollowsItsZoneThroughSummerTime") {
  CHECK(next("cron(0 8 * * ? *)", at(2026, 3, 28, 10), berlin()) == "2026-03-29T06:00");
  CHECK(next("cron(0 8 * * ? *)", at(2026, 10, 24, 10), berlin()) == "2026-10-25T07:00");
  CHECK(next("cron(30 2 29 3 ? *)", at(2026, 3, 1), berlin()) == "2026-03-29T01:30");   // clocks skip 2:30: at 3:30
  CHECK(next("cron(30 2 25 10 ? *)", at(2026, 10, 1), berlin()) == "2026-10-25T00:30");  // twice on clocks: once here
  CHECK(next("cron(30 2 25 10 ? 2026)", at(2026, 10, 25, 1), berlin()) == "never");
}

TEST_CASE("Schedule_RateCountsFromItsStart_AndTimeScaleDividesIt") {
  const auto schedule = parse_schedule("rate(10 minutes)");
  REQUIRE(schedule);
  const Instant start = at(2026, 11, 25, 9, 3);
  CHECK(next_occurrence(*schedule, TimeZone::utc(), start, kNow, Pace{}) == at(2026, 11, 25, 10, 3));
  CHECK(next_occurrence(*schedule, TimeZone::utc(), start, at(2026, 11, 25, 10, 3), Pace{}) == at(2026, 11, 25, 10, 13));
  CHECK(next_occurrence(*schedule, TimeZone::utc(), start, start - minutes(5), Pace{}) == start);
  CHECK(next_occurrence(*schedule, TimeZone::utc(), start, start, Pace{10}) == start + minutes(1));
}

TEST_CASE("Schedule_UnreadableTextsAreRefused") {
  for (const char* text :
       {"", "at()", "at(2026-13-01T00:00:00)", "at(2026-04-31T00:00:00)", "at(2026-11-25)", "rate(5 minute)", "rate(1 hours)",
        "rate(0 minutes)", "rate(5 weeks)", "rate(5)", "cron(0 8 * * * *)", "cron(0 8 ? * ? *)", "cron(60 8 * * ? *)",
        "cron(0 8 * * ?)", "cron(0 8 0 * ? *)", "cron(0 8 ? * 8 *)", "cron(0 8 ? * MON#6 *)", "cron(a b c d e f)", "every day",
        "cron(0 8 * * ? *", "cron(*/0 * * * ? *)", "cron(0 8 * * ? 1969)"}) {
    CHECK_MESSAGE(!parse_schedule(text), text);
  }
  for (const char* text : {"", "* * * *", "* * * * * *", "60 * * * *", "* * * * 8", "? * * * *", "@daily"}) {
    CHECK_MESSAGE(!parse_recurrence(text), text);
  }
}

TEST_CASE("Recurrence_FiveFieldsCountWeekdaysFromSundayZero") {
  CHECK(next("0 8 * * 1-5", at(2026, 11, 27, 9)) == "2026-11-30T08:00");
  CHECK(next("0 8 * * 0", kNow) == "2026-11-29T08:00");
  CHECK(next("0 8 * * 7", kNow) == "2026-11-29T08:00");
  CHECK(next("30 0 1 1,6,12 *", kNow) == "2026-12-01T00:30");
  CHECK(next("*/20 * * * *", kNow) == "2026-11-25T10:20");
}

TEST_CASE("Recurrence_BothDayFieldsGiven_EitherMatches") {
  CHECK(next("0 0 1 * 5", kNow) == "2026-11-27T00:00");              // Friday before the 1st
  CHECK(next("0 0 1 * 5", at(2026, 11, 27, 1)) == "2026-12-01T00:00");  // the 1st before Friday
}

TEST_CASE("Schedule_DueOnce_HoweverManyWereMissed") {
  model::ScheduledAction action;
  action.schedule = "cron(0 * * * ? *)";
  action.created_at = at(2026, 11, 25, 6, 30);
  auto due = due_schedule(action, TimeZone::utc(), kNow, Pace{});  // as after an engine that was down for hours
  REQUIRE(due.at);
  CHECK(due.next == at(2026, 11, 25, 11));
  action.last_run = kNow;
  due = due_schedule(action, TimeZone::utc(), kNow, Pace{});
  CHECK_FALSE(due.at);
  CHECK(due.next == at(2026, 11, 25, 11));
}

TEST_CASE("Schedule_StartAndEndBoundIt") {
  model::ScheduledAction action;
  action.schedule = "cron(0 12 * * ? *)";
  action.created_at = kNow;
  action.start = at(2026, 11, 28);
  action.end = at(2026, 11, 29, 12);
  CHECK(due_schedule(action, TimeZone::utc(), kNow, Pace{}).next == at(2026, 11, 28, 12));
  action.last_run = at(2026, 11, 28, 12);
  CHECK(due_schedule(action, TimeZone::utc(), at(2026, 11, 28, 13), Pace{}).next == at(2026, 11, 29, 12));
  action.last_run = at(2026, 11, 29, 12);
  CHECK(due_schedule(action, TimeZone::utc(), at(2026, 11, 29, 13), Pace{}).next == kNever);
}

TEST_CASE("Schedule_RateBeginsAtItsStart") {
  model::ScheduledAction action;
  action.schedule = "rate(1 hour)";
  action.created_at = kNow;
  action.start = kNow + minutes(30);
  CHECK(due_schedule(action, TimeZone::utc(), kNow, Pace{}).next == kNow + minutes(30));
  CHECK(due_schedule(action, TimeZone::utc(), kNow + minutes(30), Pace{}).at == kNow + minutes(30));
}

TEST_CASE("Schedule_OfAGroupWithoutRecurrenceRunsAtItsStart") {
  model::ScheduledAction action;
  action.group = "asg";
  action.created_at = kNow;
  action.start = kNow + hours(1);
  CHECK(due_schedule(action, TimeZone::utc(), kNow, Pace{}).next == kNow + hours(1));
  CHECK(due_schedule(action, TimeZone::utc(), kNow + hours(2), Pace{}).at == kNow + hours(1));
  action.last_run = kNow + hours(2);
  CHECK_FALSE(due_schedule(action, TimeZone::utc(), kNow + hours(2), Pace{}).at);
}
