// The security policies of HTTPS listeners, as far as they bound what is spoken. Asked by elbv2 and the engine.
#pragma once

#include <string_view>

namespace model {

struct TlsPolicy {
  std::string_view name;
  std::string_view min, max;  ///< "TLSv1.2"
};

/// What AWS gives a listener that names none.
inline constexpr std::string_view kDefaultTlsPolicy = "ELBSecurityPolicy-2016-08";

/// nullptr: unknown here (those for FIPS and post-quantum keys).
const TlsPolicy* find_tls_policy(std::string_view name);

}  // namespace model
