// What security groups let through between clients, a load balancer and its targets. Called by the engine when groups,
// balancers or targets change, and by what explains it to people.
//
// What always holds: a side without groups (unknown here, or a user's own address) blocks nothing. Rules for IPv6, prefix
// lists and protocols other than TCP let nothing through.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/network.h"

namespace control {

/// One side of a connection.
struct Side {
  std::string name;                                     ///< "the load balancer"
  std::vector<const model::SecurityGroup*> groups;
  std::vector<std::string> networks;  ///< CIDRs that its addresses are in; a rule that overlaps one of them means it
};

/// Why nothing gets from one side to a TCP port of the other; empty: it does.
std::string blocked(const Side& from, const Side& to, int port);

/// From which addresses clients may connect to this TCP port, as CIDRs; absent: from all.
/// Here every client has an address of this machine, which stands for the VPC: a rule that names a group, or a part of
/// the VPC's block, admits 127.0.0.0/8. Other blocks mean what they say.
std::optional<std::vector<std::string>> admitted(const Side& balancer, int port, const std::string& vpc_cidr);

/// Whether both blocks have addresses in common. What is no CIDR has none.
bool overlap(const std::string& cidr, const std::string& other);

}  // namespace control
