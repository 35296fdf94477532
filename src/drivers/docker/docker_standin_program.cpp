// An engine that may be killed: `drivers_docker_standin STATE-DIR DAEMON SPEC-FILE` makes a docker driver there, adopts, starts
// the task of the file, writes each event as a line and runs on until someone kills it. SCALEOUT_CRASH_AT makes it die at a
// named step by itself.
#include <unistd.h>

#include <cstdio>
#include <string>

#include "drivers/docker/docker_driver.h"
#include "drivers/files.h"
#include "drivers/spec_json.h"

namespace {
class Printer final : public drivers::Sink {
 public:
  void on_event(drivers::Event event) override {
    if (std::holds_alternative<drivers::ContainerStarted>(event)) std::puts("started");
    if (std::holds_alternative<drivers::ContainerExited>(event)) std::puts("exited");
    std::fflush(stdout);
  }
};
}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const auto spec = drivers::spec_from_json(drivers::read_whole(argv[3]).value_or(""));
  if (!spec) return 2;
  SteadyWallClock clock;
  Printer printer;
  drivers::docker::DockerOptions options;
  options.state_directory = argv[1];
  options.daemon = argv[2];
  drivers::docker::DockerDriver driver(std::move(options), clock, printer);
  driver.adopt();
  driver.start(*spec);
  for (;;) ::pause();
}
