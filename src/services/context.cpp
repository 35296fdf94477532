#include "services/context.h"

namespace services {

Result<std::string> free_balancer_address(const Context& context) {
  std::set<std::string> used;
  for (const auto& [arn, balancer] : context.state.load_balancers.all()) used.insert(balancer.address);
  for (int index = 0; index < AddressPlan::kBalancers; ++index) {
    std::string address = context.addresses.balancer(index);
    if (!used.contains(address)) return address;
  }
  return fail("TooManyLoadBalancers", "This engine has addresses for " + std::to_string(AddressPlan::kBalancers) +
                                          " load balancers; delete one first.");
}

}  // namespace services
