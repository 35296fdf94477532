#include "drivers/log_line.h"

#include <charconv>

namespace drivers {

std::optional<LogLine> parse_log_line(std::string_view line) {
  // 0         1         2
  // 0123456789012345678901234
  // 2026-11-23T16:50:31.123Z stdout F text
  constexpr std::string_view kShape = "####-##-##T##:##:##.###Z ";
  if (line.size() < kShape.size() + 9) return std::nullopt;
  for (std::size_t i = 0; i < kShape.size(); ++i) {
    const bool digit = line[i] >= '0' && line[i] <= '9';
    if (kShape[i] == '#' ? !digit : line[i] != kShape[i]) return std::nullopt;
  }
  const auto number = [&](std::size_t at, std::size_t size) {
    int value = 0;
    std::from_chars(line.data() + at, line.data() + at + size, value);
    return value;
  };
  const std::chrono::year_month_day day{std::chrono::year(number(0, 4)), std::chrono::month(static_cast<unsigned>(number(5, 2))),
                                        std::chrono::day(static_cast<unsigned>(number(8, 2)))};
  if (!day.ok()) return std::nullopt;
  LogLine parsed;
  parsed.at = instant_from_ms(std::chrono::sys_days(day).time_since_epoch().count() * std::int64_t{86'400'000} +
                              number(11, 2) * 3'600'000 + number(14, 2) * 60'000 + number(17, 2) * 1000 + number(20, 3));
  const std::string_view rest = line.substr(kShape.size());
  const std::string_view stream = rest.substr(0, 7), flag = rest.substr(7, 2);
  if (stream != "stdout " && stream != "stderr ") return std::nullopt;
  if (flag != "F " && flag != "P ") return std::nullopt;
  parsed.is_stderr = stream == "stderr ";
  parsed.partial = flag == "P ";
  parsed.text = rest.substr(9);
  return parsed;
}

}  // namespace drivers
