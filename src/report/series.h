// What is done with a series before it is drawn: lines broken at gaps, many points made few, alarm states from marks. Pure.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "report/run.h"

namespace report {

/// Points with a value that a line may join: nothing is missing between them.
using Stretch = std::vector<std::pair<Instant, double>>;
std::vector<Stretch> stretches(const Series& series);

enum class Combine { mean, highest };
/// At most about `most` points: as many neighbours as needed become one, at the middle of their time. One of which nothing
/// was measured stays missing.
Series thinned(const Series& series, std::size_t most, Combine combine);

/// The highest value, if there is one.
std::optional<double> highest(const Series& series);
std::optional<double> lowest_above_zero(const Series& series);

/// One alarm's state over a time.
struct Span {
  Instant from{}, to{};
  std::string state;
};
struct AlarmLane {
  std::string name;
  std::vector<Span> spans;
};
/// From the alarm marks; before its first one a state is unknown and not drawn. In the order of their first marks.
std::vector<AlarmLane> alarm_lanes(const Run& run);

/// Marks of one lane that would cover each other become one badge.
struct Badge {
  double x = 0;      ///< its centre
  double width = 0;
  double first = 0, last = 0;  ///< where its marks are
  int came = 0, went = 0;
  std::vector<std::size_t> numbers;  ///< of its marks in the lane, from 0
  std::string text;
};
struct Placed {
  double x = 0;
  int change = 0;
};
enum class BadgeText { changes, numbers };
/// `marks` by x. No two badges overlap.
std::vector<Badge> badges(const std::vector<Placed>& marks, BadgeText text, double size);

}  // namespace report
