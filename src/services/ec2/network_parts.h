// What a VPC comes with, and what stands in its way when it goes: the main route table, the default network ACL, whoever
// uses a subnet. Called by vpcs, subnets, gateways and network interfaces.
#pragma once

#include <string>

#include "services/context.h"

namespace services::ec2 {

/// An id that is made of another's: "acl-0123…" of "vpc-0123…". For parts that exist with their owner and never change.
std::string sibling_id(const char* prefix, const std::string& id);

/// The main route table, with the local route; and the default security group.
void make_parts_of_vpc(Context& context, const model::Vpc& vpc);
/// Deletes what make_parts_of_vpc made.
void erase_parts_of_vpc(Context& context, const std::string& vpc_id);

/// The route table that a subnet uses: its own, else the VPC's main one.
const model::RouteTable* main_route_table(const Context& context, const std::string& vpc_id);

/// Instances, load balancers, NAT gateways and tasks with an interface of their own live in it.
bool subnet_in_use(const Context& context, const std::string& subnet_id);
/// Something in the VPC is reached from outside: an internet gateway must stay.
bool has_public_addresses(const Context& context, const std::string& vpc_id);
/// The gateway that is attached to a VPC, or nullptr.
const model::InternetGateway* gateway_of(const Context& context, const std::string& vpc_id);

Result<const model::Vpc*> find_vpc(const Context& context, const std::string& id);
Result<const model::Subnet*> find_subnet(const Context& context, const std::string& id);

}  // namespace services::ec2
