#include "load/slo.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <optional>

namespace load {

namespace {

using Of = Limit::Of;

struct Name {
  const char* text;
  Of of;
};
constexpr Name kNames[] = {{"p50", Of::p50}, {"p90", Of::p90},   {"p99", Of::p99},       {"p99.9", Of::p99_9},
                           {"max", Of::max}, {"mean", Of::mean}, {"errors", Of::errors_count}, {"rate", Of::rate}};

bool is_latency(Of of) { return of != Of::errors_percent && of != Of::errors_count && of != Of::rate; }

Error wrong(const std::string& text, const char* why) {
  return {"InvalidLimit", fmt::format("'{}' is not a limit: {}; write limits as in p99<200ms,errors<0.1%,rate>=990", text, why)};
}

std::optional<double> plain_number(const std::string& text) {
  if (text.empty() || text.find_first_not_of("0123456789.") != std::string::npos) return std::nullopt;
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  return end == text.c_str() + text.size() ? std::optional(value) : std::nullopt;
}

Result<Limit> parse_limit(const std::string& text) {
  const std::size_t sign = text.find_first_of("<>");
  if (sign == std::string::npos) return tl::unexpected(wrong(text, "it has no < or >"));
  const std::string name = text.substr(0, sign);
  const auto* known = std::find_if(std::begin(kNames), std::end(kNames), [&](const Name& n) { return name == n.text; });
  if (known == std::end(kNames)) return tl::unexpected(wrong(text, "it must begin with p50, p90, p99, p99.9, max, mean, errors or rate"));
  Limit limit{text, known->of, 0, text[sign] == '<', text.substr(sign + 1, 1) == "="};
  std::string bound = text.substr(sign + (limit.or_equal ? 2 : 1));
  if (limit.below == (limit.of == Of::rate)) return tl::unexpected(wrong(text, "a rate has a lower bound, everything else an upper one"));
  if (is_latency(limit.of)) {
    const auto length = parse_duration(bound);
    if (!length) return tl::unexpected(wrong(text, "its bound is no duration"));
    limit.bound = static_cast<double>(length->count());
    return limit;
  }
  if (limit.of == Of::errors_count && bound.ends_with('%')) {
    limit.of = Of::errors_percent;
    bound.pop_back();
  }
  const auto value = plain_number(bound);
  if (!value) return tl::unexpected(wrong(text, "its bound is no number"));
  limit.bound = *value;
  return limit;
}

double value_of(Of of, const Outcome& outcome) {
  const Latencies& latency = outcome.latency;
  switch (of) {
    case Of::p50: return static_cast<double>(latency.p50);
    case Of::p90: return static_cast<double>(latency.p90);
    case Of::p99: return static_cast<double>(latency.p99);
    case Of::p99_9: return static_cast<double>(latency.p99_9);
    case Of::max: return static_cast<double>(latency.max);
    case Of::mean: return latency.mean;
    case Of::errors_percent: return outcome.error_share() * 100;
    case Of::errors_count: return static_cast<double>(outcome.counts.failed);
    case Of::rate: return outcome.achieved_rate;
  }
  return 0;
}

}  // namespace

Result<std::vector<Limit>> parse_limits(const std::string& text) {
  std::vector<Limit> limits;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t comma = std::min(text.find(',', at), text.size());
    TRY(Limit limit, parse_limit(text.substr(at, comma - at)));
    limits.push_back(std::move(limit));
    at = comma + 1;
  }
  return limits;
}

std::vector<Judged> judge(const std::vector<Limit>& limits, const Outcome& outcome) {
  std::vector<Judged> judged;
  for (const Limit& limit : limits) {
    const double value = value_of(limit.of, outcome);
    const bool kept = (limit.below ? value < limit.bound : value > limit.bound) || (limit.or_equal && value == limit.bound);
    judged.push_back({limit, value, kept && (!is_latency(limit.of) || outcome.latency.count > 0)});
  }
  return judged;
}

std::string judged_text(const Judged& judged) {
  std::string value = fmt::format("{:.4g}", judged.value);
  if (is_latency(judged.limit.of)) value = fmt::format("{:.4g} ms", judged.value / 1e6);
  if (judged.limit.of == Of::errors_percent) value += " %";
  if (judged.limit.of == Of::rate) value += "/s";
  return judged.limit.text + ": " + value + (judged.met ? ", met" : ", NOT met");
}

}  // namespace load
