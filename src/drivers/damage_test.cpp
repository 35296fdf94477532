// The files of tasks, read back after they were damaged: a crash of the machine may leave anything in them.
#include <doctest/doctest.h>

#include "base/testing/damage.h"
#include "drivers/conformance_rigs.h"
#include "drivers/log_line.h"
#include "drivers/process/container_files.h"
#include "drivers/spec_json.h"

namespace drivers {

TEST_CASE("damaged specifications of tasks are read or are InvalidSpec") {
  TaskSpec task = testing::probe_task({"a", "b"});
  ContainerSpec& container = task.containers[0];
  container.environment = {{"KEY", "va=l\nue\"\\"}};
  container.memory = MiB{128};
  container.ports = {{8080, "127.0.1.7", 32768, "tcp"}};
  container.depends_on = {{"x", "START"}};
  container.health_check = HealthCheck{{"CMD-SHELL", "true"}, Duration(1), Duration(2), Duration(3), 4};
  int read = 0, refused = 0;
  ::testing::feed_damaged(spec_to_json(task), 1, 3000, [&](const std::string& text) {
    const auto spec = spec_from_json(text);
    spec ? ++read : ++refused;
    if (!spec) CHECK(spec.error().code == "InvalidSpec");
  });
  CHECK(read > 10);
  CHECK(refused > 100);
}

TEST_CASE("numbers of a specification that no int holds are InvalidSpec") {
  TaskSpec task = testing::probe_task({});
  task.containers[0].ports = {{8080, "127.0.1.7", 32768, "tcp"}};
  const std::string good = spec_to_json(task);
  for (const char* number : {"1e300", "-1e300", "18446744073709551615", "80.5", "\"80\"", "null"}) {
    std::string text = good;
    const std::size_t at = text.find("8080");
    REQUIRE(at != std::string::npos);
    text.replace(at, 4, number);
    CAPTURE(number);
    CHECK(spec_from_json(text).error().code == "InvalidSpec");
  }
}

TEST_CASE("damaged launch and status files are read as far as they make sense") {
  process::Launch launch;
  launch.arguments = {"/app", "", "a b\n\"c"};
  launch.environment = {"A=1\n2", "B="};
  launch.health_command = {"/app", "--health"};
  ::testing::feed_damaged(process::encode(launch), 2, 3000, [](const std::string& bytes) {
    CHECK(process::decode_launch(bytes).arguments.size() <= bytes.size());
  });
  process::Status status;
  status.shim_pid = 4;
  status.shim_start = 99;
  status.boot_id = "b";
  status.exit_code = 137;
  status.reason = "OutOfMemoryError: two words";
  ::testing::feed_damaged(process::encode(status), 3, 3000, [](const std::string& text) {
    CHECK(process::decode_status(text).reason.size() <= text.size());
  });
}

TEST_CASE("damaged log lines are read or are none") {
  int read = 0, refused = 0;
  ::testing::feed_damaged("2026-11-23T16:50:31.123Z stderr P half a line", 4, 3000, [&](const std::string& text) {
    const auto line = parse_log_line(text);
    line ? ++read : ++refused;
    if (line) CHECK(line->text.size() <= text.size());
  });
  CHECK(read > 100);
  CHECK(refused > 100);
}

}  // namespace drivers
