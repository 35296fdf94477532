// CloudWatch's datapoints: what the engine measures and what PutMetricData brings. Used by the cloudwatch service and by
// the engine (publishing, alarms), on the owner thread.
//
// Datapoints are the one exception to "acknowledged = durable": they are answered from memory and flushed each second.
// Kept 15 days at 60 s, finer ones three hours (as CloudWatch does); memory is bounded, older ones are read from disk.
// Datapoints of a metric with the same time and unit are one: their samples are put together.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "model/metric.h"

namespace state {

/// Datapoints of one period, together.
struct MetricBucket {
  Instant start{};
  double sample_count = 0, sum = 0, minimum = 0, maximum = 0;
  std::vector<std::pair<double, double>> values;  ///< value and count, ascending; empty when one came as a bare set, or unasked
  std::string unit;                               ///< of its first datapoint
  double average() const { return sample_count > 0 ? sum / sample_count : 0; }
};

/// Where the store holds a metric: for callers that read the same one again and again, without a look-up by its name.
struct MetricPlace {
  const class MetricSeries* series = nullptr;
  std::uint64_t forgettings = 0;  ///< a place from before the store forgot names may be gone
};

/// Periods are real time: the caller has applied the time scale. Buckets start at multiples of the period since the epoch.
struct MetricRead {
  const model::MetricName& metric;
  Instant start{}, end{};   ///< end not included
  Duration period{60'000};
  std::string_view unit;    ///< empty: any
  MetricPlace* place = nullptr;  ///< of this metric; filled by the first read
  bool values = true;       ///< false: not the single values, which percentiles alone are made of
};

struct MetricStoreOptions {
  std::int64_t bytes_max = 512 << 20;    ///< on disk; beyond it the oldest go
  std::size_t points_in_memory = 200'000;
  std::size_t metrics_max = 100'000;     ///< names; datapoints of further ones are dropped, and counted
};

class MetricStore {
 public:
  /// `now`: decides what is recent enough to be loaded into memory.
  static Result<std::unique_ptr<MetricStore>> open(const std::filesystem::path& directory, Instant now,
                                                   MetricStoreOptions options = {});
  static std::unique_ptr<MetricStore> in_memory();
  virtual ~MetricStore() = default;

  virtual void put(const model::MetricName& metric, model::Datapoint point) = 0;
  /// In order of time; a period without a datapoint has no bucket (missing is not zero).
  virtual std::vector<MetricBucket> read(const MetricRead& query) const = 0;
  /// Every metric with a datapoint since then, in order.
  virtual std::vector<model::MetricName> list(Instant since) const = 0;
  /// Its newest datapoint, if memory still has it.
  virtual std::optional<model::Datapoint> newest(const model::MetricName& metric) const = 0;

  /// Hands what is new to the disk's thread and lets go of what is old; each second. Returns at once.
  virtual void flush(Instant now) = 0;
  /// Until all that was flushed is written (or dropped). Shutdown and tests.
  virtual void wait_until_written() const = 0;
  virtual void clear() = 0;
  /// Datapoints that the disk did not take, or for which there was no room.
  virtual std::uint64_t dropped() const = 0;
};

/// "Average", "Sum", "Minimum", "Maximum", "SampleCount", "p99.9", "p50"…; nothing when the bucket cannot tell (a
/// percentile of bare statistic sets) or the statistic is unknown.
std::optional<double> statistic_of(const MetricBucket& bucket, const std::string& statistic);

}  // namespace state
