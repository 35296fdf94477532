#include "load/histogram.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/random.h"

using load::Histogram;

TEST_CASE("percentiles agree with an exact sort to three digits, from 1 us to 60 s") {
  Random random(7);
  for (const double exponent_span : {2.0, 5.0, 7.77}) {
    Histogram histogram;
    std::vector<std::int64_t> values;
    for (int i = 0; i < 20000; ++i) {
      const double unit = static_cast<double>(random.next() >> 11) / 9007199254740992.0;
      values.push_back(static_cast<std::int64_t>(1000.0 * std::pow(10.0, unit * exponent_span)));
      histogram.record(values.back());
    }
    std::sort(values.begin(), values.end());
    for (const double percent : {0.0, 1.0, 50.0, 90.0, 99.0, 99.9, 99.99, 100.0}) {
      const auto rank = std::max<std::int64_t>(1, static_cast<std::int64_t>(std::ceil(percent / 100 * 20000 - 1e-9)));
      const double exact = static_cast<double>(values[static_cast<std::size_t>(rank - 1)]);
      const double shown = static_cast<double>(histogram.percentile(percent));
      CAPTURE(percent);
      CHECK(shown >= exact);  // rounded up: never better than it was
      CHECK(shown <= exact * 1.001);
    }
    CHECK(histogram.max() == values.back());
    CHECK(histogram.min() == values.front());
    CHECK(histogram.percentile(100) == values.back());
  }
}

TEST_CASE("small values are exact, each to the nanosecond below 2048 ns") {
  for (const std::int64_t value : {0, 1, 2047}) {
    Histogram histogram;
    histogram.record(value);
    histogram.record(1'000'000);
    CHECK(histogram.percentile(50) == value);
  }
}

TEST_CASE("a value beyond the range keeps the exact maximum") {
  Histogram histogram;
  histogram.record(1000);
  histogram.record(90'000'000'000);
  CHECK(histogram.percentile(99) == 90'000'000'000);
  CHECK(histogram.max() == 90'000'000'000);
}

TEST_CASE("an empty histogram answers 0 and a merged one is the sum of its parts") {
  Histogram a, b, both;
  CHECK(a.percentile(99) == 0);
  CHECK(a.mean() == 0);
  for (std::int64_t i = 1; i <= 1000; ++i) {
    (i % 2 == 0 ? a : b).record(i * 1000);
    both.record(i * 1000);
  }
  a.merge(b);
  CHECK(a.count() == 1000);
  CHECK(a.mean() == doctest::Approx(500'500));
  for (const double percent : {10.0, 50.0, 99.0}) CHECK(a.percentile(percent) == both.percentile(percent));
  a.clear();
  CHECK(a.count() == 0);
  CHECK(a.percentile(50) == 0);
}
