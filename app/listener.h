// The listening socket. Opened by Server at start; everything that can go wrong there is an error text.
// Always holds: non-blocking, close-on-exec, SO_REUSEADDR; accepted sockets inherit TCP_NODELAY.
#pragma once

#include <string>

#include <tl/expected.hpp>

#include "app/file_descriptor.h"
#include "app/settings.h"

namespace http_api {

struct Listener {
  FileDescriptor socket;
  std::string url;  // with the port that the kernel chose, where PORT is 0
};

tl::expected<Listener, std::string> open_listener(const Settings& settings);

}  // namespace http_api
