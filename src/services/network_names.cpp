#include "services/network_names.h"

#include <algorithm>

namespace services {

std::string private_dns_name(const std::string& region, std::string address) {
  std::ranges::replace(address, '.', '-');
  return "ip-" + address + "." + (region == "us-east-1" ? "ec2.internal" : region + ".compute.internal");
}

std::string hardware_address(const std::string& interface_id) {
  std::string text = "0e";
  const std::string digits = interface_id.substr(interface_id.find('-') + 1);
  for (std::size_t i = 0; i + 1 < digits.size() && i < 10; i += 2) text += ":" + digits.substr(i, 2);
  return text;
}

}  // namespace services
