// The datapoints of one metric in memory, in order of time. Used by the metric store only.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "model/metric.h"
#include "state/metric_store.h"

namespace state {

class MetricSeries {
 public:
  struct Point {
    model::Datapoint data;
    bool written = false;  ///< the disk's thread has it as it is
  };

  /// True if the point was not waiting to be written before.
  bool put(model::Datapoint point, bool written = false);
  /// Points of [start, end), oldest first.
  template <class F>
  void each(Instant start, Instant end, F&& take) const {
    for (auto point = from(start); point != points_.end() && point->data.at < end; ++point) take(point->data);
  }
  /// Points not written yet, marked as written now.
  template <class F>
  void take_unwritten(F&& take) {
    for (auto point = points_.begin() + (from(unwritten_from_) - points_.begin()); point != points_.end(); ++point) {
      if (!std::exchange(point->written, true)) take(point->data);
    }
    unwritten_from_ = kNever;
  }
  /// Lets go of what was written and is from before; how many.
  std::size_t forget(Instant before);
  std::size_t size() const { return points_.size(); }
  const model::Datapoint* newest() const { return points_.empty() ? nullptr : &points_.back().data; }

  std::int64_t id = 0;
  bool named = false;    ///< the disk knows its name
  Instant last{};        ///< of its newest datapoint ever
  Instant named_last{};  ///< what the disk knows of that

 private:
  std::vector<Point>::const_iterator from(Instant start) const;
  std::vector<Point> points_;
  Instant unwritten_from_ = kNever;
};

/// Puts the samples of two datapoints together. More than some hundred different values are rounded to 1 % of their size;
/// a bare statistic set makes the whole bare.
void merge(model::Datapoint& into, const model::Datapoint& more);

/// Adds datapoints in order of time to the buckets of a query, which outlives it.
class BucketMaker {
 public:
  explicit BucketMaker(const MetricRead& query) : query_(query) {}
  void add(const model::Datapoint& point);
  std::vector<MetricBucket> take();

 private:
  const MetricRead& query_;
  std::vector<MetricBucket> buckets_;
  bool bare_ = false;
};

}  // namespace state
