#include "report/page.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "report/figure.h"
#include "report/markup.h"
#include "report/series.h"
#include "report/style.h"

namespace report {

namespace {

struct Column {
  const char* name;
  const Series* series;
};

std::string value_text(const std::optional<double>& value) { return value ? fmt::format("{:.4g}", *value) : "–"; }

/// The numbers behind a chart: a row for each moment at which one of the series has a point.
std::string table(const Run& run, const std::string& name, const std::vector<Column>& columns) {
  std::map<Instant, std::vector<std::string>> rows;
  std::string head = "<tr><th scope=\"col\">time</th>";
  for (std::size_t i = 0; i < columns.size(); ++i) {
    head += fmt::format("<th scope=\"col\" class=\"n\">{}</th>", escape(columns[i].name));
    for (const Point& point : columns[i].series->points) {
      auto& row = rows.try_emplace(point.at, columns.size()).first->second;
      row[i] = value_text(point.value);
    }
  }
  if (rows.empty()) return "";
  std::string text = fmt::format("<details><summary>{}: the numbers</summary><div class=\"scroll\"><table>{}</tr>\n", escape(name), head);
  for (const auto& [at, cells] : rows) {
    text += fmt::format("<tr><td>{}</td>", offset_text(at - run.start));
    for (const std::string& cell : cells) text += fmt::format("<td class=\"n\">{}</td>", cell);
    text += "</tr>\n";
  }
  return text + "</table></div></details>\n";
}

std::string tables(const Run& run) {
  return table(run, "CPU and memory", {{"CPU %", &run.cpu}, {"memory %", &run.memory}, {"CPU of the nodes %", &run.node_cpu}}) +
         table(run, "Request count", {{"requests", &run.request_count}}) +
         table(run, "Requests a second and latency",
               {{"sent", &run.rate}, {"failed", &run.failed}, {"p50 ms", &run.latency_p50}, {"p99 ms", &run.latency_p99}}) +
         table(run, "Tasks and nodes", {{"tasks desired", &run.tasks_desired}, {"tasks running", &run.tasks_running},
                                        {"nodes desired", &run.nodes_desired}, {"nodes running", &run.nodes_running}});
}

std::string log_table(const Run& run) {
  if (run.marks.empty()) return "";
  std::string text = "<h2>What happened</h2>\n<table><tr><th scope=\"col\">no.</th><th scope=\"col\">time</th><th scope=\"col\">kind</th>"
                     "<th scope=\"col\">what</th><th scope=\"col\">why</th></tr>\n";
  std::size_t number = 0;
  for (const Mark& mark : run.marks) {
    const bool numbered = mark.kind == Mark::Kind::scaling || mark.kind == Mark::Kind::deployment || mark.kind == Mark::Kind::fault;
    const std::string change = mark.change == 0 ? "" : fmt::format("{:+d} ", mark.change);
    std::string what = mark.subject;
    if (!mark.text.empty()) what += (what.empty() ? "" : ": ") + mark.text;
    text += fmt::format("<tr><td class=\"n\">{}</td><td>{}</td><td>{}</td><td>{}</td><td class=\"muted\">{}</td></tr>\n",
                        numbered ? std::to_string(++number) : "", offset_text(mark.at - run.start), kind_name(mark.kind), escape(change + what),
                        escape(mark.cause));
  }
  return text + "</table>\n";
}

std::string notes(const Run& run) {
  std::string text = "<h2>How to read it</h2>\n<dl>\n";
  const auto note = [&](bool shown, const char* term, const char* meaning) {
    if (shown) text += fmt::format("<dt>{}</dt><dd>{}</dd>\n", term, meaning);
  };
  const auto has = [&](Mark::Kind kind) {
    return std::any_of(run.marks.begin(), run.marks.end(), [&](const Mark& mark) { return mark.kind == kind; });
  };
  note(!run.cpu.empty(), "CPU and memory of the service",
       "What its tasks use, in percent of what their task definitions reserve. CPU may pass 100: a task may use what its node has to spare. The dotted line is "
       "the target of the scaling policy.");
  note(!run.node_cpu.empty(), "CPU of the nodes", "The mean over the node group, in percent of a node's own CPU. Never above 100.");
  note(!run.request_count.empty(), "Request count", "Requests that the load balancer passed on, in each period.");
  note(!run.rate.empty(), "Requests a second", "What the load generator really sent. Red bars are requests of that second that failed, whenever they did.");
  note(!run.latency_p50.empty(), "Latency",
       "From the moment a request was due to its whole answer, so a stall is charged to every request it delayed. p50: half of a second's requests were "
       "quicker; p99: one in a hundred was slower. Requests that failed at once are not in it, those that timed out are.");
  note(!run.tasks_running.empty(), "Tasks and nodes", "Dashed: as many as the scaling asked for. Solid: as many as there were.");
  note(has(Mark::Kind::task) || has(Mark::Kind::node), "+2, −1",
       "So many tasks or nodes came or went there. Faint bands carry it across the charts, orange for nodes, blue for tasks. Marks too close to show apart are "
       "added up.");
  note(has(Mark::Kind::scaling) || has(Mark::Kind::deployment) || has(Mark::Kind::fault), "Numbers under “events”",
       "Scaling activities, deployments and injected faults: the numbers of the list above.");
  note(has(Mark::Kind::alarm), "Alarms", "A thick bar while an alarm is in state ALARM, a thin one while it is OK.");
  note(true, "Gaps", "Where a line is broken nothing was measured. Nothing is drawn as 0 that was not 0.");
  return text + "</dl>\n";
}

}  // namespace

std::string page(const Run& run) {
  std::string text = fmt::format("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                                 "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n"
                                 "<title>{}</title>\n<style>\n{}</style>\n</head>\n<body>\n<h1>{}</h1>\n",
                                 escape(run.title), page_css(), escape(run.title));
  if (!run.subtitle.empty()) text += fmt::format("<p>{}</p>\n", escape(run.subtitle));
  if (!run.facts.empty()) {
    text += "<ul>\n";
    for (const std::string& fact : run.facts) text += fmt::format("<li>{}</li>\n", escape(fact));
    text += "</ul>\n";
  }
  text += "<figure>\n" + figure_for_page(run) + "</figure>\n";
  text += tables(run) + log_table(run) + notes(run);
  return text + "</body>\n</html>\n";
}

}  // namespace report
