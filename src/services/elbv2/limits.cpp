// What clients ask before they do something: quotas, reserved capacity.
#include "base/address_plan.h"
#include "services/elbv2/handlers.h"
#include "services/elbv2/lookup.h"

namespace services::elbv2 {

Answer<op::DescribeAccountLimits> describe_account_limits(Context&, const op::DescribeAccountLimits::Input&) {
  op::DescribeAccountLimits::Output out;
  auto& limits = out.limits.emplace();
  const auto limit = [&](const char* name, int max) { limits.push_back({.name = name, .max = std::to_string(max)}); };
  limit("target-groups", 3000);
  limit("targets-per-application-load-balancer", 1000);
  limit("listeners-per-application-load-balancer", 50);
  limit("rules-per-application-load-balancer", 100);
  limit("application-load-balancers", AddressPlan::kBalancers);
  limit("targets-per-target-group", 1000);
  limit("target-groups-per-application-load-balancer", 100);
  limit("target-groups-per-action-on-application-load-balancer", 5);
  limit("condition-values-per-alb-rule", 5);
  limit("condition-wildcards-per-alb-rule", 5);
  return out;
}

Answer<op::DescribeCapacityReservation> describe_capacity_reservation(
    Context& context, const op::DescribeCapacityReservation::Input& in) {
  TRY_VOID(find_load_balancer(context, *in.load_balancer_arn));
  op::DescribeCapacityReservation::Output out;
  out.decrease_requests_remaining = 2;  // nothing was ever reserved
  out.capacity_reservation_state.emplace();
  return out;
}

}  // namespace services::elbv2
