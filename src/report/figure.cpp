#include "report/figure.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "report/panel.h"
#include "report/style.h"

namespace report {

namespace {

constexpr double kWidth = 1200, kLeft = 92, kRight = 24;
constexpr double kLane = 22, kBadgeSize = 11, kGap = 14;
constexpr std::size_t kMostPoints = 500;   // of a line: more would not be seen on its pixels
constexpr std::size_t kMostAlarms = 8, kMostLog = 30;

Panel use_panel(const Run& run) {
  Panel panel{"CPU and memory, percent of what the tasks reserve", {}, {}, 190, 100, false, false, "no datapoint of CPU or memory"};
  panel.lines.push_back({"CPU of the service", thinned(run.cpu, kMostPoints, Combine::mean), "blue"});
  panel.lines.push_back({"memory of the service", thinned(run.memory, kMostPoints, Combine::mean), "green dashed"});
  panel.lines.push_back({"CPU of the nodes", thinned(run.node_cpu, kMostPoints, Combine::mean), "orange thin"});
  if (run.cpu_target) panel.targets.push_back({fmt::format("target of the service {:g} %", *run.cpu_target), *run.cpu_target});
  if (run.node_cpu_target) panel.targets.push_back({fmt::format("target of the nodes {:g} %", *run.node_cpu_target), *run.node_cpu_target});
  return panel;
}

std::vector<Panel> panels(const Run& run) {
  std::vector<Panel> made;
  const bool load_only = run.cpu.empty() && run.memory.empty() && run.node_cpu.empty() && run.request_count.empty() && !run.rate.empty();
  if (!load_only) {
    made.push_back(use_panel(run));
    const std::string every =
        run.request_count.period > Duration(0) ? fmt::format(" in {:g} s", static_cast<double>(run.request_count.period.count()) / 1000) : "";
    made.push_back({"Request count" + every + ", at the load balancer", {{"requests", thinned(run.request_count, kMostPoints, Combine::mean), "blue"}},
                    {}, 100, 0, false, true, "no datapoint of the request count"});
  }
  if (!run.rate.empty()) {
    const double failed = highest(run.failed).value_or(0);
    made.push_back({"Requests a second, at the load generator", {{"sent", thinned(run.rate, kMostPoints, Combine::mean), "blue"},
                    {failed > 0 ? "failed" : "failed: none", thinned(run.failed, kMostPoints, Combine::highest), "red", Line::Shape::bars}},
                    {}, 100, 0, false, false, ""});
  }
  if (!run.latency_p99.empty() || !run.latency_p50.empty()) {
    const double most = highest(run.latency_p99).value_or(0), least = lowest_above_zero(run.latency_p50).value_or(most);
    const bool decades = least > 0 && most > 20 * least;
    made.push_back({fmt::format("Latency from the due time, ms{}", decades ? " (each line is ten times the one below)" : ""),
                    {{"p50", thinned(run.latency_p50, kMostPoints, Combine::mean), "blue"},
                     {"p99", thinned(run.latency_p99, kMostPoints, Combine::highest), "orange thin"}},
                    {}, 110, 0, decades, false, "no request was answered"});
  }
  if (!run.tasks_running.empty() || !run.tasks_desired.empty() || !run.nodes_running.empty() || !run.nodes_desired.empty()) {
    made.push_back({"Tasks and nodes", {{"tasks desired", run.tasks_desired, "blue dashed thin", Line::Shape::steps},
                    {"tasks running", run.tasks_running, "blue", Line::Shape::steps},
                    {"nodes desired", run.nodes_desired, "orange dashed thin", Line::Shape::steps},
                    {"nodes running", run.nodes_running, "orange", Line::Shape::steps}}, {}, 130, 0, false, true, ""});
  }
  return made;
}

bool is_numbered(Mark::Kind kind) { return kind == Mark::Kind::scaling || kind == Mark::Kind::deployment || kind == Mark::Kind::fault; }

std::vector<Placed> placed(const Run& run, const Frame& frame, bool (*of)(Mark::Kind)) {
  std::vector<Placed> made;
  for (const Mark& mark : run.marks) {
    if (of(mark.kind)) made.push_back({std::clamp(frame.x(mark.at), frame.left, frame.left + frame.width), mark.change});
  }
  return made;
}

class Figure {
 public:
  Figure(const Run& run, bool alone) : run_(run), alone_(alone), frame_{kLeft, kWidth - kLeft - kRight, run.start, run.end} {}

  std::string draw() {
    if (alone_) heading();
    changes_lane("tasks", "task", [](Mark::Kind kind) { return kind == Mark::Kind::task; });
    changes_lane("nodes", "node", [](Mark::Kind kind) { return kind == Mark::Kind::node; });
    numbers_lane();
    const double panels_top = y_ + 4;
    for (const Panel& panel : panels(run_)) {
      y_ += kPanelHead + kGap / 2;
      draw_panel(front_, panel, frame_, y_);
      y_ += panel.height + kGap;
    }
    alarms();
    time_axis(panels_top);
    if (alone_) log();
    return assembled();
  }

 private:
  void heading() {
    y_ += 30;
    front_.text(kLeft, y_, fitted(run_.title, 19, kWidth - kLeft - kRight), "heading");
    if (!run_.subtitle.empty()) front_.text(kLeft, y_ += 21, fitted(run_.subtitle, 12, kWidth - kLeft - kRight), "");
    for (const std::string& fact : run_.facts) front_.text(kLeft, y_ += 17, "• " + fitted(fact, 12, kWidth - kLeft - kRight - 14), "");
    y_ += 6;
  }

  /// "+2" where tasks came, "−1" where they went, and a faint band across the charts.
  void changes_lane(const char* name, const char* css, bool (*of)(Mark::Kind)) {
    const auto found = badges(placed(run_, frame_, of), BadgeText::changes, kBadgeSize);
    if (found.empty()) return;
    lane_name(name);
    for (const Badge& badge : found) {
      const char* look = badge.went == 0 ? "came" : badge.came == 0 ? "went" : "mixed";
      draw_badge(badge, look, fmt::format("{}: {} came, {} went", name, badge.came, badge.went));
      crossings_.push_back({badge.first - 1, std::max(2.0, badge.last - badge.first + 2), css});
    }
    y_ += kLane;
  }

  void numbers_lane() {
    const auto found = badges(placed(run_, frame_, is_numbered), BadgeText::numbers, kBadgeSize);
    if (found.empty()) return;
    lane_name("events");
    const std::vector<Mark> marks = numbered_marks(run_);
    for (const Badge& badge : found) {
      const Mark& first = marks[badge.numbers.front()];
      draw_badge(badge, "number", badge.numbers.size() > 1 ? fmt::format("{} events", badge.numbers.size()) : first.text);
    }
    y_ += kLane;
  }

  void lane_name(const char* name) { front_.text(kLeft - 8, y_ + 16, name, "tick", Svg::Anchor::end); }

  void draw_badge(const Badge& badge, const std::string& css, const std::string& title) {
    front_.open("", title);
    // At the edges of the figure it moves inwards as far as it must.
    const double x = std::clamp(badge.x, kLeft - 6 + badge.width / 2, kWidth - 4 - badge.width / 2);
    front_.rect(x - badge.width / 2, y_ + 3, badge.width, 17, css, 4);
    front_.text(x, y_ + 15.5, badge.text, "badge-text", Svg::Anchor::middle);
    front_.close();
  }

  void alarms() {
    const std::vector<AlarmLane> lanes = alarm_lanes(run_);
    if (lanes.empty()) return;
    y_ += kPanelHead;
    front_.text(kLeft, y_ - 9, "Alarms", "title");
    double right = kLeft + frame_.width;
    for (const auto& [text, css] : {std::pair("insufficient data", "alarm-unknown"), std::pair("OK", "alarm-ok"), std::pair("ALARM", "alarm-on")}) {
      right -= text_width(text, 12);
      front_.text(right, y_ - 9, text, "");
      front_.rect(right - 26, y_ - 18, 20, 8, css);
      right -= 42;
    }
    for (std::size_t i = 0; i < std::min(lanes.size(), kMostAlarms); ++i) {
      front_.text(kLeft, y_ + 11, fitted(lanes[i].name, 11, frame_.width), "note");
      for (const Span& span : lanes[i].spans) {
        const double from = std::clamp(frame_.x(span.from), kLeft, kLeft + frame_.width), to = std::clamp(frame_.x(span.to), from, kLeft + frame_.width);
        const bool on = span.state == "ALARM";
        front_.open("", lanes[i].name + ": " + span.state);
        front_.rect(from, y_ + (on ? 15 : 18), std::max(1.5, to - from), on ? 9 : 3, on ? "alarm-on" : span.state == "OK" ? "alarm-ok" : "alarm-unknown");
        front_.close();
      }
      y_ += 30;
    }
    if (lanes.size() > kMostAlarms) {
      front_.text(kLeft, y_ + 11, fmt::format("and {} more alarms", lanes.size() - kMostAlarms), "note");
      y_ += 18;
    }
    y_ += kGap / 2;
  }

  void time_axis(double top) {
    const double bottom = y_ - kGap / 2;
    front_.line(kLeft, bottom, kLeft + frame_.width, bottom, "axis");
    for (const Duration tick : time_ticks(run_.end - run_.start, 13)) {
      const double x = frame_.x(run_.start + tick);
      back_.line(x, top, x, bottom + 5, "grid");
      front_.text(x, bottom + 19, offset_text(tick), "tick", Svg::Anchor::middle);
    }
    for (const auto& [x, width, css] : crossings_) back_.rect(x, top, width, bottom - top, std::string("cross-") + css);
    std::string title = fmt::format("time since {} UTC, minutes:seconds", to_iso8601(run_.start).substr(0, 19).replace(10, 1, " "));
    if (run_.time_scale != 1) title += fmt::format("; control loops run {:g} times as quick as AWS's", run_.time_scale);
    front_.text(kLeft + frame_.width / 2, bottom + 38, title, "note", Svg::Anchor::middle);
    y_ = bottom + 52;
  }

  void log() {
    const std::vector<Mark> marks = numbered_marks(run_);
    if (marks.empty()) return;
    // Two columns where they are short of room.
    const std::size_t shown = std::min(marks.size(), kMostLog), columns = shown > 8 ? 2 : 1, rows = (shown + columns - 1) / columns;
    const double width = (kWidth - kLeft - kRight) / static_cast<double>(columns);
    for (std::size_t i = 0; i < shown; ++i) {
      const double x = kLeft + width * static_cast<double>(i / rows), y = y_ + 16 * static_cast<double>(i % rows + 1);
      front_.text(x + 18, y, std::to_string(i + 1), "badge-text", Svg::Anchor::end);
      front_.text(x + 64, y, offset_text(marks[i].at - run_.start), "tick", Svg::Anchor::end);
      const std::string text = marks[i].text + (marks[i].subject.empty() ? "" : " (" + marks[i].subject + ")");
      front_.text(x + 76, y, fitted(text, 12, width - 84), "");
    }
    y_ += 16 * static_cast<double>(rows);
    if (marks.size() > kMostLog) front_.text(kLeft + 76, y_ += 16, fmt::format("and {} more", marks.size() - kMostLog), "note");
    y_ += 14;
  }

  std::string assembled() const {
    std::string out = fmt::format("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\"{2} role=\"img\" aria-labelledby=\"figure-title figure-desc\">\n"
                                  "<title id=\"figure-title\">{3}</title>\n<desc id=\"figure-desc\">{4}</desc>\n",
                                  coordinate(kWidth), coordinate(y_ + 2), alone_ ? fmt::format(" width=\"{}\" height=\"{}\"", coordinate(kWidth), coordinate(y_ + 2)) : "",
                                  escape(run_.title), escape(description(run_)));
    if (alone_) out += "<style>\n" + figure_css(Theme::light) + "</style>\n";
    out += fmt::format("<rect class=\"paper\" width=\"{}\" height=\"{}\"/>\n", coordinate(kWidth), coordinate(y_ + 2));
    return out + back_.written() + front_.written() + "</svg>\n";
  }

  struct Crossing {
    double x, width;
    const char* css;
  };

  const Run& run_;
  const bool alone_;
  const Frame frame_;
  Svg back_, front_;
  double y_ = 0;
  std::vector<Crossing> crossings_;
};

}  // namespace

std::vector<Mark> numbered_marks(const Run& run) {
  std::vector<Mark> found;
  std::copy_if(run.marks.begin(), run.marks.end(), std::back_inserter(found), [](const Mark& mark) { return is_numbered(mark.kind); });
  return found;
}

std::string description(const Run& run) {
  std::string text = fmt::format("{} of one run on one time axis.", offset_text(run.end - run.start));
  const auto add = [&](const char* form, const Series& series) {
    if (const auto most = highest(series)) text += fmt::format(" {} {:.4g}.", form, *most);
  };
  add("Highest CPU of the service in percent:", run.cpu);
  add("Highest memory in percent:", run.memory);
  add("Most requests a second:", run.rate);
  add("Most failed in a second:", run.failed);
  add("Most tasks running:", run.tasks_running);
  add("Most nodes running:", run.nodes_running);
  return text;
}

std::string figure_for_page(const Run& run) { return Figure(run, false).draw(); }
std::string figure_alone(const Run& run) { return Figure(run, true).draw(); }

}  // namespace report
