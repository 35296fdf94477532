// An engine that may be killed: `drivers_engine_standin STATE-DIR ROOT SHIM SPEC-FILE COMMAND` makes a process driver there, adopts,
// then starts the task of the file (COMMAND start) or stops it (COMMAND stop), writes each event as a line and runs on
// until someone kills it. SCALEOUT_CRASH_AT makes it die at a named step by itself.
#include <unistd.h>

#include <cstdio>
#include <string>

#include "drivers/files.h"
#include "drivers/process/process_driver.h"
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
  if (argc != 6) return 2;
  const std::string root = argv[2], command = argv[5];
  const auto spec = drivers::spec_from_json(drivers::read_whole(argv[4]).value_or(""));
  if (!spec) return 2;
  SteadyWallClock clock;
  Printer printer;
  drivers::process::ProcessOptions options;
  options.state_directory = argv[1];
  options.find_image = [root](const drivers::ContainerSpec&) -> Result<drivers::process::ImageRoot> {
    drivers::process::ImageRoot image;
    image.path = root;
    return image;
  };
  options.shim_command = {argv[3]};
  drivers::process::ProcessDriver driver(std::move(options), clock, printer);
  driver.adopt();
  if (command == "start") driver.start(*spec);
  if (command == "stop") driver.stop(spec->task_id);
  for (;;) ::pause();
}
