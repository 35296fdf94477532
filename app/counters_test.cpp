#include "app/counters.h"

#include <doctest/doctest.h>

#include <sstream>

using namespace http_api;

TEST_CASE("every metric line has a TYPE before it and a number at its end") {
  Counters counters;
  counters.count_answer(Route::api, 200);
  counters.count_answer(Route::not_found, 404);
  std::istringstream lines(counters.render({.cpu_seconds = 1.5, .resident_bytes = 4096, .app_version = "v"}));
  std::string line;
  std::string typed;
  int samples = 0;
  while (std::getline(lines, line)) {
    CAPTURE(line);
    if (line.starts_with("# TYPE ")) typed = line.substr(7, line.find(' ', 7) - 7);
    if (line.starts_with('#')) continue;
    ++samples;
    CHECK(line.substr(0, line.find_first_of("{ ")) == typed);
    CHECK_NOTHROW(static_cast<void>(std::stod(line.substr(line.rfind(' ')))));
  }
  CHECK(samples == 10);
}

TEST_CASE("the process's own facts are measured") {
  CHECK(process_cpu_seconds() > 0);
  CHECK(process_resident_bytes() > 100'000);
}
