#include "control/autoscaling/schedule.h"

#include <fmt/format.h>

#include <algorithm>

namespace control {

namespace {

constexpr std::int64_t kDay = 86'400;

bool month_day_matches(const CronFields& cron, const CivilDate& date, std::int64_t day) {
  if (cron.days.test(static_cast<std::size_t>(date.day))) return true;
  const std::int64_t first = day - date.day + 1;
  const std::int64_t next_month =
      date.month == 12 ? days_from_civil(date.year + 1, 1, 1) : days_from_civil(date.year, date.month + 1, 1);
  if (cron.last_day && day == next_month - 1) return true;
  if (cron.nearest_weekday) {
    std::int64_t nearest = std::min(first + *cron.nearest_weekday - 1, next_month - 1);
    const int weekday = weekday_of(nearest);  // stays within the month, as AWS's does
    if (weekday == 6) nearest += nearest == first ? 2 : -1;
    if (weekday == 0) nearest += nearest == next_month - 1 ? -2 : 1;
    if (day == nearest) return true;
  }
  return false;
}

bool weekday_matches(const CronFields& cron, const CivilDate& date, std::int64_t day) {
  const int weekday = weekday_of(day);
  if (cron.weekdays.test(static_cast<std::size_t>(weekday))) return true;
  const std::int64_t next_month =
      date.month == 12 ? days_from_civil(date.year + 1, 1, 1) : days_from_civil(date.year, date.month + 1, 1);
  if (cron.last_weekday && weekday == *cron.last_weekday && day + 7 >= next_month) return true;
  return cron.nth_weekday && weekday == cron.nth_weekday->first && (date.day - 1) / 7 + 1 == cron.nth_weekday->second;
}

bool day_matches(const CronFields& cron, const CivilDate& date, std::int64_t day) {
  if (!cron.months.test(static_cast<std::size_t>(date.month))) return false;
  if (!cron.years.test(static_cast<std::size_t>(date.year - CronFields::kFirstYear))) return false;
  const bool month_day = month_day_matches(cron, date, day), weekday = weekday_matches(cron, date, day);
  return cron.either_day ? month_day || weekday : month_day && weekday;
}

/// The first local time of that day whose instant is after `after`. Clocks that jump may put two out of order: the
/// earliest instant counts.
std::optional<Instant> first_of_day(const CronFields& cron, const TimeZone& zone, std::int64_t day, Instant after) {
  std::optional<Instant> first;
  for (std::size_t hour = 0; hour < cron.hours.size(); ++hour) {
    if (!cron.hours.test(hour)) continue;
    for (std::size_t minute = 0; minute < cron.minutes.size(); ++minute) {
      if (!cron.minutes.test(minute)) continue;
      const Instant at = zone.instant_of(day * kDay + static_cast<std::int64_t>(hour * 3600 + minute * 60));
      if (at > after && (!first || at < *first)) first = at;
    }
  }
  return first;
}

Instant next_of_cron(const CronFields& cron, const TimeZone& zone, Instant after) {
  const std::int64_t seconds = to_ms(after) / 1000;
  std::int64_t day = (seconds + zone.offset_at(seconds)) / kDay - 1;
  for (day = std::max<std::int64_t>(day, 0);; ++day) {
    const CivilDate date = civil_from_days(day);
    if (date.year > CronFields::kLastYear) return kNever;
    const bool month = cron.months.test(static_cast<std::size_t>(date.month)) &&
                       cron.years.test(static_cast<std::size_t>(date.year - CronFields::kFirstYear));
    if (!month) {  // to the day before the next month's first, which the loop steps onto
      day = (date.month == 12 ? days_from_civil(date.year + 1, 1, 1) : days_from_civil(date.year, date.month + 1, 1)) - 1;
      continue;
    }
    if (!day_matches(cron, date, day)) continue;
    if (const auto found = first_of_day(cron, zone, day, after)) return *found;
  }
}

}  // namespace

Instant next_occurrence(const Schedule& schedule, const TimeZone& zone, Instant anchor, Instant after, Pace pace) {
  switch (schedule.kind) {
    case Schedule::Kind::at: {
      const Instant at = zone.instant_of(schedule.at_local);
      return at > after ? at : kNever;
    }
    case Schedule::Kind::rate: {
      const Duration step = std::max(pace(schedule.rate), Duration(1));
      if (after < anchor) return anchor;
      return anchor + step * ((after - anchor) / step + 1);
    }
    case Schedule::Kind::cron:
      return next_of_cron(schedule.cron, zone, after);
  }
  return kNever;
}

DueSchedule due_schedule(const model::ScheduledAction& action, const TimeZone& zone, Instant now, Pace pace) {
  const bool of_group = !action.group.empty();
  const bool at_start = action.start && (!action.last_run || *action.last_run < *action.start);
  if (action.schedule.empty()) {  // a node group's action without a recurrence
    if (!at_start) return {};
    return *action.start <= now ? DueSchedule{action.start, kNever} : DueSchedule{std::nullopt, *action.start};
  }
  const auto schedule = of_group ? parse_recurrence(action.schedule) : parse_schedule(action.schedule);
  if (!schedule) return {};
  const Instant anchor = action.start.value_or(action.created_at);
  const auto next_after = [&](Instant after) {
    const Instant next = next_occurrence(*schedule, zone, anchor, after, pace);
    return action.end && next > *action.end ? kNever : next;
  };
  // Occurrences are those after this instant; one at the start itself counts. A group's action runs at its start besides.
  Instant after = action.last_run.value_or(action.created_at);
  if (action.start) after = std::max(after, *action.start - Duration(1));
  const Instant next = of_group && at_start ? *action.start : next_after(after);
  if (next > now) return {std::nullopt, next};
  return {next, next_after(now)};
}

}  // namespace control
