// Addresses of this machine: one more on the loopback interface, and who a peer is. For an address that containers know
// the engine by; called by cmd.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace net {

struct LoopbackAddress {
  std::string address;  ///< "169.254.170.2": IPv4, alone (/32), not routed on
  std::string label;    ///< "lo:name": tells later whose it is
};

/// Has the address when it returns. Fine if it was there before, whoever put it there; else it takes CAP_NET_ADMIN.
Result<void> add_loopback_address(const LoopbackAddress& wanted);
/// True if it was there under that label, nobody listens at it, and it is gone now.
bool remove_unused_loopback_address(const LoopbackAddress& ours);
/// Whether the machine has it, or we may give it: what add_loopback_address would find. Changes nothing.
Result<void> can_have_loopback_address(const std::string& address);

/// Whether "172.17.0.2:51234" is this machine itself or sits on one of its bridges (its containers), and is not merely
/// routed here.
bool is_own_peer(std::string_view peer);

}  // namespace net
