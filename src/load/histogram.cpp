#include "load/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace load {

Histogram::Histogram() : counts_(std::make_unique<std::array<std::uint64_t, kSize>>()) { counts_->fill(0); }

std::size_t Histogram::index_of(std::uint64_t value) {
  // Below 2^11 each value has a counter; above, the top 11 bits choose it.
  const int shift = std::max(0, static_cast<int>(std::bit_width(value)) - kSubBucketBits - 1);
  return (static_cast<std::size_t>(shift) << kSubBucketBits) + static_cast<std::size_t>(value >> shift);
}

std::int64_t Histogram::highest_of(std::size_t index) {
  const std::size_t group = index >> kSubBucketBits;
  const int shift = group == 0 ? 0 : static_cast<int>(group) - 1;
  const std::uint64_t top = index - (static_cast<std::size_t>(shift) << kSubBucketBits);
  return static_cast<std::int64_t>(((top + 1) << shift) - 1);
}

void Histogram::record(std::int64_t nanoseconds) {
  const std::int64_t value = std::max<std::int64_t>(0, nanoseconds);
  ++(*counts_)[std::min(index_of(static_cast<std::uint64_t>(value)), kSize - 1)];
  ++count_;
  sum_ += static_cast<double>(value);
  min_ = std::min(min_, value);
  max_ = std::max(max_, value);
}

void Histogram::merge(const Histogram& other) {
  for (std::size_t i = 0; i < kSize; ++i) (*counts_)[i] += (*other.counts_)[i];
  count_ += other.count_;
  sum_ += other.sum_;
  min_ = std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
}

void Histogram::clear() {
  if (count_ == 0) return;
  counts_->fill(0);
  count_ = 0;
  sum_ = 0;
  min_ = INT64_MAX;
  max_ = 0;
}

std::int64_t Histogram::percentile(double percent) const {
  if (count_ == 0) return 0;
  const double wanted = std::ceil(percent / 100.0 * static_cast<double>(count_) - 1e-9);
  const std::uint64_t rank = std::clamp<std::uint64_t>(static_cast<std::uint64_t>(std::max(1.0, wanted)), 1, count_);
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < kSize; ++i) {
    seen += (*counts_)[i];
    // The last counter also holds what lies beyond the range.
    if (seen >= rank) return i == kSize - 1 ? max_ : std::min(highest_of(i), max_);
  }
  return max_;
}

}  // namespace load
