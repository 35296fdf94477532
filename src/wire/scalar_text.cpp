#include "wire/scalar_text.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstring>
#include <limits>

namespace wire {
namespace {

using std::chrono::sys_days;

constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
// The years 1 to 9999: what the text forms can say.
constexpr std::int64_t kMinMs = -62'135'596'800'000, kMaxMs = 253'402'300'799'999;

struct Calendar {
  int year;
  unsigned month, day, weekday;
  unsigned hour, minute, second, millisecond;
};

Calendar calendar(std::int64_t ms) {
  ms = std::min(std::max(ms, kMinMs), kMaxMs);
  const std::chrono::sys_time<std::chrono::milliseconds> at{std::chrono::milliseconds(ms)};
  const auto days = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date(days);
  const auto rest = static_cast<unsigned>((at - days).count());
  return {static_cast<int>(date.year()), static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
          std::chrono::weekday(days).c_encoding(), rest / 3'600'000, rest / 60'000 % 60, rest / 1000 % 60, rest % 1000};
}

/// Reads exactly `digits` digits.
bool take_digits(std::string_view& text, std::size_t digits, unsigned& value) {
  if (text.size() < digits) return false;
  value = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    if (text[i] < '0' || text[i] > '9') return false;
    value = value * 10 + static_cast<unsigned>(text[i] - '0');
  }
  text.remove_prefix(digits);
  return true;
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<std::int64_t> to_ms(unsigned year, unsigned month, unsigned day, unsigned hour, unsigned minute, unsigned second) {
  const std::chrono::year_month_day date(std::chrono::year(static_cast<int>(year)), std::chrono::month(month),
                                         std::chrono::day(day));
  if (!date.ok() || year < 1 || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  const std::int64_t days = sys_days(date).time_since_epoch().count();
  return ((days * 24 + hour) * 60 + minute) * 60'000 + second * 1000;
}

std::optional<std::int64_t> parse_iso8601(std::string_view text) {
  unsigned year, month, day, hour = 0, minute = 0, second = 0, millisecond = 0;
  if (!take_digits(text, 4, year) || !take(text, '-') || !take_digits(text, 2, month) || !take(text, '-') ||
      !take_digits(text, 2, day))
    return std::nullopt;
  std::int64_t offset_minutes = 0;
  if (!text.empty()) {
    if (!take(text, 'T') && !take(text, 't') && !take(text, ' ')) return std::nullopt;
    if (!take_digits(text, 2, hour) || !take(text, ':') || !take_digits(text, 2, minute)) return std::nullopt;
    if (take(text, ':') && !take_digits(text, 2, second)) return std::nullopt;
    if (take(text, '.')) {
      unsigned scale = 100;
      bool any = false;
      while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
        millisecond += static_cast<unsigned>(text.front() - '0') * scale;
        scale /= 10;
        any = true;
        text.remove_prefix(1);
      }
      if (!any) return std::nullopt;
    }
    if (!text.empty() && (text.front() == '+' || text.front() == '-')) {
      const bool east = text.front() == '+';
      text.remove_prefix(1);
      unsigned hours, minutes;
      if (!take_digits(text, 2, hours)) return std::nullopt;
      take(text, ':');
      if (!take_digits(text, 2, minutes) || hours > 23 || minutes > 59) return std::nullopt;
      offset_minutes = (east ? 1 : -1) * static_cast<std::int64_t>(hours * 60 + minutes);
    } else if (!text.empty() && !take(text, 'Z') && !take(text, 'z')) {
      return std::nullopt;
    }
    if (!text.empty()) return std::nullopt;
  }
  const auto ms = to_ms(year, month, day, hour, minute, second);
  if (!ms) return std::nullopt;
  return *ms + millisecond - offset_minutes * 60'000;
}

std::optional<std::int64_t> parse_rfc822(std::string_view text) {
  if (const auto comma = text.find(", "); comma != text.npos) text.remove_prefix(comma + 2);
  unsigned day, year, hour, minute, second;
  if (!take_digits(text, 2, day) || !take(text, ' ') || text.size() < 4) return std::nullopt;
  unsigned month = 0;
  while (month < 12 && kMonths[month] != text.substr(0, 3)) ++month;
  text.remove_prefix(3);
  if (month == 12 || !take(text, ' ') || !take_digits(text, 4, year) || !take(text, ' ') || !take_digits(text, 2, hour) ||
      !take(text, ':') || !take_digits(text, 2, minute) || !take(text, ':') || !take_digits(text, 2, second) ||
      (text != " GMT" && text != " UTC" && text != " +0000"))
    return std::nullopt;
  return to_ms(year, month + 1, day, hour, minute, second);
}

constexpr char kBase64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

void append_unix_seconds(std::int64_t ms, std::string& out) {
  if (ms < 0) {  // -0.5 must keep its sign
    out += '-';
    ms = -ms;
  }
  fmt::format_int seconds(ms / 1000);
  out.append(seconds.data(), seconds.size());
  if (const int rest = static_cast<int>(ms % 1000); rest != 0) {
    const char digits[4] = {'.', static_cast<char>('0' + rest / 100), static_cast<char>('0' + rest / 10 % 10),
                            static_cast<char>('0' + rest % 10)};
    out.append(digits, rest % 10 != 0 ? 4 : rest % 100 != 0 ? 3 : 2);
  }
}

void append_iso8601(std::int64_t ms, std::string& out) {
  const Calendar c = calendar(ms);
  fmt::format_to(std::back_inserter(out), "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", c.year, c.month, c.day, c.hour, c.minute,
                 c.second, c.millisecond);
}

void append_rfc822(std::int64_t ms, std::string& out) {
  const Calendar c = calendar(ms);
  fmt::format_to(std::back_inserter(out), "{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", kDays[c.weekday], c.day,
                 kMonths[c.month - 1], c.year, c.hour, c.minute, c.second);
}

void append_double(double value, std::string& out) {
  if (std::isnan(value)) {
    out += "NaN";
  } else if (std::isinf(value)) {
    out += value < 0 ? "-Infinity" : "Infinity";
  } else {
    char text[32];
    const auto end = std::to_chars(text, text + sizeof text, value).ptr;
    out.append(text, end);
    // AWS writes a float as a float: 1 as 1.0.
    if (std::string_view(text, static_cast<std::size_t>(end - text)).find_first_of(".e") == std::string_view::npos) out += ".0";
  }
}

void append_base64(std::string_view bytes, std::string& out) {
  std::size_t i = 0;
  const auto at = [&](std::size_t k) { return static_cast<unsigned>(static_cast<unsigned char>(bytes[k])); };
  for (; i + 2 < bytes.size(); i += 3) {
    const unsigned group = at(i) << 16 | at(i + 1) << 8 | at(i + 2);
    for (int shift = 18; shift >= 0; shift -= 6) out += kBase64[group >> shift & 63];
  }
  if (const std::size_t rest = bytes.size() - i; rest != 0) {
    const unsigned group = at(i) << 16 | (rest == 2 ? at(i + 1) << 8 : 0);
    out += kBase64[group >> 18 & 63];
    out += kBase64[group >> 12 & 63];
    out += rest == 2 ? kBase64[group >> 6 & 63] : '=';
    out += '=';
  }
}

std::optional<std::string> parse_base64(std::string_view text) {
  std::string out;
  out.reserve(text.size() / 4 * 3);
  unsigned group = 0;
  int bits = 0;
  std::size_t padding = 0, digits = 0;
  for (const char c : text) {
    if (c == '\n' || c == '\r') continue;
    if (c == '=') {
      ++padding;
      continue;
    }
    const char* found = c == '\0' ? nullptr : std::strchr(kBase64, c);
    if (found == nullptr || padding != 0) return std::nullopt;
    ++digits;
    group = group << 6 | static_cast<unsigned>(found - kBase64);
    if ((bits += 6) >= 8) {
      bits -= 8;
      out += static_cast<char>(group >> bits & 255);
    }
  }
  if (digits % 4 == 1 || padding > 2 || (padding != 0 && (digits + padding) % 4 != 0)) return std::nullopt;
  return out;
}

std::optional<std::int64_t> timestamp_from_seconds(double seconds) {
  const double ms = seconds * 1000;
  if (!(ms >= static_cast<double>(kMinMs) && ms <= static_cast<double>(kMaxMs))) return std::nullopt;
  return std::llround(ms);
}

std::optional<std::int64_t> parse_timestamp(std::string_view text) {
  if (auto ms = parse_iso8601(text)) return ms;
  if (const auto seconds = parse_double(text)) return timestamp_from_seconds(*seconds);
  return parse_rfc822(text);
}

std::optional<double> parse_double(std::string_view text) {
  if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (text == "Infinity") return std::numeric_limits<double>::infinity();
  if (text == "-Infinity") return -std::numeric_limits<double>::infinity();
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  // from_chars alone would take "inf" and "nan".
  if (text.empty() || text.find_first_not_of("0123456789.eE+-") != text.npos) return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

void append_scalar(api::Kind kind, const void* value, api::TimeFormat format, std::string& out) {
  switch (kind) {
    case api::Kind::boolean: out += *static_cast<const bool*>(value) ? "true" : "false"; break;
    case api::Kind::int32: out += fmt::format_int(*static_cast<const std::int32_t*>(value)).str(); break;
    case api::Kind::int64: out += fmt::format_int(*static_cast<const std::int64_t*>(value)).str(); break;
    case api::Kind::float64: append_double(*static_cast<const double*>(value), out); break;
    case api::Kind::timestamp: {
      const std::int64_t ms = static_cast<const api::Timestamp*>(value)->ms;
      if (format == api::TimeFormat::unix_seconds) append_unix_seconds(ms, out);
      else if (format == api::TimeFormat::rfc822) append_rfc822(ms, out);
      else append_iso8601(ms, out);
      break;
    }
    case api::Kind::blob: append_base64(static_cast<const api::Blob*>(value)->bytes, out); break;
    default: out += *static_cast<const std::string*>(value); break;
  }
}

bool parse_scalar(api::Kind kind, std::string_view text, void* value) {
  switch (kind) {
    case api::Kind::boolean:
      if (text != "true" && text != "false" && text != "True" && text != "False" && text != "1" && text != "0") return false;
      *static_cast<bool*>(value) = text == "true" || text == "True" || text == "1";
      return true;
    case api::Kind::int32: {
      const auto number = parse_integer(text);
      if (!number || *number != static_cast<std::int32_t>(*number)) return false;
      *static_cast<std::int32_t*>(value) = static_cast<std::int32_t>(*number);
      return true;
    }
    case api::Kind::int64: {
      const auto number = parse_integer(text);
      if (number) *static_cast<std::int64_t*>(value) = *number;
      return number.has_value();
    }
    case api::Kind::float64: {
      const auto number = parse_double(text);
      if (number) *static_cast<double*>(value) = *number;
      return number.has_value();
    }
    case api::Kind::timestamp: {
      const auto ms = parse_timestamp(text);
      if (ms) static_cast<api::Timestamp*>(value)->ms = *ms;
      return ms.has_value();
    }
    case api::Kind::blob: {
      auto bytes = parse_base64(text);
      if (bytes) static_cast<api::Blob*>(value)->bytes = *std::move(bytes);
      return bytes.has_value();
    }
    case api::Kind::string:
    case api::Kind::document: static_cast<std::string*>(value)->assign(text); return true;
    default: return false;
  }
}

}  // namespace wire
