// What the engine's usage page says of one listener. Pure; used by service_url(), which waits for it.
#pragma once

#include <boost/json/fwd.hpp>
#include <string>

#include "base/result.h"

namespace cmd {

struct Bound {
  std::string address;  ///< empty: there is no such listener
  int port = 0;         ///< 0: not bound yet
};
/// An error, code ListenerNotBound, where it cannot be bound.
Result<Bound> bound_listener(const boost::json::value& usage, const std::string& load_balancer, int port);

}  // namespace cmd
