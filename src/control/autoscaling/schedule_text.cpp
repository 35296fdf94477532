// Reading of at(), rate(), cron() and recurrences.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <vector>

#include "control/autoscaling/schedule.h"

namespace control {

namespace {

using Names = std::vector<std::string_view>;
const Names kMonths{"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
const Names kWeekdays{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"};

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(separator, begin), text.size());
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

std::vector<std::string_view> words(std::string_view text) {
  std::vector<std::string_view> parts = split(text, ' ');
  std::erase_if(parts, [](std::string_view part) { return part.empty(); });
  return parts;
}

std::optional<int> whole_number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

/// One field: what its numbers are, and the bit that each sets.
struct Field {
  int low, high;
  const Names* names = nullptr;
  int first_name = 0;  ///< the number of names[0]

  std::optional<int> value(std::string_view text) const {
    if (names) {
      std::string upper(text);
      std::ranges::transform(upper, upper.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
      const auto found = std::ranges::find(*names, upper);
      if (found != names->end()) return first_name + static_cast<int>(found - names->begin());
    }
    const auto number = whole_number(text);
    return number && *number >= low && *number <= high ? number : std::nullopt;
  }

  /// "*", "5", "1-5", "*/10", "0/15", "MON-FRI", and lists of them.
  template <class Set>
  bool read(std::string_view text, const Set& set) const {
    for (std::string_view part : split(text, ',')) {
      int step = 1;
      bool stepped = false;
      if (const std::size_t slash = part.find('/'); slash != std::string_view::npos) {
        const auto number = whole_number(part.substr(slash + 1));
        if (!number || *number == 0) return false;
        step = *number;
        stepped = true;
        part = part.substr(0, slash);
      }
      int begin = low, end = high;
      if (part != "*") {
        const std::size_t dash = part.find('-');
        const auto first = value(part.substr(0, dash));
        if (!first) return false;
        begin = *first;
        end = stepped ? high : *first;
        if (dash != std::string_view::npos) {
          const auto last = value(part.substr(dash + 1));
          if (!last) return false;
          end = *last;
        }
      }
      if (begin > end) {  // SAT-MON goes over the end of the week
        for (int i = begin; i <= high; i += step) set(i);
        begin = low;
      }
      for (int i = begin; i <= end; i += step) set(i);
    }
    return true;
  }
};

template <std::size_t N>
auto into(std::bitset<N>& bits, int minus = 0) {
  return [&bits, minus](int value) { bits.set(static_cast<std::size_t>(value - minus)); };
}

bool read_month_days(std::string_view text, CronFields& cron) {
  if (text == "?") return true;
  if (text == "L") return cron.last_day = true;
  if (text.ends_with('W')) {
    cron.nearest_weekday = Field{1, 31}.value(text.substr(0, text.size() - 1));
    return cron.nearest_weekday.has_value();
  }
  return Field{1, 31}.read(text, into(cron.days));
}

/// AWS's weekdays: 1 Sunday .. 7 Saturday.
bool read_weekdays(std::string_view text, CronFields& cron) {
  if (text == "?") return true;
  const Field field{1, 7, &kWeekdays, 1};
  if (const std::size_t hash = text.find('#'); hash != std::string_view::npos) {
    const auto day = field.value(text.substr(0, hash)), nth = Field{1, 5}.value(text.substr(hash + 1));
    if (!day || !nth) return false;
    cron.nth_weekday = {*day - 1, *nth};
    return true;
  }
  if (text.size() > 1 && text.ends_with('L')) {
    const auto day = field.value(text.substr(0, text.size() - 1));
    if (day) cron.last_weekday = *day - 1;
    return day.has_value();
  }
  if (text == "L") text = "7";
  return field.read(text, into(cron.weekdays, 1));
}

bool read_six_fields(std::string_view text, CronFields& cron) {
  const auto fields = words(text);
  if (fields.size() != 6 || (fields[2] == "?") == (fields[4] == "?")) return false;
  if (!Field{0, 59}.read(fields[0], into(cron.minutes)) || !Field{0, 23}.read(fields[1], into(cron.hours)) ||
      !read_month_days(fields[2], cron) || !Field{1, 12, &kMonths, 1}.read(fields[3], into(cron.months)) ||
      !read_weekdays(fields[4], cron) ||
      !Field{CronFields::kFirstYear, CronFields::kLastYear}.read(fields[5], into(cron.years, CronFields::kFirstYear))) {
    return false;
  }
  // The field that is not given matches every day.
  if (fields[2] == "?") cron.days.set();
  if (fields[4] == "?") cron.weekdays.set();
  return true;
}

std::optional<Duration> read_rate(std::string_view text) {
  const auto parts = words(text);
  if (parts.size() != 2) return std::nullopt;
  const auto count = whole_number(parts[0]);
  if (!count || *count == 0) return std::nullopt;
  const std::string_view unit = parts[1];
  // AWS wants "1 minute" and "5 minutes"; the other way round it refuses.
  if ((*count == 1) == unit.ends_with('s')) return std::nullopt;
  if (unit.starts_with("minute")) return minutes(*count);
  if (unit.starts_with("hour")) return hours(*count);
  if (unit.starts_with("day")) return hours(24) * *count;
  return std::nullopt;
}

/// "2026-11-25T10:00:00"
std::optional<std::int64_t> read_local_time(std::string_view text) {
  if (text.size() != 19 || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':') {
    return std::nullopt;
  }
  const auto year = whole_number(text.substr(0, 4)), month = Field{1, 12}.value(text.substr(5, 2)),
             day = Field{1, 31}.value(text.substr(8, 2)), hour = Field{0, 23}.value(text.substr(11, 2)),
             minute = Field{0, 59}.value(text.substr(14, 2)), second = Field{0, 59}.value(text.substr(17, 2));
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  const std::int64_t days = days_from_civil(*year, *month, *day);
  if (civil_from_days(days).day != *day) return std::nullopt;  // 31 April
  return days * 86'400 + *hour * 3600 + *minute * 60 + *second;
}

/// The text within "name(…)".
std::optional<std::string_view> inside(std::string_view text, std::string_view name) {
  if (!text.starts_with(name) || !text.ends_with(')')) return std::nullopt;
  text = text.substr(name.size());
  if (!text.starts_with('(')) return std::nullopt;
  return text.substr(1, text.size() - 2);
}

}  // namespace

Result<Schedule> parse_schedule(std::string_view text) {
  Schedule schedule;
  if (const auto at = inside(text, "at")) {
    schedule.kind = Schedule::Kind::at;
    if (const auto time = read_local_time(*at)) {
      schedule.at_local = *time;
      return schedule;
    }
  } else if (const auto rate = inside(text, "rate")) {
    schedule.kind = Schedule::Kind::rate;
    if (const auto step = read_rate(*rate)) {
      schedule.rate = *step;
      return schedule;
    }
  } else if (const auto cron = inside(text, "cron")) {
    schedule.kind = Schedule::Kind::cron;
    if (read_six_fields(*cron, schedule.cron)) return schedule;
  }
  return fail("ValidationException",
              fmt::format("Invalid schedule expression '{}'. Use at(yyyy-mm-ddThh:mm:ss), rate(value unit) or cron(minutes "
                          "hours day-of-month month day-of-week year), with ? in one of the two day fields.",
                          text));
}

Result<Schedule> parse_recurrence(std::string_view text) {
  Schedule schedule;
  schedule.kind = Schedule::Kind::cron;
  CronFields& cron = schedule.cron;
  const auto fields = words(text);
  const auto weekday = [&cron](int day) { cron.weekdays.set(static_cast<std::size_t>(day % 7)); };
  if (fields.size() == 5 && Field{0, 59}.read(fields[0], into(cron.minutes)) &&
      Field{0, 23}.read(fields[1], into(cron.hours)) && Field{1, 31}.read(fields[2], into(cron.days)) &&
      Field{1, 12, &kMonths, 1}.read(fields[3], into(cron.months)) &&
      Field{0, 7, &kWeekdays, 0}.read(fields[4], weekday)) {
    cron.years.set();
    cron.either_day = !fields[2].starts_with('*') && !fields[4].starts_with('*');
    return schedule;
  }
  return fail("ValidationError",
              fmt::format("Invalid recurrence '{}'. Use five fields of Unix cron: minute hour day-of-month month "
                          "day-of-week.",
                          text));
}

}  // namespace control
