#include "load/schedule.h"

#include <doctest/doctest.h>

#include <cmath>

using namespace std::chrono_literals;
using load::Arrival;
using load::Schedule;
using load::Stage;

namespace {

std::vector<Schedule::Due> all(Schedule schedule) {
  std::vector<Schedule::Due> found;
  while (const auto due = schedule.next()) found.push_back(*due);
  return found;
}

}  // namespace

TEST_CASE("a uniform schedule has even gaps from the first moment on") {
  const auto due = all(Schedule({{1000, 1000, 2s}}, Arrival::uniform, 1));
  REQUIRE(due.size() == 2000);
  for (std::size_t i = 0; i < due.size(); ++i) CHECK(due[i].at == std::chrono::milliseconds(i));
}

TEST_CASE("an uneven rate does not drift over an hour") {
  Schedule schedule({{333.3, 333.3, 3600s}}, Arrival::uniform, 1);
  std::optional<Schedule::Due> last;
  std::size_t count = 0;
  while (const auto due = schedule.next()) {
    last = due;
    ++count;
  }
  CHECK(count == 1199880);
  CHECK(std::abs(static_cast<double>(last->at.count()) - 1199879 / 333.3 * 1e9) < 1000);
}

TEST_CASE("a ramp sends half of its requests in the last 1 - sqrt(1/2) of its time") {
  const Schedule schedule({{0, 1000, 10s}}, Arrival::uniform, 1);
  CHECK(schedule.expected() == 5000);
  CHECK(schedule.rate_at(5s) == 500);
  const auto due = all(schedule);
  REQUIRE(due.size() == 5000);
  CHECK(due[0].at == 0ns);
  CHECK(std::abs(static_cast<double>(due[2500].at.count()) / 1e9 - 10 / std::sqrt(2.0)) < 1e-6);
  for (std::size_t i = 1; i < due.size(); ++i) CHECK(due[i].at > due[i - 1].at);
  const auto down = all(Schedule({{1000, 0, 10s}}, Arrival::uniform, 1));
  REQUIRE(down.size() == 5000);
  CHECK(std::abs(static_cast<double>(down[2500].at.count()) / 1e9 - (10 - 10 / std::sqrt(2.0))) < 1e-6);
}

TEST_CASE("stages follow each other and a pause sends nothing") {
  const auto due = all(Schedule({{10, 10, 1s}, {0, 0, 5s}, {20, 20, 1s}}, Arrival::uniform, 1));
  REQUIRE(due.size() == 30);
  CHECK(due[9].at == 900ms);
  CHECK(due[9].stage == 0);
  CHECK(due[10].at == 6s);
  CHECK(due[10].stage == 2);
  CHECK(due[29].at == 6950ms);
}

TEST_CASE("poisson arrivals have the rate, the spread, and the same moments from the same seed") {
  const std::vector<Stage> stages{{1000, 1000, 100s}};
  const auto due = all(Schedule(stages, Arrival::poisson, 42));
  // 100,000 expected, standard deviation 316.
  CHECK(std::abs(static_cast<double>(due.size()) - 100000) < 5 * 316);
  double sum = 0, squares = 0;
  for (std::size_t i = 1; i < due.size(); ++i) {
    const double gap = static_cast<double>((due[i].at - due[i - 1].at).count()) / 1e6;
    sum += gap;
    squares += gap * gap;
  }
  const double n = static_cast<double>(due.size() - 1), mean = sum / n;
  CHECK(std::abs(mean - 1) < 0.02);
  CHECK(std::abs(std::sqrt(squares / n - mean * mean) - 1) < 0.03);  // an exponential's deviation is its mean
  const auto again = all(Schedule(stages, Arrival::poisson, 42));
  REQUIRE(again.size() == due.size());
  for (std::size_t i = 0; i < due.size(); i += 997) CHECK(again[i].at == due[i].at);
  CHECK(all(Schedule(stages, Arrival::poisson, 43))[0].at != due[0].at);
}
