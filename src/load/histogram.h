// A log-linear histogram of durations: 2,048 exact values, then 1,024 steps to each doubling, so that a value between 1 µs
// and 60 s is known to 0.1 % (three digits). Recording is one increment. Used for everything load reports; knows no clock.
// The counters lie as HdrHistogram(1, 60e9 ns, 3 digits) has them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace load {

class Histogram {
 public:
  Histogram();

  /// Longer than the range (68 s) counts as the range; max() is exact all the same. Negative counts as 0.
  void record(std::int64_t nanoseconds);
  void merge(const Histogram& other);
  void clear();

  std::uint64_t count() const { return count_; }
  std::int64_t max() const { return max_; }
  std::int64_t min() const { return count_ == 0 ? 0 : min_; }
  double mean() const { return count_ == 0 ? 0 : sum_ / static_cast<double>(count_); }
  /// The smallest recorded value that at least `percent` of all values do not exceed, rounded up within its step and never
  /// above max(). 0 when nothing was recorded.
  std::int64_t percentile(double percent) const;

 private:
  static constexpr int kSubBucketBits = 10;  // 1,024 steps to a doubling: 0.1 %
  static constexpr int kValueBits = 36;      // 2^36 ns = 68.7 s
  static constexpr std::size_t kSize = (kValueBits - kSubBucketBits + 1) << kSubBucketBits;
  static std::size_t index_of(std::uint64_t value);
  static std::int64_t highest_of(std::size_t index);

  std::unique_ptr<std::array<std::uint64_t, kSize>> counts_;
  std::uint64_t count_ = 0;
  double sum_ = 0;
  std::int64_t min_ = INT64_MAX, max_ = 0;
};

}  // namespace load
