#include "state/metric_series.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace state {

namespace {

constexpr std::size_t kExactValues = 300;  // kept as they came; more are rounded
constexpr double kRounding = 1.01;
constexpr std::size_t kBucketsReserved = 64;

double rounded(double value) {
  if (value == 0 || !std::isfinite(value)) return value;
  const double size = std::pow(kRounding, std::round(std::log(std::abs(value)) / std::log(kRounding)));
  return value < 0 ? -size : size;
}

void round_values(std::vector<std::pair<double, double>>& values) {
  std::size_t last = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i].first = rounded(values[i].first);
    if (i > 0 && values[last].first == values[i].first) {
      values[last].second += values[i].second;
    } else if (i > 0) {
      values[++last] = values[i];
    }
  }
  if (!values.empty()) values.resize(last + 1);
}

}  // namespace

void merge(model::Datapoint& into, const model::Datapoint& more) {
  if (more.sample_count <= 0) return;
  const bool bare = into.values.empty() || more.values.empty();
  into.minimum = std::min(into.minimum, more.minimum);
  into.maximum = std::max(into.maximum, more.maximum);
  into.sample_count += more.sample_count;
  into.sum += more.sum;
  if (bare) {
    into.values.clear();
    return;
  }
  for (const auto& value : more.values) {
    const auto at = std::ranges::lower_bound(into.values, value.first, {}, &std::pair<double, double>::first);
    if (at != into.values.end() && at->first == value.first) {
      at->second += value.second;
    } else {
      into.values.insert(at, value);
    }
  }
  if (into.values.size() > kExactValues) round_values(into.values);
}

std::vector<MetricSeries::Point>::const_iterator MetricSeries::from(Instant start) const {
  return std::lower_bound(points_.begin(), points_.end(), start,
                          [](const Point& point, Instant at) { return point.data.at < at; });
}

bool MetricSeries::put(model::Datapoint point, bool written) {
  last = std::max(last, point.at);
  if (!written) unwritten_from_ = std::min(unwritten_from_, point.at);
  std::ranges::sort(point.values);
  const auto after = std::upper_bound(points_.begin(), points_.end(), point.at,
                                      [](Instant at, const Point& other) { return at < other.data.at; });
  for (auto same = after; same != points_.begin() && std::prev(same)->data.at == point.at; --same) {
    Point& present = *std::prev(same);
    if (present.data.unit != point.unit) continue;
    merge(present.data, point);
    return std::exchange(present.written, written);
  }
  points_.insert(after, {std::move(point), written});
  return !written;
}

std::size_t MetricSeries::forget(Instant before) {
  auto end = points_.begin();
  while (end != points_.end() && end->data.at < before && end->written) ++end;
  const auto gone = static_cast<std::size_t>(end - points_.begin());
  points_.erase(points_.begin(), end);
  return gone;
}

void BucketMaker::add(const model::Datapoint& point) {
  if (!query_.unit.empty() && query_.unit != point.unit) return;
  const Duration period = query_.period;
  const Instant start = instant_from_ms(to_ms(point.at) / period.count() * period.count());
  if (buckets_.empty()) {
    const auto room = static_cast<std::size_t>((query_.end - start) / period + 1);
    buckets_.reserve(std::min(room, kBucketsReserved));
  }
  if (buckets_.empty() || buckets_.back().start != start) {
    buckets_.push_back({.start = start, .minimum = point.minimum, .maximum = point.maximum, .unit = point.unit});
    bare_ = false;
  }
  MetricBucket& bucket = buckets_.back();
  bucket.sample_count += point.sample_count;
  bucket.sum += point.sum;
  bucket.minimum = std::min(bucket.minimum, point.minimum);
  bucket.maximum = std::max(bucket.maximum, point.maximum);
  bare_ = bare_ || point.values.empty() || !query_.values;
  if (bare_) {
    bucket.values.clear();
  } else {
    bucket.values.insert(bucket.values.end(), point.values.begin(), point.values.end());
  }
}

std::vector<MetricBucket> BucketMaker::take() {
  for (MetricBucket& bucket : buckets_) std::ranges::sort(bucket.values);
  return std::move(buckets_);
}

std::optional<double> statistic_of(const MetricBucket& bucket, const std::string& statistic) {
  if (bucket.sample_count <= 0) return std::nullopt;
  if (statistic == "Average") return bucket.average();
  if (statistic == "Sum") return bucket.sum;
  if (statistic == "Minimum") return bucket.minimum;
  if (statistic == "Maximum") return bucket.maximum;
  if (statistic == "SampleCount") return bucket.sample_count;
  if (!statistic.starts_with("p") || bucket.values.empty()) return std::nullopt;
  char* end = nullptr;
  const double percent = std::strtod(statistic.c_str() + 1, &end);
  if (end == statistic.c_str() + 1 || *end != '\0' || percent < 0 || percent > 100) return std::nullopt;
  double total = 0;
  for (const auto& [value, count] : bucket.values) total += count;
  const double rank = std::ceil(total * percent / 100);
  double seen = 0;
  for (const auto& [value, count] : bucket.values) {
    seen += count;
    if (seen >= rank) return value;
  }
  return bucket.maximum;
}

}  // namespace state
