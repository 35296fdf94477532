// What clients look for on every group, and no group can have while the actions that make it are not served.
#include "services/autoscaling/handlers.h"
#include "services/autoscaling/lookup.h"

namespace services::autoscaling {

Answer<op::DescribeInstanceRefreshes> describe_instance_refreshes(Context& context,
                                                                  const op::DescribeInstanceRefreshes::Input& in) {
  TRY_VOID(find_group(context, *in.auto_scaling_group_name));
  TRY_VOID(page_of(in, {.usual = 50, .most = 100}));
  op::DescribeInstanceRefreshes::Output out;
  out.instance_refreshes.emplace();
  return out;
}

Answer<op::DescribeWarmPool> describe_warm_pool(Context& context, const op::DescribeWarmPool::Input& in) {
  TRY_VOID(find_group(context, *in.auto_scaling_group_name));
  TRY_VOID(page_of(in, {.usual = 50, .most = 50}));
  op::DescribeWarmPool::Output out;
  out.instances.emplace();
  return out;
}

}  // namespace services::autoscaling
