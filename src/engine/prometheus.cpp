#include "engine/prometheus.h"

#include <fmt/format.h>

#include <cctype>
#include <map>

namespace engine {

namespace {

// A page stays of a size that a scrape can read, whatever users publish.
constexpr std::size_t kMetricsMax = 10'000;

/// "RequestCount" -> "request_count".
std::string snake_case(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const auto before = i > 0 ? static_cast<unsigned char>(text[i - 1]) : 0;
    if (!std::isalnum(c)) {
      out += '_';
      continue;
    }
    if (std::isupper(c) && (std::islower(before) || std::isdigit(before))) out += '_';
    out += static_cast<char>(std::tolower(c));
  }
  return out;
}

std::string family_of(const model::MetricName& metric) {
  std::string name;  // the exporter does not part the words of a namespace: "AWS/ApplicationELB" is aws_applicationelb
  for (const unsigned char c : metric.space) name += std::isalnum(c) ? static_cast<char>(std::tolower(c)) : '_';
  if (metric.space == "AWS/ECS") name += metric.dimensions.contains("ServiceName") ? "_service" : "_cluster";
  name += "_" + snake_case(metric.name);
  return std::isdigit(static_cast<unsigned char>(name[0])) ? "_" + name : name;
}

std::string quoted_label(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

std::string labels_of(const model::MetricName& metric) {
  std::map<std::string, std::string> labels;
  for (const auto& [name, value] : metric.dimensions) {
    std::string label = snake_case(name);
    if (std::isdigit(static_cast<unsigned char>(label[0]))) label.insert(0, "_");
    while (labels.contains(label)) label += "_";  // two dimensions may become one label
    labels.emplace(std::move(label), value);
  }
  std::string out;
  for (const auto& [name, value] : labels) out += fmt::format("{}{}={}", out.empty() ? "" : ",", name, quoted_label(value));
  return out.empty() ? out : "{" + out + "}";
}

}  // namespace

std::string prometheus_text(const state::MetricStore& metrics, Instant since) {
  std::map<std::string, std::map<std::string, double>> families;  // one line each, also where two metrics get one name
  std::size_t shown = 0, left_out = 0;
  for (const model::MetricName& metric : metrics.list(since)) {
    if (shown == kMetricsMax) {
      ++left_out;
      continue;
    }
    const auto point = metrics.newest(metric);
    if (!point || point->sample_count <= 0) continue;
    ++shown;
    const std::string family = family_of(metric), labels = labels_of(metric);
    families[family + "_average"][labels] = point->sum / point->sample_count;
    families[family + "_sum"][labels] = point->sum;
    families[family + "_minimum"][labels] = point->minimum;
    families[family + "_maximum"][labels] = point->maximum;
    families[family + "_sample_count"][labels] = point->sample_count;
  }
  std::string text;
  for (const auto& [family, lines] : families) {
    text += fmt::format("# TYPE {} gauge\n", family);
    for (const auto& [labels, value] : lines) text += fmt::format("{}{} {}\n", family, labels, value);
  }
  if (left_out > 0) text += fmt::format("# TYPE scaleout_metrics_left_out gauge\nscaleout_metrics_left_out {}\n", left_out);
  return text;
}

}  // namespace engine
