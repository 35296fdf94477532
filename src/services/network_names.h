// What EC2 and ECS call a network interface by. Both show interfaces of tasks.
#pragma once

#include <string>

namespace services {

/// "ip-127-0-0-1.ec2.internal"
std::string private_dns_name(const std::string& region, std::string address);
/// "0e:12:34:…": locally administered, made of the interface's id.
std::string hardware_address(const std::string& interface_id);

}  // namespace services
