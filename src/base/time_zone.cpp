#include "base/time_zone.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <iterator>
#include <optional>

namespace {

constexpr std::int64_t kDay = 86'400;
constexpr int kLastYear = 2100;  // recurring rules are spelled out until then

/// Big-endian reader over a TZif file. Reading past the end makes it fail, and stay so.
class Bytes {
 public:
  explicit Bytes(std::string_view text) : text_(text) {}
  std::int64_t number(std::size_t width) {
    if (!has(width)) return 0;
    std::uint64_t value = (static_cast<unsigned char>(text_[at_]) & 0x80) != 0 ? ~std::uint64_t{0} : 0;
    for (std::size_t i = 0; i < width; ++i) value = (value << 8) | static_cast<unsigned char>(text_[at_ + i]);
    at_ += width;
    return static_cast<std::int64_t>(value);
  }
  void skip(std::size_t bytes) {
    if (has(bytes)) at_ += bytes;
  }
  std::string_view rest() const { return text_.substr(at_); }
  bool failed() const { return failed_; }

 private:
  bool has(std::size_t bytes) {
    if (failed_ || bytes > text_.size() - at_) failed_ = true;
    return !failed_;
  }
  std::string_view text_;
  std::size_t at_ = 0;
  bool failed_ = false;
};

struct Header {
  std::size_t ut_count, std_count, leap_count, time_count, type_count, char_count;
  std::size_t body_size(std::size_t time_width) const {
    return time_count * (time_width + 1) + type_count * 6 + char_count + leap_count * (time_width + 4) + std_count +
           ut_count;
  }
};

std::optional<Header> read_header(Bytes& bytes) {
  if (!bytes.rest().starts_with("TZif") || bytes.rest().size() < 44) return std::nullopt;
  bytes.skip(20);
  Header header{};
  for (std::size_t* count : {&header.ut_count, &header.std_count, &header.leap_count, &header.time_count,
                             &header.type_count, &header.char_count}) {
    const std::int64_t value = bytes.number(4);
    if (value < 0 || value > 1'000'000) return std::nullopt;
    *count = static_cast<std::size_t>(value);
  }
  return header;
}

/// The rule for the time after the last transition: "EST5EDT,M3.2.0,M11.1.0" (POSIX TZ, with RFC 8536's extensions).
class PosixRule {
 public:
  explicit PosixRule(std::string_view text) : rest_(text) {
    skip_name();
    standard_ = -offset();
    if (rest_.empty()) return;
    skip_name();
    summer_ = standard_ + 3600;
    if (!rest_.empty() && rest_.front() != ',') summer_ = -offset();
    if (rest_.empty()) return;
    begin_ = date();
    end_ = date();
    has_summer_ = true;
  }

  void append_years(std::vector<TimeZone::Transition>& transitions) const {
    if (!has_summer_) return;
    const std::int64_t after = transitions.empty() ? 0 : transitions.back().at;
    const int first = civil_from_days(after >= 0 ? after / kDay : 0).year;
    std::vector<TimeZone::Transition> added;
    for (int year = first; year <= kLastYear; ++year) {
      added.push_back({at(begin_, year) - standard_, summer_});
      added.push_back({at(end_, year) - summer_, standard_});
    }
    std::ranges::sort(added, {}, &TimeZone::Transition::at);
    for (const TimeZone::Transition& one : added) {
      if (transitions.empty() || one.at > after) transitions.push_back(one);
    }
  }
  int standard() const { return standard_; }

 private:
  struct Date {
    char form = 'M';  ///< M: month, week, day of the week; J: day 1..365 without 29 February; D: day 0..365
    int month = 1, week = 1, day = 0;
    int seconds = 7200;
  };

  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  int number() {
    int value = 0;
    while (!rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9' && value < 100'000) {
      value = value * 10 + (rest_.front() - '0');
      rest_.remove_prefix(1);
    }
    return value;
  }
  int offset() {
    const int sign = take('-') ? -1 : 1;
    if (sign > 0) take('+');
    int seconds = number() * 3600;
    if (take(':')) seconds += number() * 60;
    if (take(':')) seconds += number();
    return sign * seconds;
  }
  void skip_name() {
    if (take('<')) {
      while (!rest_.empty() && !take('>')) rest_.remove_prefix(1);
      return;
    }
    while (!rest_.empty() && ((rest_.front() | 0x20) >= 'a' && (rest_.front() | 0x20) <= 'z')) rest_.remove_prefix(1);
  }
  Date date() {
    Date date;
    take(',');
    if (take('M')) {
      date.month = std::clamp(number(), 1, 12);
      take('.');
      date.week = number();
      take('.');
      date.day = number();
    } else {
      date.form = take('J') ? 'J' : 'D';
      date.day = number();
    }
    if (take('/')) date.seconds = offset();
    return date;
  }

  /// Local seconds of that date in a year.
  static std::int64_t at(const Date& date, int year) {
    std::int64_t days = 0;
    if (date.form == 'M') {
      const std::int64_t first = days_from_civil(year, date.month, 1);
      days = first + (date.day - weekday_of(first) + 7) % 7 + (date.week - 1) * 7;
      const std::int64_t next_month =
          date.month == 12 ? days_from_civil(year + 1, 1, 1) : days_from_civil(year, date.month + 1, 1);
      while (days >= next_month) days -= 7;  // week 5: the last one
    } else {
      days = days_from_civil(year, 1, 1) + date.day - (date.form == 'J' ? 1 : 0);
      const bool leap = days_from_civil(year, 3, 1) - days_from_civil(year, 2, 1) == 29;
      if (date.form == 'J' && leap && date.day >= 60) ++days;
    }
    return days * kDay + date.seconds;
  }

  std::string_view rest_;
  int standard_ = 0, summer_ = 0;
  bool has_summer_ = false;
  Date begin_, end_;
};

}  // namespace

int TimeZone::offset_at(std::int64_t utc_seconds) const {
  const auto after = std::ranges::upper_bound(transitions, utc_seconds, {}, &Transition::at);
  return after == transitions.begin() ? first_offset : std::prev(after)->offset;
}

Instant TimeZone::instant_of(std::int64_t local_seconds) const {
  const int before = offset_at(local_seconds - kDay), after = offset_at(local_seconds + kDay);
  std::int64_t utc = local_seconds - before;
  if (before != after && offset_at(utc) != before && offset_at(local_seconds - after) == after) {
    utc = local_seconds - after;
  }
  return instant_from_ms(utc * 1000);
}

Result<TimeZone> parse_time_zone(std::string_view tzif) {
  const auto corrupt = [] { return fail("InvalidTimeZone", "not a TZif file"); };
  Bytes bytes(tzif);
  const bool wide = tzif.size() > 4 && tzif[4] >= '2';
  auto header = read_header(bytes);
  if (!header) return corrupt();
  if (wide) {  // the first body has 32-bit times; the second one is complete
    bytes.skip(header->body_size(4));
    header = read_header(bytes);
    if (!header) return corrupt();
  }
  const std::size_t width = wide ? 8 : 4;
  std::vector<std::int64_t> times(header->time_count);
  std::vector<std::size_t> kinds(header->time_count);
  for (auto& time : times) time = bytes.number(width);
  for (auto& kind : kinds) kind = static_cast<std::size_t>(bytes.number(1) & 0xff);
  std::vector<int> offsets(header->type_count);
  for (auto& offset : offsets) {
    offset = static_cast<int>(bytes.number(4));
    bytes.skip(2);
  }
  bytes.skip(header->char_count + header->leap_count * (width + 4) + header->std_count + header->ut_count);
  if (bytes.failed() || offsets.empty()) return corrupt();
  TimeZone zone;
  zone.first_offset = offsets.front();
  for (std::size_t i = 0; i < times.size(); ++i) {
    if (kinds[i] >= offsets.size() || (i > 0 && times[i] <= times[i - 1])) return corrupt();
    zone.transitions.push_back({times[i], offsets[kinds[i]]});
  }
  std::string_view footer = bytes.rest();
  if (wide && footer.starts_with("\n")) {
    footer.remove_prefix(1);
    footer = footer.substr(0, footer.find('\n'));
    if (!footer.empty()) {
      const PosixRule rule(footer);
      rule.append_years(zone.transitions);
      if (zone.transitions.empty()) zone.first_offset = rule.standard();
    }
  }
  return zone;
}

Result<TimeZone> load_time_zone(const std::string& name) {
  if (name.empty() || name == "UTC" || name == "Etc/UTC" || name == "GMT") return TimeZone::utc();
  const bool plain = std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' || c == '_' ||
           c == '-' || c == '+';
  });
  const auto unknown = [&] {
    return fail("InvalidTimeZone", "The time zone " + name + " is not in this system's time zone database (tzdata).");
  };
  if (!plain || name.front() == '/' || name.find("//") != std::string::npos) return unknown();
  std::ifstream file("/usr/share/zoneinfo/" + name, std::ios::binary);
  if (!file) return unknown();
  std::ostringstream content;
  content << file.rdbuf();  // nothing where the name is a directory's ("America"); an iterator would throw
  auto zone = parse_time_zone(content.str());
  if (!zone) return unknown();
  return zone;
}

std::int64_t days_from_civil(int year, int month, int day) {
  year -= month <= 2 ? 1 : 0;
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146'097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719'468;
}

CivilDate civil_from_days(std::int64_t days) {
  // By search: schedules call this once a day they look at, and an exact inverse needs no second formula.
  int year = static_cast<int>(1970 + days / 366);
  while (days_from_civil(year + 1, 1, 1) <= days) ++year;
  while (days_from_civil(year, 1, 1) > days) --year;
  int month = 1;
  while (month < 12 && days_from_civil(year, month + 1, 1) <= days) ++month;
  return {year, month, static_cast<int>(days - days_from_civil(year, month, 1)) + 1};
}

int weekday_of(std::int64_t days) { return static_cast<int>(((days + 4) % 7 + 7) % 7); }
