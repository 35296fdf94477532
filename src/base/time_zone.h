// A time zone's rules as data, read from the system's TZif files (RFC 8536). Schedules in local time need them; who
// decides is given a TimeZone and reads nothing itself.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

struct TimeZone {
  struct Transition {
    std::int64_t at = 0;  ///< seconds since the epoch
    int offset = 0;       ///< seconds east of UTC from then on
  };
  int first_offset = 0;  ///< before the first transition
  std::vector<Transition> transitions;  ///< ascending; recurring rules are spelled out for some decades

  static TimeZone utc() { return {}; }
  int offset_at(std::int64_t utc_seconds) const;
  /// The instant at which clocks there show this local time (counted as if it were UTC). Of two, the earlier one. A time
  /// that clocks skip: as much later as they skip.
  Instant instant_of(std::int64_t local_seconds) const;
};

/// "America/New_York", "UTC"…; a name that is not in the system's database (Debian: package tzdata) is an error.
Result<TimeZone> load_time_zone(const std::string& name);
/// The content of a TZif file.
Result<TimeZone> parse_time_zone(std::string_view tzif);

/// Days since 1970-01-01 of a date in the Gregorian calendar, and back.
std::int64_t days_from_civil(int year, int month, int day);
struct CivilDate {
  int year = 1970, month = 1, day = 1;
};
CivilDate civil_from_days(std::int64_t days);
/// 0: Sunday.
int weekday_of(std::int64_t days);
