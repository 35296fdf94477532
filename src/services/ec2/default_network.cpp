#include "services/ec2/default_network.h"

#include "services/ec2/permissions.h"

namespace services::ec2 {

void seed_default_network(Context& context) {
  if (!context.state.vpcs.empty()) return;
  model::Vpc vpc{.id = "vpc-" + context.random.hex(17), .cidr = "172.31.0.0/16", .is_default = true};
  const std::pair<const char*, const char*> zones[] = {
      {"a", "172.31.0.0/20"}, {"b", "172.31.16.0/20"}, {"c", "172.31.32.0/20"}};
  for (const auto& [zone, cidr] : zones) {
    context.state.subnets.put({.id = "subnet-" + context.random.hex(17),
                               .vpc_id = vpc.id,
                               .cidr = cidr,
                               .availability_zone = context.account.region + zone,
                               .default_for_az = true,
                               .map_public_ip = true});
  }
  context.state.security_groups.put(default_security_group(context, vpc.id));
  context.state.vpcs.put(std::move(vpc));
}

}  // namespace services::ec2
