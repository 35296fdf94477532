// The shim as a program of its own: static, so that a thousand of them cost little memory (the engine's binary would
// bring its libraries into each). As `scaleout-shim pause` it only waits for SIGTERM: being static it is also all that
// a container needs whose one task is to hold a network (docker/network_holder.h).
#include <signal.h>
#include <unistd.h>

#include <cstring>

#include "drivers/process/shim/shim.h"

namespace {
/// A process 1 has no default for signals, so it says what SIGTERM does.
[[noreturn]] void wait_for_end() {
  ::signal(SIGTERM, [](int) { ::_exit(0); });
  for (;;) ::pause();
}
}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::strcmp(argv[1], "pause") == 0) wait_for_end();
  return drivers::process::shim_main(argc, argv);
}
