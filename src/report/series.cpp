#include "report/series.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "report/markup.h"

namespace report {

std::vector<Stretch> stretches(const Series& series) {
  std::vector<Stretch> made;
  bool joined = false;
  Instant last{};
  for (const Point& point : series.points) {
    if (series.period > Duration(0) && joined && point.at - last > series.period * 3 / 2) joined = false;
    if (!point.value) {
      joined = false;
      continue;
    }
    if (!joined) made.emplace_back();
    made.back().emplace_back(point.at, *point.value);
    joined = true;
    last = point.at;
  }
  return made;
}

Series thinned(const Series& series, std::size_t most, Combine combine) {
  if (series.points.size() <= most || series.period <= Duration(0)) return series;
  const auto together = static_cast<int>((series.points.size() + most - 1) / most);
  Series made;
  made.period = series.period * together;
  const Instant origin = series.points.front().at;
  for (std::size_t at = 0; at < series.points.size();) {
    const auto group = (series.points[at].at - origin) / made.period;
    double sum = 0, top = 0;
    std::size_t count = 0;
    for (; at < series.points.size() && (series.points[at].at - origin) / made.period == group; ++at) {
      if (!series.points[at].value) continue;
      top = count == 0 ? *series.points[at].value : std::max(top, *series.points[at].value);
      sum += *series.points[at].value;
      ++count;
    }
    Point point{origin + made.period * group + (made.period - series.period) / 2, std::nullopt};
    if (count > 0) point.value = combine == Combine::mean ? sum / static_cast<double>(count) : top;
    made.points.push_back(point);
  }
  return made;
}

std::optional<double> highest(const Series& series) {
  std::optional<double> found;
  for (const Point& point : series.points) {
    if (point.value && (!found || *point.value > *found)) found = point.value;
  }
  return found;
}

std::optional<double> lowest_above_zero(const Series& series) {
  std::optional<double> found;
  for (const Point& point : series.points) {
    if (point.value && *point.value > 0 && (!found || *point.value < *found)) found = point.value;
  }
  return found;
}

std::vector<AlarmLane> alarm_lanes(const Run& run) {
  std::vector<AlarmLane> lanes;
  std::map<std::string, std::size_t> places;
  for (const Mark& mark : run.marks) {
    if (mark.kind != Mark::Kind::alarm) continue;
    const auto [place, fresh] = places.emplace(mark.subject, lanes.size());
    if (fresh) lanes.push_back({mark.subject, {}});
    auto& spans = lanes[place->second].spans;
    if (!spans.empty()) spans.back().to = mark.at;
    spans.push_back({mark.at, run.end, mark.text});
  }
  return lanes;
}

namespace {

void write_text(Badge& badge, BadgeText as, double size) {
  if (as == BadgeText::numbers) {
    badge.text = std::to_string(badge.numbers.front() + 1);
    if (badge.numbers.size() > 1) badge.text += "–" + std::to_string(badge.numbers.back() + 1);
  } else {
    badge.text.clear();
    if (badge.came > 0) badge.text = fmt::format("+{}", badge.came);
    if (badge.went > 0) badge.text += fmt::format("{}−{}", badge.text.empty() ? "" : " ", badge.went);
    if (badge.text.empty()) badge.text = "0";
  }
  badge.width = text_width(badge.text, size) + 10;
}

constexpr double kApart = 3;

}  // namespace

std::vector<Badge> badges(const std::vector<Placed>& marks, BadgeText as, double size) {
  std::vector<Badge> made;
  for (std::size_t i = 0; i < marks.size(); ++i) {
    Badge next{marks[i].x, 0, marks[i].x, marks[i].x, std::max(0, marks[i].change), std::max(0, -marks[i].change), {i}, ""};
    write_text(next, as, size);
    // A merged badge is wider and further right or left: it may now cover the one before.
    while (!made.empty() && made.back().x + made.back().width / 2 + kApart > next.x - next.width / 2) {
      Badge before = std::move(made.back());
      made.pop_back();
      before.came += next.came;
      before.went += next.went;
      before.last = next.last;
      before.numbers.insert(before.numbers.end(), next.numbers.begin(), next.numbers.end());
      before.x = (before.first + before.last) / 2;
      write_text(before, as, size);
      next = std::move(before);
    }
    made.push_back(std::move(next));
  }
  return made;
}

}  // namespace report
