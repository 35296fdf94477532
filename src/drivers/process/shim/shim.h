// The shim: one small process for each container, that outlives the engine. It mounts the container's root, starts the
// container, writes its output to the log, checks its health, carries out a stop to its end (also when the engine dies in
// the middle) and records how it ended. Started by the process driver as `<shim command> <container directory>`, with the
// container's lock at descriptor 3.
//
// SIGTERM: stop (TERM to the container's process, after the stop timeout KILL to its pid namespace). SIGQUIT: KILL at once.
// If the shim itself is killed, the kernel kills the container with it: nothing runs unwatched.
#pragma once

namespace drivers::process {

int shim_main(int argc, char** argv);

}  // namespace drivers::process
