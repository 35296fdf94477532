// Starts the container's process, and others beside it (health checks), inside bubblewrap or plainly. Called by the shim.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "drivers/process/container_files.h"

namespace drivers::process {

struct SandboxStart {
  pid_t child = -1;      ///< bubblewrap itself, or the process
  int info_fd = -1;      ///< bubblewrap writes JSON with "child-pid" and "exit-code" here; -1 without it
  int output_fds[2] = {-1, -1};
  std::string error;
};

/// `root` is the merged root as in ContainerRoot. The child has joined its cgroups before it runs anything.
SandboxStart start_in_sandbox(const Launch& launch, const std::string& root, const std::string& program);

/// Runs `command` in the namespaces of `init_pid` (0: plainly), without output. The pid ends when the command does, with
/// its exit code (125: it could not be run); killing it kills the command. -1: not even that process could be made.
pid_t run_beside(const Launch& launch, int init_pid, const std::vector<std::string>& command);

}  // namespace drivers::process
