#include <chrono>
#include <thread>

#include <fmt/format.h>

#include "api/autoscaling.h"
#include "api/ec2.h"
#include "api/ecs.h"
#include "api/elbv2.h"
#include "api/logs.h"
#include "client/list.h"
#include "stack/scaling.h"

namespace stack {

namespace {

namespace ecs = api::ecs::op;
namespace elb = api::elbv2::op;
namespace asg = api::autoscaling::op;
namespace ec2 = api::ec2::op;

bool is_gone(const Error& error) {
  for (const std::string_view word : {"NotFound", "NotActive", "MISSING", "not found", "does not exist"}) {
    if (error.code.find(word) != std::string::npos || error.message.find(word) != std::string::npos) return true;
  }
  return false;
}

template <class T>
Result<void> or_gone(const Result<T>& result) {
  if (result || is_gone(result.error())) return {};
  return tl::unexpected(result.error());
}

Result<void> delete_service(client::AwsClient& aws, const Options& options, Duration patience) {
  TRY_VOID(
      or_gone(aws.call<ecs::DeleteService>({.cluster = options.cluster, .service = options.service, .force = true})));
  return wait_until(
      [&]() -> Result<bool> {
        const auto found =
            aws.call<ecs::DescribeServices>({.cluster = options.cluster, .services = std::vector{options.service}});
        if (!found) {
          if (is_gone(found.error())) return true;
          return tl::unexpected(found.error());
        }
        const auto services = found->services.value_or(std::vector<api::ecs::Service>());
        return services.empty() || services[0].status.value_or("") == "INACTIVE";
      },
      patience, "the service's tasks to drain and stop");
}

Result<void> delete_balancer(client::AwsClient& aws, const Names& names) {
  const auto balancers = aws.call<elb::DescribeLoadBalancers>({.names = std::vector{names.load_balancer}});
  TRY_VOID(or_gone(balancers));
  if (balancers) {
    for (const auto& balancer : balancers->load_balancers.value_or(std::vector<api::elbv2::LoadBalancer>())) {
      TRY_VOID(or_gone(aws.call<elb::DeleteLoadBalancer>({.load_balancer_arn = balancer.load_balancer_arn})));
    }
  }
  const auto groups = aws.call<elb::DescribeTargetGroups>({.names = std::vector{names.target_group}});
  TRY_VOID(or_gone(groups));
  if (!groups) return {};
  for (const auto& group : groups->target_groups.value_or(std::vector<api::elbv2::TargetGroup>())) {
    TRY_VOID(or_gone(aws.call<elb::DeleteTargetGroup>({.target_group_arn = group.target_group_arn})));
  }
  return {};
}

Result<void> delete_nodes(client::AwsClient& aws, const Names& names, Duration patience) {
  const auto deleted =
      aws.call<asg::DeleteAutoScalingGroup>({.auto_scaling_group_name = names.node_group, .force_delete = true});
  if (!deleted && deleted.error().code != "ValidationError") TRY_VOID(or_gone(deleted));
  TRY_VOID(wait_until(
      [&]() -> Result<bool> {
        TRY(const auto found,
            aws.call<asg::DescribeAutoScalingGroups>({.auto_scaling_group_names = std::vector{names.node_group}}));
        return found.auto_scaling_groups.value_or(std::vector<api::autoscaling::AutoScalingGroup>()).empty();
      },
      patience, "the nodes to terminate"));
  return or_gone(aws.call<ec2::DeleteLaunchTemplate>({.launch_template_name = names.launch_template}));
}

Result<void> delete_cluster(client::AwsClient& aws, const Options& options, Duration patience) {
  return wait_until(
      [&]() -> Result<bool> {
        const auto deleted = aws.call<ecs::DeleteCluster>({.cluster = options.cluster});
        if (deleted || is_gone(deleted.error())) return true;
        if (deleted.error().code.starts_with("ClusterContains")) return false;  // its last node is still leaving
        return tl::unexpected(deleted.error());
      },
      patience, "the cluster to empty");
}

/// "a, b"; "none".
template <class Range>
std::string listed(const Range& names) {
  return names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "));
}

/// Deleted ones are described for a while: what else an interrupted `down` left is to be found through them.
bool is_known(client::AwsClient& aws, const Options& options) {
  const auto found = aws.call<ecs::DescribeServices>({.cluster = options.cluster, .services = std::vector{options.service}});
  return found && !client::list(found->services).empty();
}

}  // namespace

Result<Services> list_services(client::AwsClient& aws) {
  Services services;
  TRY_VOID(aws.each_page<ecs::ListClusters>({}, [&](const auto& page) {
    for (const std::string& arn : client::list(page.cluster_arns)) services[client::after_last_slash(arn)];
    return true;
  }));
  for (auto& [cluster, names] : services) {
    TRY_VOID(aws.each_page<ecs::ListServices>({.cluster = cluster}, [&names = names](const auto& page) {
      for (const std::string& arn : client::list(page.service_arns)) names.insert(client::after_last_slash(arn));
      return true;
    }));
  }
  return services;
}

Result<void> check_present(client::AwsClient& aws, const Options& options) {
  TRY(const Services services, list_services(aws));
  const auto cluster = services.find(options.cluster);
  if (cluster == services.end()) {
    std::vector<std::string> serving, all;
    for (const auto& [name, members] : services) {
      all.push_back(name);
      if (!members.empty()) serving.push_back(name);
    }
    if (options.cluster == kDefaultCluster && serving.empty()) return {};
    return fail("ClusterNotFoundException",
                fmt::format("there is no cluster {}; those there are: {}", options.cluster, listed(all)));
  }
  if (cluster->second.empty() || cluster->second.contains(options.service) || is_known(aws, options)) return {};
  return fail("ServiceNotFoundException", fmt::format("there is no service {} in the cluster {}; it has {}", options.service,
                                                      options.cluster, listed(cluster->second)));
}

Result<void> wait_until(const std::function<Result<bool>()>& done, Duration patience, const std::string& what) {
  const auto end = std::chrono::steady_clock::now() + patience;
  for (;;) {
    TRY(const bool finished, done());
    if (finished) return {};
    if (std::chrono::steady_clock::now() >= end) {
      return fail("StillGoing",
                  fmt::format("waited {} s for {}", std::chrono::duration_cast<seconds>(patience).count(), what));
    }
    std::this_thread::sleep_for(milliseconds(100));
  }
}

Result<void> down(client::AwsClient& aws, const Options& options, Duration patience, const Progress& progress) {
  const Names names(options);
  progress("service " + options.service);
  TRY_VOID(delete_service_scaling(aws, options));
  TRY_VOID(delete_service(aws, options, patience));
  progress("load balancer " + names.load_balancer);
  TRY_VOID(delete_balancer(aws, names));
  TRY_VOID(or_gone(aws.call<api::logs::op::DeleteLogGroup>({.log_group_name = names.log_group})));
  TRY(const Services left, list_services(aws));
  if (const auto cluster = left.find(options.cluster); cluster != left.end() && !cluster->second.empty()) return {};
  progress("node group " + names.node_group);
  TRY_VOID(delete_nodes(aws, names, patience));
  progress("cluster " + options.cluster);
  return delete_cluster(aws, options, patience);
}

Result<Readiness> readiness(client::AwsClient& aws, const Options& options) {
  TRY(const auto found,
      aws.call<ecs::DescribeServices>({.cluster = options.cluster, .services = std::vector{options.service}}));
  const auto services = found.services.value_or(std::vector<api::ecs::Service>());
  if (services.empty()) return fail("ServiceNotFoundException", "there is no service " + options.service);
  Readiness readiness;
  readiness.desired = services[0].desired_count.value_or(0);
  readiness.running = services[0].running_count.value_or(0);
  readiness.deployments =
      static_cast<int>(services[0].deployments.value_or(std::vector<api::ecs::Deployment>()).size());
  for (const auto& binding : services[0].load_balancers.value_or(std::vector<api::ecs::LoadBalancer>())) {
    TRY(const auto health, aws.call<elb::DescribeTargetHealth>({.target_group_arn = binding.target_group_arn}));
    for (const auto& target :
         health.target_health_descriptions.value_or(std::vector<api::elbv2::TargetHealthDescription>())) {
      if (target.target_health && target.target_health->state.value_or("") == "healthy") ++readiness.healthy;
    }
  }
  return readiness;
}

std::string http_url(std::string_view host, std::int64_t port) {
  return port == 80 ? fmt::format("http://{}", host) : fmt::format("http://{}:{}", host, port);
}

Result<std::string> url(client::AwsClient& aws, const Options& options) {
  const Names names(options);
  TRY(const auto found, aws.call<elb::DescribeLoadBalancers>({.names = std::vector{names.load_balancer}}));
  const auto balancers = found.load_balancers.value_or(std::vector<api::elbv2::LoadBalancer>());
  if (balancers.empty()) return fail("LoadBalancerNotFound", "there is no load balancer " + names.load_balancer);
  return http_url(balancers[0].dns_name.value_or(""), options.port);
}

}  // namespace stack
