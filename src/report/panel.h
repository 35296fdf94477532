// One chart of the figure: title, legend, axis, lines. Used by figure.cpp. Pure.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "report/axis.h"
#include "report/markup.h"
#include "report/series.h"

namespace report {

/// Where the figure puts time, and where a panel may draw.
struct Frame {
  double left = 0, width = 0;
  Instant start{}, end{};
  double x(Instant at) const {
    return left + width * static_cast<double>((at - start).count()) / static_cast<double>((end - start).count());
  }
};

struct Line {
  enum class Shape { line, steps, bars };
  std::string name;
  Series series;
  std::string css;  ///< its colour, and "dashed"
  Shape shape = Shape::line;
};

struct Target {
  std::string name;
  double value = 0;
};

struct Panel {
  std::string title;  ///< what is measured, and its unit
  std::vector<Line> lines;
  std::vector<Target> targets;
  double height = 120;
  double least_top = 0;      ///< of the axis
  bool decades = false;
  bool whole_numbers = false;
  std::string absent;        ///< said in place of lines when there are none
};

/// Room for the title and legend above the chart.
inline constexpr double kPanelHead = 26;

/// The chart's top edge is at `top`; its title stands above.
void draw_panel(Svg& svg, const Panel& panel, const Frame& frame, double top);

}  // namespace report
