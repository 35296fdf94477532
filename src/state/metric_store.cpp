#include "state/metric_store.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace state {

namespace {

class InMemory final : public MetricStore {
 public:
  void put(const model::MetricName& metric, model::Datapoint point) override {
    points_[metric].emplace(point.at, std::move(point));
  }

  std::vector<MetricBucket> read(const MetricRead& query) const override {
    std::vector<MetricBucket> buckets;
    const auto found = points_.find(query.metric);
    if (found == points_.end() || query.period <= Duration(0)) return buckets;
    bool bare = false;
    for (auto at = found->second.lower_bound(query.start); at != found->second.end() && at->first < query.end; ++at) {
      const model::Datapoint& point = at->second;
      if (!query.unit.empty() && query.unit != point.unit) continue;
      const Instant start = instant_from_ms(to_ms(at->first) / query.period.count() * query.period.count());
      if (buckets.empty() || buckets.back().start != start) {
        buckets.push_back({.start = start, .minimum = point.minimum, .maximum = point.maximum});
        bare = false;
      }
      MetricBucket& bucket = buckets.back();
      bucket.sample_count += point.sample_count;
      bucket.sum += point.sum;
      bucket.minimum = std::min(bucket.minimum, point.minimum);
      bucket.maximum = std::max(bucket.maximum, point.maximum);
      bare = bare || point.values.empty();
      if (bare) {
        bucket.values.clear();
      } else {
        bucket.values.insert(bucket.values.end(), point.values.begin(), point.values.end());
      }
    }
    for (MetricBucket& bucket : buckets) std::ranges::sort(bucket.values);
    return buckets;
  }

  std::vector<model::MetricName> list(Instant since) const override {
    std::vector<model::MetricName> names;
    for (const auto& [name, points] : points_) {
      if (!points.empty() && points.rbegin()->first >= since) names.push_back(name);
    }
    return names;
  }

 private:
  std::map<model::MetricName, std::multimap<Instant, model::Datapoint>> points_;
};

}  // namespace

std::unique_ptr<MetricStore> MetricStore::in_memory() { return std::make_unique<InMemory>(); }

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
