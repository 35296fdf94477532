#include "services/client_token.h"
#include "services/ecs/handlers.h"

#include "api/document.h"
#include "services/ecs/capacity_strategy.h"
#include "services/ecs/fargate.h"
#include "services/ecs/lookup.h"
#include "services/ecs/network.h"
#include "services/ecs/render.h"
#include "services/ecs/service_settings.h"
#include "services/ecs/tags.h"
#include "services/page.h"

namespace services::ecs {

namespace {

bool valid_service_name(const std::string& name) {
  if (name.empty() || name.size() > 255) return false;
  for (const char c : name) {
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '-' && c != '_') return false;
  }
  return true;
}

Result<void> refuse(bool asked, const char* what) {
  if (!asked) return {};
  return fail("UnsupportedFeatureException", std::string("This engine does not serve ") + what + " yet.");
}

template <class In>
Result<void> refuse_unserved(const In& in) {
  TRY_VOID(refuse(in.deployment_controller && in.deployment_controller->type.value_or("ECS") != "ECS",
                  "deployment controllers other than ECS"));
  TRY_VOID(refuse(in.service_connect_configuration && in.service_connect_configuration->enabled.value_or(false),
                  "Service Connect"));
  TRY_VOID(refuse(in.service_registries && !in.service_registries->empty(), "service discovery (serviceRegistries)"));
  TRY_VOID(refuse(in.volume_configurations && !in.volume_configurations->empty(), "volumeConfigurations"));
  TRY_VOID(refuse(in.vpc_lattice_configurations && !in.vpc_lattice_configurations->empty(), "VPC Lattice"));
  return {};
}

/// Deployment alarms that are off (on, they are refused): nothing but what was said of them is to be kept.
template <class In>
void keep_alarms(const In& in, api::ecs::Service& echoed) {
  if (!in.deployment_configuration || !in.deployment_configuration->alarms) return;
  echoed.deployment_configuration.emplace().alarms = in.deployment_configuration->alarms;
}

/// A daemon is on each node, however many there are.
template <class In>
Result<void> check_daemon(const In& in) {
  if (in.desired_count) {
    return fail("InvalidParameterException",
                "The daemon scheduling strategy does not support a desired count. Remove the desired count, or use the "
                "REPLICA scheduling strategy.");
  }
  if (in.placement_strategy && !in.placement_strategy->empty()) {
    return fail("InvalidParameterException",
                "The daemon scheduling strategy does not support placement strategies. Remove them, or use the REPLICA "
                "scheduling strategy.");
  }
  return {};
}

/// Fargate takes what fits it, and places by itself.
Result<void> check_launch(const model::Service& service, const model::TaskDefinition& definition) {
  if (!service.serverless()) return {};
  return check_fargate_launch({.definition = definition,
                               .constraints = !service.placement_constraints.empty(),
                               .strategies = !service.placement_strategies.empty()});
}

/// What is given, else what there is, as far as the definition's network mode has a use for it. True: it is another
/// now.
Result<bool> update_network(const Context& context, const op::UpdateService::Input& in,
                            const model::TaskDefinition& definition, model::Service& service) {
  model::NetworkConfiguration network;
  if (in.network_configuration ||
      (in.task_definition && definition.network_mode == "awsvpc" && service.network.subnets.empty())) {
    TRY(network, read_network(context, in.network_configuration, definition, service.serverless()));
  } else if (definition.network_mode == "awsvpc") {
    network = service.network;
  }
  if (network.public_address && !service.serverless()) {  // it was on Fargate
    return fail("InvalidParameterException", kNoPublicAddress);
  }
  const bool moved = in.network_configuration || network != service.network;
  service.network = std::move(network);
  return moved;
}

}  // namespace

Result<op::CreateService::Output> create_service(Context& context, const op::CreateService::Input& in) {
  TRY(const model::Cluster* cluster, find_cluster(context, in.cluster));
  TRY_VOID(refuse_unserved(in));
  const std::string launch_type = in.launch_type.value_or("EC2");
  TRY_VOID(refuse(launch_type != "EC2" && launch_type != "FARGATE", "launch types other than EC2 and FARGATE"));
  const std::string name = in.service_name.value_or("");
  if (!valid_service_name(name)) {
    return fail(
        "InvalidParameterException",
        "Service name can contain up to 255 letters (uppercase and lowercase), numbers, underscores, and hyphens.");
  }
  model::Service service;
  service.cluster = cluster->name;
  service.name = name;
  const auto mark = request_mark(in);
  if (const model::Service* existing = context.state.services.find(service.key())) {
    if (existing->status == "ACTIVE" && mark && mark_of(existing->document) == mark->text()) {  // asked again
      op::CreateService::Output again;
      again.service = render_service(context, *existing, true);
      return again;
    }
    if (existing->status == "ACTIVE") {
      return fail("InvalidParameterException", "Creation of service was not idempotent.");
    }
    if (existing->status == "DRAINING") {
      return fail("InvalidParameterException", "Unable to Start a service that is still Draining.");
    }
    service.next_event = existing->next_event;
  }
  if (!in.task_definition) return fail("InvalidParameterException", "TaskDefinition can not be blank.");
  TRY(const model::TaskDefinition* definition, usable_task_definition(context, *in.task_definition));
  service.arn = make_arn(context.account, "ecs", "service/" + cluster->name + "/" + name);
  service.scheduling_strategy = in.scheduling_strategy.value_or("REPLICA");
  const bool daemon = service.scheduling_strategy == "DAEMON";
  if (daemon) TRY_VOID(check_daemon(in));
  if (!daemon && !in.desired_count) {
    return fail("InvalidParameterException",
                "The desired count must be specified with the REPLICA scheduling strategy.");
  }
  if (in.desired_count.value_or(0) < 0) return fail("InvalidParameterException", "desiredCount must not be negative.");
  if (in.desired_count.value_or(0) > 5000) {
    return fail("InvalidParameterException", "desiredCount must be at most 5000, the limit of tasks in a service.");
  }
  service.desired_count = daemon ? 0 : *in.desired_count;
  const auto strategy = in.capacity_provider_strategy.value_or(std::vector<api::ecs::CapacityProviderStrategyItem>());
  if (daemon && !strategy.empty()) {
    return fail("InvalidParameterException",
                "The daemon scheduling strategy does not support capacity provider strategies. Use launchType EC2.");
  }
  if (daemon && launch_type == "FARGATE") {
    return fail("InvalidParameterException",
                "The daemon scheduling strategy does not support the launch type FARGATE. Use launchType EC2.");
  }
  TRY(service.capacity_strategy, strategy_for(*cluster, strategy, daemon || in.launch_type.has_value()));
  service.launch_type = service.capacity_strategy.empty() ? launch_type : "";
  service.task_definition_arn = definition->arn;
  TRY(service.load_balancers,
      read_load_balancers(context, in.load_balancers.value_or(std::vector<api::ecs::LoadBalancer>()), *definition));
  TRY(service.placement_constraints,
      read_constraints(in.placement_constraints.value_or(std::vector<api::ecs::PlacementConstraint>())));
  TRY(service.placement_strategies,
      read_strategies(in.placement_strategy.value_or(std::vector<api::ecs::PlacementStrategy>())));
  TRY_VOID(check_launch(service, *definition));
  TRY(service.network, read_network(context, in.network_configuration, *definition, service.serverless()));
  TRY(const std::string platform_version, read_platform_version(in.platform_version, service.serverless()));
  model::DeploymentConfiguration configuration;
  if (daemon) {
    configuration.maximum_percent = 100;
    configuration.minimum_healthy_percent = 0;
  }
  TRY(service.deployment_configuration,
      read_deployment_configuration(in.deployment_configuration.value_or(api::ecs::DeploymentConfiguration()),
                                    configuration, service.scheduling_strategy));
  service.health_check_grace_period = in.health_check_grace_period_seconds.value_or(0);
  if (in.health_check_grace_period_seconds && *in.health_check_grace_period_seconds > 0 &&
      service.load_balancers.empty()) {
    return fail("InvalidParameterException",
                "Health check grace period is only valid for services configured to use "
                "load balancers");
  }
  if (in.monitoring) {
    TRY(service.fine_metrics, read_fine_metrics(*in.monitoring));
  }
  service.created_at = context.now;
  TRY(service.tags, read_tags(in.tags));

  api::ecs::Service echoed;
  if (service.serverless()) echoed.platform_version = platform_version;
  echoed.deployment_controller = in.deployment_controller;
  keep_alarms(in, echoed);
  echoed.enable_ecs_managed_tags = in.enable_ecs_managed_tags.value_or(false);
  echoed.enable_execute_command = in.enable_execute_command.value_or(false);
  echoed.propagate_tags = in.propagate_tags.value_or("NONE");
  echoed.availability_zone_rebalancing = in.availability_zone_rebalancing.value_or(daemon ? "DISABLED" : "ENABLED");
  echoed.resource_management_type = "CUSTOMER";
  echoed.created_by = "arn:aws:iam::" + context.account.id + ":root";
  echoed.role_arn = in.role.value_or("arn:aws:iam::" + context.account.id +
                                     ":role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS");
  service.document = with_mark(api::to_document(echoed), mark ? mark->text() : "");
  service.deployments.push_back(new_deployment(context, service));

  const std::string key = service.key();
  context.state.services.put(std::move(service));
  op::CreateService::Output out;
  out.service = render_service(context, *context.state.services.find(key), true);
  return out;
}

Result<op::UpdateService::Output> update_service(Context& context, const op::UpdateService::Input& in) {
  TRY(const model::Cluster* cluster, find_cluster(context, in.cluster));
  TRY(const model::Service* found, active_service(context, *cluster, in.service.value_or("")));
  TRY_VOID(refuse_unserved(in));
  model::Service service = *found;
  auto echoed = api::from_document<api::ecs::Service>(service.document);
  bool new_revision = in.force_new_deployment.value_or(false);

  if (service.scheduling_strategy == "DAEMON") TRY_VOID(check_daemon(in));
  if (in.desired_count) {
    if (*in.desired_count < 0 || *in.desired_count > 5000) {
      return fail("InvalidParameterException", "desiredCount must be between 0 and 5000.");
    }
    service.desired_count = *in.desired_count;
  }
  const std::string reference = in.task_definition.value_or(service.task_definition_arn);
  const model::TaskDefinition* definition = find_task_definition(context, reference);
  if (in.task_definition) {
    TRY(definition, usable_task_definition(context, reference));
    new_revision = new_revision || definition->arn != service.task_definition_arn;
    service.task_definition_arn = definition->arn;
  }
  if (in.load_balancers) {
    if (!definition) return fail("ClientException", "Unable to describe task definition.");
    TRY(auto bindings, read_load_balancers(context, *in.load_balancers, *definition));
    new_revision = new_revision || bindings != service.load_balancers;
    service.load_balancers = std::move(bindings);
  } else if (in.task_definition) {  // the new definition must still have what the target groups send to
    std::vector<api::ecs::LoadBalancer> present;
    for (const auto& binding : service.load_balancers) {
      present.push_back({.target_group_arn = binding.target_group_arn,
                         .container_name = binding.container_name,
                         .container_port = binding.container_port});
    }
    TRY_VOID(read_load_balancers(context, present, *definition));
  }
  if (in.capacity_provider_strategy) {
    std::vector<model::CapacityShare> strategy;
    if (!in.capacity_provider_strategy->empty()) {
      TRY(strategy, strategy_for(*cluster, *in.capacity_provider_strategy, false));
    }
    new_revision = new_revision || strategy != service.capacity_strategy;
    const bool was_serverless = service.serverless();
    service.capacity_strategy = std::move(strategy);
    service.launch_type = !service.capacity_strategy.empty() ? "" : was_serverless ? "FARGATE" : "EC2";
  }
  if (in.placement_constraints) {
    TRY(service.placement_constraints, read_constraints(*in.placement_constraints));
    new_revision = true;
  }
  if (in.placement_strategy) {
    TRY(service.placement_strategies, read_strategies(*in.placement_strategy));
    new_revision = true;
  }
  if (in.deployment_configuration) {
    TRY(service.deployment_configuration,
        read_deployment_configuration(*in.deployment_configuration, service.deployment_configuration,
                                      service.scheduling_strategy));
  }
  if (in.health_check_grace_period_seconds) service.health_check_grace_period = *in.health_check_grace_period_seconds;
  if (in.monitoring) {
    TRY(service.fine_metrics, read_fine_metrics(*in.monitoring));
  }
  if (definition) {
    TRY_VOID(check_launch(service, *definition));
    TRY(const bool moved, update_network(context, in, *definition, service));
    new_revision = new_revision || moved;
  }
  if (service.serverless() && (in.platform_version || !echoed.platform_version)) {
    TRY(const std::string version, read_platform_version(in.platform_version, true));
    new_revision = new_revision || echoed.platform_version.value_or(version) != version;
    echoed.platform_version = version;
  } else if (!service.serverless()) {
    TRY_VOID(read_platform_version(in.platform_version, false));
    echoed.platform_version.reset();
  }
  keep_alarms(in, echoed);
  if (in.enable_execute_command) echoed.enable_execute_command = in.enable_execute_command;
  if (in.enable_ecs_managed_tags) echoed.enable_ecs_managed_tags = in.enable_ecs_managed_tags;
  if (in.propagate_tags) echoed.propagate_tags = in.propagate_tags;
  if (in.availability_zone_rebalancing) echoed.availability_zone_rebalancing = in.availability_zone_rebalancing;
  service.document = with_mark(api::to_document(echoed), mark_of(service.document));

  if (new_revision) {
    for (model::Deployment& deployment : service.deployments) {
      if (deployment.status == "PRIMARY") deployment.status = "ACTIVE";
    }
    service.deployments.insert(service.deployments.begin(), new_deployment(context, service));
  }
  const std::string key = service.key();
  context.state.services.put(std::move(service));
  op::UpdateService::Output out;
  out.service = render_service(context, *context.state.services.find(key), true);
  return out;
}

Result<op::DeleteService::Output> delete_service(Context& context, const op::DeleteService::Input& in) {
  TRY(const model::Cluster* cluster, find_cluster(context, in.cluster));
  TRY(const model::Service* service, find_service(context, *cluster, in.service.value_or("")));
  if (!in.force.value_or(false) && service->desired_count > 0 && service->scheduling_strategy == "REPLICA") {
    return fail("InvalidParameterException", "The service cannot be stopped while it is scaled above 0.");
  }
  const std::string key = service->key();
  context.state.services.update(key, [](model::Service& record) {
    record.status = "DRAINING";
    record.desired_count = 0;
  });
  op::DeleteService::Output out;
  out.service = render_service(context, *context.state.services.find(key), true);
  return out;
}

Result<op::DescribeServices::Output> describe_services(Context& context, const op::DescribeServices::Input& in) {
  TRY(const model::Cluster* cluster, find_cluster(context, in.cluster));
  const auto names = in.services.value_or(std::vector<std::string>());
  if (names.empty()) return fail("InvalidParameterException", "Services cannot be empty.");
  if (names.size() > 10) return fail("InvalidParameterException", "At most 10 services can be described in one call.");
  op::DescribeServices::Output out;
  auto& services = out.services.emplace();
  auto& failures = out.failures.emplace();
  const bool with_tags = asks_for_tags(in.include);
  for (const std::string& name : names) {
    const std::string key = cluster->name + "/" + std::string(short_name(name));
    if (const model::Service* service = context.state.services.find(key)) {
      services.push_back(render_service(context, *service, with_tags));
    } else {
      failures.push_back({.arn = make_arn(context.account, "ecs", "service/" + key), .reason = "MISSING"});
    }
  }
  return out;
}

Result<op::ListServices::Output> list_services(Context& context, const op::ListServices::Input& in) {
  TRY(const model::Cluster* cluster, find_cluster(context, in.cluster));
  op::ListServices::Output out;
  auto& arns = out.service_arns.emplace();
  TRY(const std::size_t size, page_size(in.max_results, {.usual = 10}));
  TRY(Page page, Page::open(in.next_token, size, kInvalidToken));
  for (const std::string& key : context.state.services_by_cluster.keys(cluster->name)) {
    const model::Service& service = *context.state.services.find(key);
    if (service.status == "INACTIVE") continue;
    if (in.launch_type && *in.launch_type != service.launch_type) continue;
    if (in.scheduling_strategy && *in.scheduling_strategy != service.scheduling_strategy) continue;
    if (page.take(key)) arns.push_back(service.arn);
  }
  out.next_token = page.next_token();
  return out;
}

}  // namespace services::ecs
