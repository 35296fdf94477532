// The password that GetAuthorizationToken gives and the registry takes under --auth: it holds until a time that it says
// itself, sealed with the engine's key, so nothing of it has to be kept.
#pragma once

#include <string>
#include <string_view>

#include "base/time.h"

namespace cmd {

class RegistryPassword {
 public:
  explicit RegistryPassword(std::string secret) : secret_(std::move(secret)) {}
  std::string until(Instant time) const;
  bool holds(std::string_view password, Instant now) const;

 private:
  std::string seal(std::string_view text) const;
  std::string secret_;
};

}  // namespace cmd
