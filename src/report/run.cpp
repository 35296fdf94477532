#include "report/run.h"

#include <fmt/format.h>

namespace report {

namespace {
constexpr const char* kNames[] = {"task", "node", "alarm", "scaling", "deployment", "fault"};
}

const char* kind_name(Mark::Kind kind) { return kNames[static_cast<std::size_t>(kind)]; }

std::optional<Mark::Kind> kind_of(const std::string& name) {
  for (std::size_t i = 0; i < std::size(kNames); ++i) {
    if (name == kNames[i]) return static_cast<Mark::Kind>(i);
  }
  return std::nullopt;
}

std::string offset_text(Duration since_start) {
  const auto whole = std::chrono::duration_cast<seconds>(since_start).count();
  const auto left = whole < 0 ? -whole : whole;
  const char* sign = whole < 0 ? "-" : "";
  if (left < 3600) return fmt::format("{}{}:{:02}", sign, left / 60, left % 60);
  return fmt::format("{}{}:{:02}:{:02}", sign, left / 3600, left / 60 % 60, left % 60);
}

}  // namespace report
