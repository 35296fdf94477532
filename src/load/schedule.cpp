#include "load/schedule.h"

#include <algorithm>
#include <cmath>

namespace load {

namespace {

double seconds_of(Nanoseconds length) { return static_cast<double>(length.count()) / 1e9; }

/// Exponential with mean 1: the distance between two arrivals of a Poisson process of rate 1.
double exponential(Random& random) {
  const double unit = (static_cast<double>(random.next() >> 11) + 1) / 9007199254740993.0;  // (0, 1)
  return -std::log(unit);
}

}  // namespace

Schedule::Schedule(std::vector<Stage> stages, Arrival arrival, std::uint64_t seed) : arrival_(arrival), random_(seed) {
  for (const Stage& stage : stages) {
    const double count = (stage.from + stage.to) / 2 * seconds_of(stage.length);
    parts_.push_back({stage, length_, total_, count});
    length_ += stage.length;
    total_ += count;
  }
  if (arrival_ == Arrival::poisson) position_ = exponential(random_);
}

Nanoseconds Schedule::offset_within(const Stage& stage, double requests) {
  if (requests <= 0) return Nanoseconds(0);
  // from·t + slope·t²/2 = requests, solved for t in the form that loses no digits when the slope is small.
  const double slope = (stage.to - stage.from) / seconds_of(stage.length);
  const double root = std::sqrt(std::max(0.0, stage.from * stage.from + 2 * slope * requests));
  const double t = 2 * requests / (stage.from + root);
  return std::min(stage.length, Nanoseconds(static_cast<std::int64_t>(std::llround(t * 1e9))));
}

std::optional<Schedule::Due> Schedule::next() {
  // The area of the stages is a sum of rounded numbers: the request that falls on the very end is not due any more.
  if (position_ >= total_ - 1e-6) return std::nullopt;
  while (part_ + 1 < parts_.size() && position_ >= parts_[part_ + 1].first) ++part_;
  const Part& part = parts_[part_];
  const Due due{part.start + offset_within(part.stage, position_ - part.first), part_};
  ++sent_;
  // Uniform positions are counted, not summed: no error grows over a long run.
  position_ = arrival_ == Arrival::uniform ? static_cast<double>(sent_) : position_ + exponential(random_);
  return due;
}

std::size_t Schedule::stage_at(Nanoseconds at) const {
  std::size_t stage = 0;
  while (stage + 1 < parts_.size() && at >= parts_[stage + 1].start) ++stage;
  return stage;
}

double Schedule::expected_before(Nanoseconds at) const {
  if (at <= Nanoseconds(0)) return 0;
  if (at >= length_) return total_;
  const Part& part = parts_[stage_at(at)];
  return part.first + (part.stage.from + rate_at(at)) / 2 * seconds_of(at - part.start);
}

double Schedule::rate_at(Nanoseconds at) const {
  if (at < Nanoseconds(0) || at >= length_) return 0;
  const Part& part = parts_[stage_at(at)];
  const double share = seconds_of(at - part.start) / seconds_of(part.stage.length);
  return part.stage.from + (part.stage.to - part.stage.from) * share;
}

}  // namespace load
