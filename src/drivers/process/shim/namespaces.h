// The namespaces that the shim enters before it starts its container: what it makes in them goes with the last process
// inside.
#pragma once

#include <string>

#include "drivers/process/container_files.h"

namespace drivers::process {

/// An ordinary user gets a user namespace, in which the others may be made; root needs none. False with errno set.
bool enter_user_namespace();

/// Of `launch.network`: a network of the container's own, or the one that the other containers of its task are in.
/// `made`: it is new and only has an lo that is down. Empty, else what the kernel refused.
std::string enter_network(const Launch& launch, bool& made);

/// lo with its addresses (`extra`: outside 127.0.0.0/8), and every port free for every user, as in Docker.
std::string set_up_loopback(const std::vector<std::string>& extra);

}  // namespace drivers::process
