#include <fmt/format.h>

#include <algorithm>

#include "api/autoscaling.h"
#include "api/ec2.h"
#include "api/ecs.h"
#include "api/elbv2.h"
#include "api/logs.h"
#include "client/list.h"
#include "stack/base64.h"
#include "stack/scaling.h"
#include "stack/stack.h"

namespace stack {

namespace {

namespace ecs = api::ecs::op;
namespace elb = api::elbv2::op;
namespace asg = api::autoscaling::op;
namespace ec2 = api::ec2::op;

/// An error that says the thing is there already is what a second `up` expects.
template <class T>
Result<void> or_exists(const Result<T>& result, std::string_view code, std::string_view also = "") {
  if (result || result.error().code == code || (!also.empty() && result.error().code == also)) return {};
  return tl::unexpected(result.error());
}

struct Network {
  std::string vpc;
  std::vector<std::string> subnets;
};

Result<Network> default_network(client::AwsClient& aws) {
  TRY(const auto found, aws.call<ec2::DescribeSubnets>({}));
  Network network;
  for (const auto& subnet : found.subnets.value_or(std::vector<api::ec2::Subnet>())) {
    if (!subnet.default_for_az.value_or(false)) continue;
    network.vpc = subnet.vpc_id.value_or("");
    network.subnets.push_back(subnet.subnet_id.value_or(""));
  }
  if (network.subnets.empty()) {
    return fail("NoDefaultVpc", "this account has no default VPC; the stack of `scaleout up` needs its subnets");
  }
  return network;
}

Result<void> make_nodes(client::AwsClient& aws, const Options& options, const Names& names, const Network& network) {
  api::ec2::RequestLaunchTemplateData data;
  data.image_id = "ami-0ec5000000000000a";
  data.instance_type = options.instance_type;
  data.user_data =
      base64_encode(fmt::format("#!/bin/sh\necho ECS_CLUSTER={} >> /etc/ecs/ecs.config\n", options.cluster));
  const auto made = aws.call<ec2::CreateLaunchTemplate>(
      {.launch_template_name = names.launch_template, .launch_template_data = data});
  TRY_VOID(or_exists(made, "InvalidLaunchTemplateName.AlreadyExistsException"));
  if (!made) {
    TRY_VOID(aws.call<ec2::CreateLaunchTemplateVersion>(
        {.launch_template_name = names.launch_template, .launch_template_data = data}));
  }
  api::autoscaling::LaunchTemplateSpecification launch;
  launch.launch_template_name = names.launch_template;
  launch.version = "$Latest";
  asg::CreateAutoScalingGroup::Input group;
  group.auto_scaling_group_name = names.node_group;
  group.launch_template = launch;
  group.min_size = options.nodes_min;
  group.max_size = options.nodes_max;
  group.desired_capacity = options.nodes.value_or(options.nodes_min);
  group.vpc_zone_identifier = fmt::format("{}", fmt::join(network.subnets, ","));
  const auto created = aws.call<asg::CreateAutoScalingGroup>(group);
  TRY_VOID(or_exists(created, "AlreadyExists", "AlreadyExistsFault"));
  if (created) return {};
  asg::UpdateAutoScalingGroup::Input update;
  update.auto_scaling_group_name = names.node_group;
  update.launch_template = launch;
  update.min_size = options.nodes_min;
  update.max_size = options.nodes_max;
  update.desired_capacity = options.nodes;  // absent: the group keeps its size within the new bounds
  TRY_VOID(aws.call<asg::UpdateAutoScalingGroup>(update));
  return {};
}

Result<std::string> make_target_group(client::AwsClient& aws, const Options& options, const Names& names,
                                      const Network& network) {
  api::elbv2::Matcher matcher;
  matcher.http_code = "200";
  const auto created = aws.call<elb::CreateTargetGroup>({.name = names.target_group,
                                                         .protocol = "HTTP",
                                                         .port = 80,
                                                         .vpc_id = network.vpc,
                                                         .health_check_path = "/health",
                                                         .health_check_interval_seconds = options.health_interval,
                                                         .health_check_timeout_seconds = options.health_timeout,
                                                         .healthy_threshold_count = 2,
                                                         .unhealthy_threshold_count = 2,
                                                         .matcher = matcher,
                                                         .target_type = "instance"});
  TRY_VOID(or_exists(created, "DuplicateTargetGroupName"));
  TRY(const auto found, aws.call<elb::DescribeTargetGroups>({.names = std::vector{names.target_group}}));
  const std::string arn = found.target_groups.value().at(0).target_group_arn.value_or("");
  std::vector<api::elbv2::TargetGroupAttribute> attributes(1);
  attributes[0].key = "deregistration_delay.timeout_seconds";
  attributes[0].value = std::to_string(options.deregistration_delay);
  TRY_VOID(aws.call<elb::ModifyTargetGroupAttributes>({.target_group_arn = arn, .attributes = attributes}));
  return arn;
}

/// Another --port moves the listener. One that somebody added for a purpose of his own (HTTPS, other targets) stays.
Result<void> delete_other_listeners(client::AwsClient& aws, const std::string& balancer, int port,
                                    const std::string& target_group) {
  std::vector<std::string> others;
  TRY_VOID(aws.each_page<elb::DescribeListeners>({.load_balancer_arn = balancer}, [&](const auto& page) {
    for (const auto& listener : client::list(page.listeners)) {
      const auto actions = client::list(listener.default_actions);
      const bool ours = listener.protocol.value_or("") == "HTTP" && actions.size() == 1 &&
                        actions[0].target_group_arn == target_group;
      if (ours && listener.port.value_or(port) != port) others.push_back(listener.listener_arn.value_or(""));
    }
    return true;
  }));
  for (const std::string& listener : others) TRY_VOID(aws.call<elb::DeleteListener>({.listener_arn = listener}));
  return {};
}

Result<void> make_balancer(client::AwsClient& aws, const Options& options, const Names& names, const Network& network,
                           const std::string& target_group) {
  TRY(const auto made, aws.call<elb::CreateLoadBalancer>({.name = names.load_balancer, .subnets = network.subnets}));
  const std::string arn = made.load_balancers.value().at(0).load_balancer_arn.value_or("");
  api::elbv2::Action forward;
  forward.type = "forward";
  forward.target_group_arn = target_group;
  const auto listener = aws.call<elb::CreateListener>(
      {.load_balancer_arn = arn, .protocol = "HTTP", .port = options.port, .default_actions = std::vector{forward}});
  TRY_VOID(or_exists(listener, "DuplicateListener"));
  return delete_other_listeners(aws, arn, options.port, target_group);
}

/// Whether the family's newest definition already is what we want: registering it again would roll every task.
bool same_container(const api::ecs::ContainerDefinition& present, const api::ecs::ContainerDefinition& wanted) {
  const auto variables = [](const api::ecs::ContainerDefinition& container) {
    std::map<std::string, std::string> found;
    for (const auto& pair : container.environment.value_or(std::vector<api::ecs::KeyValuePair>())) {
      found[pair.name.value_or("")] = pair.value.value_or("");
    }
    return found;
  };
  const auto port = [](const api::ecs::ContainerDefinition& container) {
    const auto mappings = container.port_mappings.value_or(std::vector<api::ecs::PortMapping>());
    return mappings.size() == 1 ? mappings[0].container_port.value_or(0) : -1;
  };
  return present.name == wanted.name && present.image == wanted.image && present.cpu == wanted.cpu &&
         present.memory == wanted.memory && present.stop_timeout == wanted.stop_timeout &&
         port(present) == port(wanted) && variables(present) == variables(wanted) && present.log_configuration &&
         present.log_configuration->options == wanted.log_configuration->options;
}

/// Never empty, and the same whether or not a region is configured later: it is part of the definition.
Result<std::string> log_region(const client::AwsClient& aws, const Options& options) {
  if (!options.region.empty()) return options.region;
  TRY(const auto target, aws.settings().target(api::logs::model()));
  return target.signing_region;
}

Result<std::string> register_task(client::AwsClient& aws, const Options& options, const Names& names,
                                  const std::string& region) {
  api::ecs::ContainerDefinition container;
  container.name = options.service;
  container.image = options.image;
  container.cpu = options.cpu;
  container.memory = options.memory;
  container.essential = true;
  container.stop_timeout = options.stop_timeout;
  container.port_mappings.emplace().push_back({.container_port = options.container_port, .host_port = 0});
  auto& environment = container.environment.emplace();
  environment.push_back({.name = "APP_VERSION", .value = options.version});
  if (options.work_us > 0) environment.push_back({.name = "WORK_US", .value = std::to_string(options.work_us)});
  auto& log = container.log_configuration.emplace();
  log.log_driver = "awslogs";
  log.options = std::map<std::string, std::string>{
      {"awslogs-group", names.log_group}, {"awslogs-region", region}, {"awslogs-stream-prefix", options.service}};
  if (const auto newest = aws.call<ecs::DescribeTaskDefinition>({.task_definition = names.task_family})) {
    const auto& containers = newest->task_definition.value().container_definitions;
    if (containers && containers->size() == 1 && same_container(containers->front(), container)) {
      return newest->task_definition->task_definition_arn.value_or("");
    }
  }
  TRY(const auto registered, aws.call<ecs::RegisterTaskDefinition>(
                                 {.family = names.task_family, .container_definitions = std::vector{container}}));
  return registered.task_definition.value().task_definition_arn.value_or("");
}

/// ECS keeps a deleted target group's ARN; one that was made again has another. Bindings are sent only where they differ,
/// since to send them may be a new deployment.
bool same_binding(const api::ecs::LoadBalancer& present, const api::ecs::LoadBalancer& wanted) {
  return present.target_group_arn == wanted.target_group_arn && present.container_name == wanted.container_name &&
         present.container_port == wanted.container_port;
}

Result<void> make_service(client::AwsClient& aws, const Options& options, const std::string& definition,
                          const std::string& target_group) {
  api::ecs::DeploymentConfiguration deployment;
  deployment.minimum_healthy_percent = options.minimum_healthy_percent;
  deployment.maximum_percent = options.maximum_percent;
  ecs::CreateService::Input create;
  create.cluster = options.cluster;
  create.service_name = options.service;
  create.task_definition = definition;
  create.desired_count = options.tasks.value_or(options.tasks_min);
  create.deployment_configuration = deployment;
  create.load_balancers.emplace().push_back(
      {.target_group_arn = target_group, .container_name = options.service, .container_port = options.container_port});
  create.placement_strategy.emplace().push_back({.type = "binpack", .field = "cpu"});
  const auto created = aws.call<ecs::CreateService>(create);
  if (created) return {};
  TRY(const auto found,
      aws.call<ecs::DescribeServices>({.cluster = options.cluster, .services = std::vector{options.service}}));
  const auto services = found.services.value_or(std::vector<api::ecs::Service>());
  if (services.empty() || services[0].status.value_or("") != "ACTIVE") return tl::unexpected(created.error());
  ecs::UpdateService::Input update;
  update.cluster = options.cluster;
  update.service = options.service;
  update.desired_count = options.tasks;
  update.task_definition = definition;
  update.deployment_configuration = deployment;
  const auto present = services[0].load_balancers.value_or(std::vector<api::ecs::LoadBalancer>());
  const auto& wanted = *create.load_balancers;
  if (!std::equal(present.begin(), present.end(), wanted.begin(), wanted.end(), same_binding)) update.load_balancers = wanted;
  TRY_VOID(aws.call<ecs::UpdateService>(update));
  return {};
}

}  // namespace

Result<void> up(client::AwsClient& aws, const Options& options, const Progress& progress) {
  const Names names(options);
  TRY(const Network network, default_network(aws));
  progress("cluster " + options.cluster);
  TRY_VOID(aws.call<ecs::CreateCluster>({.cluster_name = options.cluster}));
  progress("log group " + names.log_group);
  TRY_VOID(or_exists(aws.call<api::logs::op::CreateLogGroup>({.log_group_name = names.log_group}),
                     "ResourceAlreadyExistsException"));
  progress(fmt::format("node group {} ({}, {} to {})", names.node_group, options.instance_type, options.nodes_min,
                       options.nodes_max));
  TRY_VOID(make_nodes(aws, options, names, network));
  progress("load balancer " + names.load_balancer);
  TRY(const std::string target_group, make_target_group(aws, options, names, network));
  TRY_VOID(make_balancer(aws, options, names, network, target_group));
  progress("task definition " + names.task_family);
  TRY(const std::string region, log_region(aws, options));
  TRY(const std::string definition, register_task(aws, options, names, region));
  progress("service " + options.service);
  TRY_VOID(make_service(aws, options, definition, target_group));
  progress(options.autoscaling
               ? fmt::format("autoscaling: {} to {} tasks at {} % CPU, {} to {} nodes at {} % CPU", options.tasks_min,
                             options.tasks_max, options.cpu_target, options.nodes_min, options.nodes_max,
                             options.node_cpu_target)
               : std::string("no autoscaling"));
  return make_scaling(aws, options, names);
}

}  // namespace stack
