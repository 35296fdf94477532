#include "report/panel.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace report {

namespace {

constexpr double kLegendSize = 12;

Axis axis_of(const Panel& panel) {
  double most = panel.least_top;
  std::optional<double> least;
  for (const Line& line : panel.lines) {
    most = std::max(most, highest(line.series).value_or(0));
    const auto low = lowest_above_zero(line.series);
    if (low && (!least || *low < *least)) least = low;
  }
  for (const Target& target : panel.targets) most = std::max(most, target.value);
  if (panel.decades && least) return Axis::decades(*least, most);
  return Axis::linear(most, panel.least_top, panel.whole_numbers);
}

class Drawer {
 public:
  Drawer(Svg& svg, const Panel& panel, const Frame& frame, double top)
      : svg_(svg), panel_(panel), frame_(frame), top_(top), axis_(axis_of(panel)) {}

  void draw() {
    heading();
    for (const double tick : axis_.ticks()) {
      const double at = y(tick);
      svg_.line(frame_.left, at, frame_.left + frame_.width, at, "grid");
      svg_.text(frame_.left - 8, at + 4, number_text(tick), "tick", Svg::Anchor::end);
    }
    bool any = false;
    for (const Line& line : panel_.lines) any = draw_line(line) || any;
    if (!any) svg_.text(frame_.left + frame_.width / 2, top_ + panel_.height / 2 + 4, panel_.absent, "note", Svg::Anchor::middle);
    targets();
  }

 private:
  double y(double value) const { return top_ + panel_.height * (1 - axis_.share(value)); }

  void heading() {
    svg_.text(frame_.left, top_ - 9, panel_.title, "title");
    double right = frame_.left + frame_.width;
    for (auto line = panel_.lines.rbegin(); line != panel_.lines.rend(); ++line) {
      if (line->series.empty()) continue;
      right -= text_width(line->name, kLegendSize);
      svg_.text(right, top_ - 9, line->name, "");
      if (line->shape == Line::Shape::bars) {
        svg_.line(right - 16, top_ - 18, right - 16, top_ - 8, "key bars " + line->css);
        svg_.line(right - 10, top_ - 14, right - 10, top_ - 8, "key bars " + line->css);
      } else {
        svg_.line(right - 30, top_ - 13, right - 7, top_ - 13, "key " + line->css);
      }
      right -= 46;
    }
  }

  void targets() {
    // Labels of targets that lie close together keep a line's height apart, the higher one above.
    std::vector<Target> sorted = panel_.targets;
    std::sort(sorted.begin(), sorted.end(), [](const Target& a, const Target& b) { return a.value < b.value; });
    double free_above = 1e9;
    for (const Target& target : sorted) {
      const double at = y(target.value);
      svg_.line(frame_.left, at, frame_.left + frame_.width, at, "target");
      const double label = std::min(at - 4, free_above - 13);
      svg_.text(frame_.left + 6, label, target.name, "note over");
      free_above = label;
    }
  }

  /// Whether there was anything to draw.
  bool draw_line(const Line& line) {
    Series shown = line.series;
    std::erase_if(shown.points, [&](const Point& point) { return point.at > frame_.end || (point.at < frame_.start && shown.period > Duration(0)); });
    std::string data;
    std::vector<std::pair<double, double>> dots;
    bool any = false;
    for (const Stretch& stretch : stretches(shown)) {
      any = true;
      if (line.shape == Line::Shape::bars) {
        bars(stretch, data);
      } else if (line.shape == Line::Shape::steps) {
        steps(stretch, shown, data);
      } else {
        joined(stretch, data, dots);
      }
    }
    if (!data.empty()) svg_.path(data, (line.shape == Line::Shape::bars ? "bars " : "") + line.css, line.name);
    const std::string colour = line.css.substr(0, line.css.find(' '));
    for (const auto& [x, at] : dots) svg_.circle(x, at, 2.2, "dot " + colour);
    return any;
  }

  void joined(const Stretch& stretch, std::string& data, std::vector<std::pair<double, double>>& dots) {
    for (std::size_t i = 0; i < stretch.size(); ++i) {
      const double x = frame_.x(stretch[i].first), at = y(stretch[i].second);
      data += fmt::format("{}{} {}", i == 0 ? "M" : "L", coordinate(x), coordinate(at));
      // Datapoints that are far enough apart are seen, and one without neighbours is only seen so.
      const bool spacious = stretch.size() > 1 && frame_.x(stretch[1].first) - frame_.x(stretch[0].first) >= 9;
      if (stretch.size() == 1 || spacious) dots.emplace_back(x, at);
    }
  }

  void bars(const Stretch& stretch, std::string& data) {
    for (const auto& [at, value] : stretch) {
      if (value <= 0) continue;
      // At least two pixels: one failed request must not disappear.
      const double x = frame_.x(at), high = std::min(y(value), top_ + panel_.height - 2);
      data += fmt::format("M{} {}V{}", coordinate(x), coordinate(top_ + panel_.height), coordinate(high));
    }
  }

  /// Each value holds until the next point, the last one to the end of the run or to where it is said to be missing.
  void steps(const Stretch& stretch, const Series& series, std::string& data) {
    for (std::size_t i = 0; i < stretch.size(); ++i) {
      const double x = frame_.x(std::max(stretch[i].first, frame_.start)), at = y(stretch[i].second);
      data += i == 0 ? fmt::format("M{} {}", coordinate(x), coordinate(at)) : fmt::format("H{}V{}", coordinate(x), coordinate(at));
    }
    const auto after = std::find_if(series.points.begin(), series.points.end(),
                                    [&](const Point& point) { return point.at > stretch.back().first && !point.value; });
    data += fmt::format("H{}", coordinate(frame_.x(after == series.points.end() ? frame_.end : after->at)));
  }

  Svg& svg_;
  const Panel& panel_;
  const Frame& frame_;
  const double top_;
  const Axis axis_;
};

}  // namespace

void draw_panel(Svg& svg, const Panel& panel, const Frame& frame, double top) { Drawer(svg, panel, frame, top).draw(); }

}  // namespace report
