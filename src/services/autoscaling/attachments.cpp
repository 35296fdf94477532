// Target groups of a group: kept and shown. Nodes are not registered as targets; tasks are, by their service.
#include <fmt/format.h>

#include <algorithm>

#include "services/autoscaling/group_settings.h"
#include "services/autoscaling/handlers.h"
#include "services/autoscaling/lookup.h"

namespace services::autoscaling {

Answer<op::AttachLoadBalancerTargetGroups> attach_load_balancer_target_groups(
    Context& context, const op::AttachLoadBalancerTargetGroups::Input& in) {
  TRY_VOID(find_group(context, *in.auto_scaling_group_name));
  TRY_VOID(check_target_groups(context, *in.target_group_ar_ns));
  context.state.auto_scaling_groups.update(*in.auto_scaling_group_name, [&](model::AutoScalingGroup& group) {
    for (const std::string& arn : *in.target_group_ar_ns) {
      if (std::ranges::count(group.target_group_arns, arn) == 0) group.target_group_arns.push_back(arn);
    }
  });
  return {};
}

Answer<op::DetachLoadBalancerTargetGroups> detach_load_balancer_target_groups(
    Context& context, const op::DetachLoadBalancerTargetGroups::Input& in) {
  TRY(const model::AutoScalingGroup* found, find_group(context, *in.auto_scaling_group_name));
  for (const std::string& arn : *in.target_group_ar_ns) {
    if (std::ranges::count(found->target_group_arns, arn) == 0) {
      return fail("ValidationError", fmt::format("Trying to remove Target Groups that are not part of the group: {}", arn));
    }
  }
  context.state.auto_scaling_groups.update(*in.auto_scaling_group_name, [&](model::AutoScalingGroup& group) {
    std::erase_if(group.target_group_arns,
                  [&](const std::string& arn) { return std::ranges::count(*in.target_group_ar_ns, arn) > 0; });
  });
  return {};
}

Answer<op::DescribeLoadBalancerTargetGroups> describe_load_balancer_target_groups(
    Context& context, const op::DescribeLoadBalancerTargetGroups::Input& in) {
  TRY(const model::AutoScalingGroup* group, find_group(context, *in.auto_scaling_group_name));
  op::DescribeLoadBalancerTargetGroups::Output out;
  auto& shown = out.load_balancer_target_groups.emplace();
  TRY(Page page, page_of(in, {.usual = 100, .most = 100}));
  std::vector<std::string> arns = group->target_group_arns;
  std::ranges::sort(arns);
  for (const std::string& arn : arns) {
    if (page.take(arn)) shown.push_back({.load_balancer_target_group_arn = arn, .state = "InService"});
  }
  out.next_token = page.next_token();
  return out;
}

}  // namespace services::autoscaling
