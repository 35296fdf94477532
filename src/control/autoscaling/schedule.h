// When a scheduled action runs: at(), rate() and cron() of Application Auto Scaling, and the five-field recurrence of EC2
// Auto Scaling. Pure: the time zone's rules are given.
//
// at() and cron() name times of day, which --time-scale leaves alone; rate() is a duration, which it divides.
#pragma once

#include <array>
#include <bitset>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "base/time_zone.h"
#include "model/scaling.h"

namespace control {

struct CronFields {
  static constexpr int kFirstYear = 1970, kLastYear = 2199;
  std::bitset<60> minutes;
  std::bitset<24> hours;
  std::bitset<32> days;      ///< of the month, 1..31
  std::bitset<13> months;    ///< 1..12
  std::bitset<8> weekdays;   ///< 0 Sunday .. 6
  std::bitset<kLastYear - kFirstYear + 1> years;
  bool last_day = false;                  ///< L in days: the month's last
  std::optional<int> nearest_weekday;     ///< nW: the Monday to Friday nearest to day n
  std::optional<int> last_weekday;        ///< nL: the month's last such weekday
  std::optional<std::pair<int, int>> nth_weekday;  ///< d#n: the month's n-th weekday d
  /// Both day fields are restricted and either may match: Unix cron's rule. AWS's six fields have a ? in one of them.
  bool either_day = false;
};

struct Schedule {
  enum class Kind { at, rate, cron };
  Kind kind = Kind::at;
  std::int64_t at_local = 0;  ///< at(): seconds as if local time were UTC
  Duration rate{};
  CronFields cron;
};

/// "at(2026-11-25T10:00:00)", "rate(5 minutes)", "cron(0 8 ? * MON-FRI *)".
Result<Schedule> parse_schedule(std::string_view text);
/// "0 8 * * 1-5": EC2 Auto Scaling's Recurrence. Weekdays count from Sunday = 0; 7 is Sunday too.
Result<Schedule> parse_recurrence(std::string_view text);

/// The first occurrence after `after`; rate() counts from `anchor`. kNever: none.
Instant next_occurrence(const Schedule& schedule, const TimeZone& zone, Instant anchor, Instant after, Pace pace);

struct DueSchedule {
  std::optional<Instant> at;  ///< the occurrence to act upon now, once; however many were missed
  Instant next = kNever;      ///< the one after it
};
/// Within [start, end] of the action, and never one before it was made. Its `schedule` is of either form; empty: once,
/// at `start`. A node group's action that recurs runs at its start besides, as AWS has it.
DueSchedule due_schedule(const model::ScheduledAction& action, const TimeZone& zone, Instant now, Pace pace);

}  // namespace control
