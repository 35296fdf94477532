#include "load/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdlib>

namespace load {

namespace {

constexpr double kMostRate = 10'000'000;
constexpr auto kLongest = std::chrono::hours(24 * 7);

Error wrong(std::string message) { return {"InvalidPlan", std::move(message)}; }

std::optional<double> number(const std::string& text) {
  if (text.empty() || text.find_first_not_of("0123456789.") != std::string::npos) return std::nullopt;
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (end != text.c_str() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

Result<Stage> parse_stage(const std::string& text) {
  const std::string shape = "'" + text + "' is not a stage; write RATE:DURATION or FROM-TO:DURATION, as in 250:1m or 750-1000:2m";
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos) return tl::unexpected(wrong(shape));
  const std::string rates = text.substr(0, colon);
  const std::size_t dash = rates.find('-');
  const auto from = number(rates.substr(0, dash));
  const auto to = dash == std::string::npos ? from : number(rates.substr(dash + 1));
  if (!from || !to) return tl::unexpected(wrong(shape));
  TRY(const Nanoseconds length, parse_duration(text.substr(colon + 1)));
  return Stage{*from, *to, length};
}

bool token(const std::string& text) {
  static const std::string kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || kMarks.find(static_cast<char>(c)) != std::string::npos;
  });
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

}  // namespace

Result<Nanoseconds> parse_duration(const std::string& text) {
  static const std::pair<const char*, double> kUnits[] = {{"h", 3600e9}, {"ms", 1e6}, {"us", 1e3}, {"ns", 1}, {"m", 60e9}, {"s", 1e9}};
  double total = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t digits = std::min(text.find_first_not_of("0123456789.", at), text.size());
    const std::size_t letters = std::min(text.find_first_of("0123456789.", digits), text.size());
    const auto value = number(text.substr(at, digits - at));
    const std::string unit = text.substr(digits, letters - digits);
    const auto* known = std::find_if(std::begin(kUnits), std::end(kUnits), [&](const auto& u) { return unit == u.first; });
    if (!value || known == std::end(kUnits)) {
      return tl::unexpected(wrong("'" + text + "' is not a duration; write it as 30s, 1m30s or 250ms"));
    }
    total += *value * known->second;
    at = letters;
  }
  if (text.empty()) return tl::unexpected(wrong("a duration is missing; write it as 30s, 1m30s or 250ms"));
  if (total > static_cast<double>(Nanoseconds(kLongest).count())) {
    return tl::unexpected(wrong("'" + text + "' is longer than a week"));
  }
  return Nanoseconds(static_cast<std::int64_t>(std::llround(total)));
}

Result<std::vector<Stage>> parse_stages(const std::string& text) {
  std::vector<Stage> stages;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t comma = std::min(text.find(',', at), text.size());
    TRY(Stage stage, parse_stage(text.substr(at, comma - at)));
    stages.push_back(stage);
    at = comma + 1;
  }
  return stages;
}

Result<Target> parse_target(const std::string& url) {
  if (url.starts_with("https://")) {
    return tl::unexpected(wrong("https is not served by load: it measures plain HTTP/1.1; give an http:// URL"));
  }
  if (!url.starts_with("http://")) {
    return tl::unexpected(wrong("'" + url + "' is not a URL that load knows; write it as http://127.0.0.1:8080/api"));
  }
  std::string rest = url.substr(7, url.find('#') == std::string::npos ? std::string::npos : url.find('#') - 7);
  Target target;
  const std::size_t path = rest.find_first_of("/?");
  target.authority = rest.substr(0, path);
  if (path != std::string::npos) target.path = (rest[path] == '?' ? "/" : "") + rest.substr(path);
  if (std::any_of(target.path.begin(), target.path.end(), [](unsigned char c) { return c <= 0x20 || c == 0x7f; })) {
    return tl::unexpected(wrong("the URL's path holds a blank or a control character; write a blank as %20"));
  }
  if (target.authority.find('@') != std::string::npos) {
    return tl::unexpected(wrong("a user name in the URL is not used; give --header 'Authorization: …'"));
  }
  const std::size_t bracket = target.authority.rfind(']');
  const std::size_t colon = target.authority.find(':', bracket == std::string::npos ? 0 : bracket);
  target.host = target.authority.substr(0, colon);
  if (bracket != std::string::npos && target.host.size() > 2) target.host = target.host.substr(1, target.host.size() - 2);
  if (target.host.empty()) return tl::unexpected(wrong("'" + url + "' names no host"));
  if (colon != std::string::npos) {
    const auto port = number(target.authority.substr(colon + 1));
    if (!port || *port < 1 || *port > 65535 || *port != std::floor(*port)) {
      return tl::unexpected(wrong("'" + target.authority.substr(colon + 1) + "' is not a port (1 to 65535)"));
    }
    target.port = static_cast<std::uint16_t>(*port);
  }
  return target;
}

Result<std::pair<std::string, std::string>> parse_header(const std::string& text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos || !token(text.substr(0, colon))) {
    return tl::unexpected(wrong("'" + text + "' is not a header; write it as 'Name: value'"));
  }
  const std::string name = text.substr(0, colon);
  if (lower(name) == "content-length" || lower(name) == "transfer-encoding") {
    return tl::unexpected(wrong("load sets " + name + " itself, from --body"));
  }
  const std::size_t start = text.find_first_not_of(" \t", colon + 1);
  const std::string value = start == std::string::npos ? "" : text.substr(start);
  if (std::any_of(value.begin(), value.end(), [](unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7f; })) {
    return tl::unexpected(wrong("the header " + name + " holds a control character"));
  }
  return std::pair(name, value);
}

Result<void> check(const Plan& plan) {
  if (!token(plan.method)) return tl::unexpected(wrong("'" + plan.method + "' is not an HTTP method"));
  if (plan.method == "CONNECT") return tl::unexpected(wrong("CONNECT has no answer to measure; choose another method"));
  if (plan.connections < 1) return tl::unexpected(wrong("at least one connection is needed"));
  if (plan.timeout <= Nanoseconds(0)) return tl::unexpected(wrong("the timeout must be longer than nothing"));
  if (plan.stages.empty()) return tl::unexpected(wrong("no rate is given; write --rate 100 --duration 30s, or --stages"));
  if (plan.closed_loop && plan.stages.size() != 1) return tl::unexpected(wrong("rate max has one stage only"));
  double most = 0;
  for (const Stage& stage : plan.stages) {
    if (stage.length <= Nanoseconds(0)) return tl::unexpected(wrong("a stage must be longer than nothing"));
    if (stage.from < 0 || stage.to < 0 || std::max(stage.from, stage.to) > kMostRate) {
      return tl::unexpected(wrong("a rate must lie between 0 and 10000000 requests a second"));
    }
    most = std::max({most, stage.from, stage.to});
  }
  if (most == 0 && !plan.closed_loop) return tl::unexpected(wrong("no stage has a rate above 0"));
  return {};
}

std::string duration_text(Nanoseconds length) {
  std::int64_t left = length.count();
  if (left < 1'000'000'000) {
    if (left % 1'000'000 == 0) return fmt::format("{}ms", left / 1'000'000);
    return left % 1000 == 0 ? fmt::format("{}us", left / 1000) : fmt::format("{}ns", left);
  }
  std::string text;
  for (const auto& [unit, size] : {std::pair("h", 3'600'000'000'000), std::pair("m", 60'000'000'000)}) {
    if (left >= size) text += fmt::format("{}{}", left / size, unit);
    left %= size;
  }
  if (left % 1'000'000'000 != 0) {
    text += fmt::format("{:g}s", static_cast<double>(left) / 1e9);
  } else if (left > 0) {
    text += fmt::format("{}s", left / 1'000'000'000);
  }
  return text;
}

std::string rate_text(double rate) { return fmt::format("{:.7g}", rate); }

std::string stages_text(const std::vector<Stage>& stages) {
  std::string text;
  for (const Stage& stage : stages) {
    if (!text.empty()) text += ", ";
    text += stage.from == stage.to ? fmt::format("{}/s for ", rate_text(stage.from))
                                   : fmt::format("{} to {}/s over ", rate_text(stage.from), rate_text(stage.to));
    text += duration_text(stage.length);
  }
  return text;
}

}  // namespace load
