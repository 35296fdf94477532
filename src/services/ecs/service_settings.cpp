#include "services/ecs/service_settings.h"

#include "control/placement/query.h"

namespace services::ecs {

Result<std::vector<model::TargetGroupBinding>> read_load_balancers(const Context& context,
                                                                   const std::vector<api::ecs::LoadBalancer>& given,
                                                                   const model::TaskDefinition& definition) {
  std::vector<model::TargetGroupBinding> bindings;
  if (given.size() > 5) {
    return fail("InvalidParameterException", "load balancers can have at most 5 items.");
  }
  for (const auto& balancer : given) {
    if (balancer.load_balancer_name) {
      return fail("UnsupportedFeatureException",
                  "This engine does not serve Classic Load Balancers. Give a targetGroupArn instead.");
    }
    if (balancer.advanced_configuration) {
      return fail("UnsupportedFeatureException",
                  "This engine does not serve blue/green deployments (advancedConfiguration) yet.");
    }
    model::TargetGroupBinding binding{balancer.target_group_arn.value_or(""), balancer.container_name.value_or(""),
                                      balancer.container_port.value_or(0)};
    const model::TargetGroup* group = context.state.target_groups.find(binding.target_group_arn);
    if (!group) {
      return fail("InvalidParameterException",
                  "The specified target group does not exist: " + binding.target_group_arn);
    }
    bool attached = false;
    const auto uses = [&](const std::vector<model::ListenerAction>& actions) {
      for (const auto& action : actions) {
        if (action.target_group_arn == group->arn) return true;
        for (const auto& weighted : action.groups) {
          if (weighted.target_group_arn == group->arn) return true;
        }
      }
      return false;
    };
    for (const auto& [arn, listener] : context.state.listeners.all())
      attached = attached || uses(listener.default_actions);
    for (const auto& [arn, rule] : context.state.listener_rules.all()) attached = attached || uses(rule.actions);
    if (!attached) {
      return fail("InvalidParameterException",
                  "The target group with targetGroupArn " + group->arn + " does not have an associated load balancer.");
    }
    const bool address_of_its_own = definition.network_mode == "awsvpc";
    if (address_of_its_own != (group->target_type == "ip")) {
      return fail("InvalidParameterException", "The provided target group " + group->arn + " has target type " +
                                                   group->target_type + ", which is incompatible with the " +
                                                   definition.network_mode +
                                                   " network mode specified in the task definition.");
    }
    const model::ContainerDefinition* container = nullptr;
    for (const auto& candidate : definition.containers) {
      if (candidate.name == binding.container_name) container = &candidate;
    }
    if (!container) {
      return fail("InvalidParameterException",
                  "The container " + binding.container_name + " does not exist in the task definition.");
    }
    bool exposed = false;
    for (const auto& port : container->port_mappings)
      exposed = exposed || port.container_port == binding.container_port;
    if (!exposed) {
      return fail("InvalidParameterException", "The container " + binding.container_name +
                                                   " did not have a container port " +
                                                   std::to_string(binding.container_port) + " defined.");
    }
    bindings.push_back(std::move(binding));
  }
  return bindings;
}

Result<std::vector<model::PlacementConstraint>> read_constraints(
    const std::vector<api::ecs::PlacementConstraint>& given) {
  if (given.size() > 10) return fail("InvalidParameterException", "placementConstraints can have at most 10 items.");
  std::vector<model::PlacementConstraint> constraints;
  for (const auto& constraint : given) {
    model::PlacementConstraint read{constraint.type.value_or(""), constraint.expression.value_or("")};
    if (read.type == "distinctInstance" && !read.expression.empty()) {
      return fail("InvalidParameterException", "The distinctInstance placement constraint cannot have an expression.");
    }
    if (read.type == "memberOf") TRY_VOID(control::Query::parse(read.expression));
    constraints.push_back(std::move(read));
  }
  return constraints;
}

Result<std::vector<model::PlacementStrategy>> read_strategies(const std::vector<api::ecs::PlacementStrategy>& given) {
  if (given.size() > 5) return fail("InvalidParameterException", "placementStrategy can have at most 5 items.");
  std::vector<model::PlacementStrategy> strategies;
  for (const auto& strategy : given) {
    model::PlacementStrategy read{strategy.type.value_or(""), strategy.field.value_or("")};
    if (read.type == "binpack") {
      for (char& c : read.field) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      if (read.field != "cpu" && read.field != "memory") {
        return fail("InvalidParameterException", "The binpack strategy's field must be cpu or memory.");
      }
    } else if (read.type == "spread") {
      if (read.field == "host") read.field = "instanceId";
      if (read.field != "instanceId" && !read.field.starts_with("attribute:")) {
        return fail("InvalidParameterException", "The spread strategy's field must be instanceId or attribute:NAME.");
      }
    } else if (!read.field.empty()) {
      return fail("InvalidParameterException", "The random strategy takes no field.");
    }
    strategies.push_back(std::move(read));
  }
  return strategies;
}

Result<model::DeploymentConfiguration> read_deployment_configuration(const api::ecs::DeploymentConfiguration& given,
                                                                     model::DeploymentConfiguration current,
                                                                     const std::string& scheduling_strategy) {
  const bool daemon = scheduling_strategy == "DAEMON";
  if (given.maximum_percent) current.maximum_percent = *given.maximum_percent;
  if (given.minimum_healthy_percent) current.minimum_healthy_percent = *given.minimum_healthy_percent;
  if (daemon && current.maximum_percent != 100) {
    return fail("InvalidParameterException",
                "The daemon scheduling strategy does not support values for "
                "maximumPercent other than 100.");
  }
  if (current.minimum_healthy_percent < 0) {
    return fail("InvalidParameterException", "minimumHealthyPercent must not be negative.");
  }
  if (current.maximum_percent < 0) {
    return fail("InvalidParameterException", "maximumPercent must not be negative.");
  }
  if (current.maximum_percent < current.minimum_healthy_percent) {
    return fail("InvalidParameterException", "maximumPercent must be at least minimumHealthyPercent.");
  }
  if (current.maximum_percent == 100 && current.minimum_healthy_percent == 100) {
    return fail("InvalidParameterException",
                "Both maximumPercent and minimumHealthyPercent cannot be 100 as this will "
                "block deployments.");
  }
  if (!daemon && current.maximum_percent < 100) {
    return fail("InvalidParameterException", "maximumPercent must be at least 100.");
  }
  if (given.strategy && *given.strategy != "ROLLING") {
    return fail("UnsupportedFeatureException",
                "This engine does not serve the deployment strategy " + *given.strategy + " yet; it rolls (ROLLING).");
  }
  if (given.alarms && given.alarms->enable.value_or(false)) {
    return fail("UnsupportedFeatureException", "This engine does not serve deployment alarms yet.");
  }
  if (given.deployment_circuit_breaker) {
    const auto& breaker = *given.deployment_circuit_breaker;
    auto& out = current.circuit_breaker;
    out.enable = breaker.enable.value_or(false);
    out.rollback = breaker.rollback.value_or(false);
    out.reset_on_healthy_task = breaker.reset_on_healthy_task.value_or(true);
    if (breaker.threshold_configuration) {
      out.threshold_type = breaker.threshold_configuration->type.value_or(out.threshold_type);
      out.threshold_value = breaker.threshold_configuration->value.value_or(out.threshold_value);
    }
  }
  return current;
}

Result<std::vector<std::string>> read_fine_metrics(const api::ecs::MonitoringConfiguration& given) {
  std::map<std::string, int> resolutions;
  for (const auto& one : given.metric_configurations.value_or(std::vector<api::ecs::MetricConfiguration>())) {
    const int seconds = *one.resolution_seconds;
    if (seconds != 20 && seconds != 60) {
      return fail("InvalidParameterException", "resolutionSeconds must be 20 or 60.");
    }
    for (const std::string& name : *one.metric_names) {
      if (name != "CPUUtilization" && name != "MemoryUtilization") {
        return fail("InvalidParameterException",
                    "The metric " + name + " is not supported in metricConfigurations: CPUUtilization and MemoryUtilization are.");
      }
      if (!resolutions.emplace(name, seconds).second) {
        return fail("InvalidParameterException", "The metric " + name + " is named more than once in metricConfigurations.");
      }
    }
  }
  std::vector<std::string> fine;
  for (const auto& [name, seconds] : resolutions) {
    if (seconds == 20) fine.push_back(name);
  }
  return fine;
}

model::Deployment new_deployment(Context& context, const model::Service& service) {
  model::Deployment deployment;
  std::string digits;
  digits += static_cast<char>('1' + context.random.below(9));
  while (digits.size() < 19) digits += static_cast<char>('0' + context.random.below(10));
  deployment.id = "ecs-svc/" + digits;
  deployment.task_definition_arn = service.task_definition_arn;
  deployment.desired_count = 0;  // the scheduler takes it up: AWS's first answer shows 0/0/0
  deployment.created_at = deployment.updated_at = context.now;
  deployment.rollout_reason = "ECS deployment " + deployment.id + " in progress.";
  deployment.load_balancers = service.load_balancers;
  deployment.placement_constraints = service.placement_constraints;
  deployment.placement_strategies = service.placement_strategies;
  deployment.capacity_strategy = service.capacity_strategy;
  deployment.launch_type = service.launch_type;
  deployment.network = service.network;
  return deployment;
}

}  // namespace services::ecs
