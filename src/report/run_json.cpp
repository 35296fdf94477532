#include "report/run_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>
#include <utility>

namespace report {

namespace {

namespace json = boost::json;

constexpr int kVersion = 1;

struct NamedSeries {
  const char* name;
  Series Run::* series;
};
constexpr NamedSeries kSeries[] = {
    {"cpu_percent", &Run::cpu},         {"memory_percent", &Run::memory},
    {"node_cpu_percent", &Run::node_cpu},   {"request_count", &Run::request_count},
    {"requests_per_second", &Run::rate},    {"failed_per_second", &Run::failed},
    {"latency_p50_ms", &Run::latency_p50},  {"latency_p99_ms", &Run::latency_p99},
    {"tasks_desired", &Run::tasks_desired}, {"tasks_running", &Run::tasks_running},
    {"nodes_desired", &Run::nodes_desired}, {"nodes_running", &Run::nodes_running},
};

/// Seconds since the start, to the millisecond.
double offset(const Run& run, Instant at) { return static_cast<double>((at - run.start).count()) / 1000; }

json::object series_json(const Run& run, const Series& series) {
  json::array points;
  for (const Point& point : series.points) {
    points.push_back(json::array{offset(run, point.at), point.value ? json::value(*point.value) : json::value(nullptr)});
  }
  return json::object{{"period_seconds", static_cast<double>(series.period.count()) / 1000}, {"points", std::move(points)}};
}

json::value or_null(const std::optional<double>& value) { return value ? json::value(*value) : json::value(nullptr); }

/// Reads one object, and remembers the first thing that is wrong with it.
class Reader {
 public:
  Reader(const json::value& value, std::string where, std::optional<Error>& error)
      : object_(value.if_object()), where_(std::move(where)), error_(error) {
    if (object_ == nullptr) wrong("is not an object");
  }

  const json::value* find(const char* name) const { return object_ == nullptr ? nullptr : object_->if_contains(name); }
  std::string text(const char* name) const {
    const json::value* value = find(name);
    if (value == nullptr || value->is_null()) return {};
    if (value->is_string()) return std::string(value->get_string());
    wrong(fmt::format("has no text as '{}'", name));
    return {};
  }
  std::optional<double> number(const char* name) const {
    const json::value* value = find(name);
    if (value == nullptr || value->is_null()) return std::nullopt;
    return number_of(*value, name);
  }
  double needed(const char* name) const {
    const auto value = number(name);
    if (!value) wrong(fmt::format("has no '{}'", name));
    return value.value_or(0);
  }
  const json::array& list(const char* name) const {
    static const json::array kNone;
    const json::value* value = find(name);
    if (value == nullptr) return kNone;
    if (value->is_array()) return value->get_array();
    wrong(fmt::format("has no list as '{}'", name));
    return kNone;
  }
  std::optional<double> number_of(const json::value& value, const char* name) const {
    json::error_code failed;
    const double read = value.to_number<double>(failed);
    // Also bounds what is drawn: no coordinate overflows.
    if (!failed && std::isfinite(read) && std::abs(read) < 1e13) return read;
    wrong(fmt::format("has no number as '{}'", name));
    return std::nullopt;
  }
  void wrong(const std::string& what) const {
    if (!error_) error_ = Error{"InvalidRun", where_ + " " + what};
  }

 private:
  const json::object* object_;
  std::string where_;
  std::optional<Error>& error_;
};

Instant at_offset(const Run& run, double seconds_since_start) {
  return run.start + Duration(static_cast<std::int64_t>(std::llround(seconds_since_start * 1000)));
}

Series read_series(const Run& run, const json::value& value, const std::string& name, std::optional<Error>& error) {
  Series series;
  const Reader reader(value, "series '" + name + "'", error);
  series.period = Duration(static_cast<std::int64_t>(std::llround(reader.needed("period_seconds") * 1000)));
  for (const json::value& item : reader.list("points")) {
    const json::array* pair = item.if_array();
    if (pair == nullptr || pair->size() != 2) {
      reader.wrong("has a point that is not [seconds, value]");
      break;
    }
    const auto at = reader.number_of(pair->at(0), "points");
    Point point{at_offset(run, at.value_or(0)), std::nullopt};
    if (!pair->at(1).is_null()) point.value = reader.number_of(pair->at(1), "points");
    if (!series.points.empty() && point.at < series.points.back().at) reader.wrong("is not in the order of time");
    series.points.push_back(point);
  }
  return series;
}

Mark read_mark(const Run& run, const json::value& value, std::optional<Error>& error) {
  const Reader reader(value, "a mark", error);
  Mark mark;
  mark.at = at_offset(run, reader.needed("at"));
  const auto kind = kind_of(reader.text("kind"));
  if (!kind) reader.wrong("has an unknown kind '" + reader.text("kind") + "'");
  mark.kind = kind.value_or(Mark::Kind::fault);
  mark.change = static_cast<int>(std::clamp(reader.number("change").value_or(0), -1e6, 1e6));
  mark.subject = reader.text("subject");
  mark.text = reader.text("text");
  mark.cause = reader.text("cause");
  return mark;
}

}  // namespace

std::string run_json(const Run& run) {
  json::object made{{"version", kVersion},
                    {"title", run.title},
                    {"subtitle", run.subtitle},
                    {"started_at_ms", to_ms(run.start)},
                    {"seconds", offset(run, run.end)},
                    {"time_scale", run.time_scale},
                    {"cpu_target_percent", or_null(run.cpu_target)},
                    {"node_cpu_target_percent", or_null(run.node_cpu_target)}};
  json::array facts, marks;
  for (const std::string& fact : run.facts) facts.push_back(json::string(fact));
  for (const Mark& mark : run.marks) {
    marks.push_back(json::object{{"at", offset(run, mark.at)}, {"kind", kind_name(mark.kind)}, {"change", mark.change},
                                 {"subject", mark.subject}, {"text", mark.text}, {"cause", mark.cause}});
  }
  json::object series;
  for (const NamedSeries& one : kSeries) {
    if (!(run.*one.series).empty()) series[one.name] = series_json(run, run.*one.series);
  }
  made["facts"] = std::move(facts);
  made["series"] = std::move(series);
  made["marks"] = std::move(marks);
  return json::serialize(made) + "\n";
}

Result<Run> parse_run(std::string_view text) {
  json::error_code failed;
  const json::value whole = json::parse({text.data(), text.size()}, failed);
  if (failed) return fail("InvalidRun", "is no JSON: " + failed.message());
  std::optional<Error> error;
  const Reader reader(whole, "it", error);
  Run run;
  if (reader.needed("version") > kVersion) reader.wrong("was written by a newer version");
  run.title = reader.text("title");
  run.subtitle = reader.text("subtitle");
  for (const json::value& fact : reader.list("facts")) {
    if (fact.is_string()) run.facts.emplace_back(fact.get_string());
  }
  run.start = instant_from_ms(static_cast<std::int64_t>(reader.needed("started_at_ms")));
  run.end = at_offset(run, reader.needed("seconds"));
  if (run.end <= run.start) reader.wrong("has a length of 'seconds' that is not above 0");
  run.time_scale = reader.number("time_scale").value_or(1);
  run.cpu_target = reader.number("cpu_target_percent");
  run.node_cpu_target = reader.number("node_cpu_target_percent");
  if (const json::value* series = reader.find("series")) {
    const Reader all(*series, "'series'", error);
    for (const NamedSeries& one : kSeries) {
      if (const json::value* value = all.find(one.name)) run.*one.series = read_series(run, *value, one.name, error);
    }
  }
  for (const json::value& mark : reader.list("marks")) {
    run.marks.push_back(read_mark(run, mark, error));
    if (run.marks.size() > 1 && run.marks.back().at < run.marks[run.marks.size() - 2].at) reader.wrong("has marks that are not in the order of time");
  }
  if (error) return tl::unexpected(*std::move(error));
  return run;
}

}  // namespace report
