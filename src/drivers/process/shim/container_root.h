// The file tree a container sees: the image's unpacked root below a writable layer of its own, in a mount namespace that
// dies with the shim, so that nothing is ever left to unmount. Called by the shim, once, before it starts anything.
#pragma once

#include <string>

#include "drivers/process/container_files.h"

namespace drivers::process {

struct ContainerRoot {
  std::string path;     ///< merged root, relative to the container's directory
  std::string warning;  ///< what could not be had, for the container's log
  std::string error;    ///< not empty: it cannot be made
};

/// Enters private namespaces and mounts the overlay in the current directory; a plain copy where the kernel refuses.
/// `in_user_namespace`: an ordinary user is in one already that allows it.
ContainerRoot make_container_root(const Launch& launch, bool in_user_namespace);

/// Where `program` (a path, or a name to look up in `search_path`) is in the container; empty: nowhere. Links are
/// followed as inside.
std::string find_program(const std::string& root, const std::string& program, const std::string& working_directory,
                         const std::string& search_path);

struct UserIds {
  unsigned uid = 0, gid = 0;
  std::string error;
};
/// "1000", "1000:1000", "www", "www:www"; names come from the image's own /etc/passwd and /etc/group.
UserIds find_user(const std::string& root, const std::string& user);

}  // namespace drivers::process
