#include "services/tagging/tagged.h"

namespace services::tagging {
namespace {

/// use(table, type, arn of a record) for each kind.
template <class Use>
void each_kind(state::State& state, const Account& account, Use&& use) {
  const auto own = [](const auto& record) { return record.arn; };
  const auto ec2 = [&](const char* kind) {
    return [&account, kind](const auto& record) { return make_arn(account, "ec2", std::string(kind) + "/" + record.id); };
  };
  const auto parameter = [&](const model::Parameter& record) {
    return make_arn(account, "ssm", record.name.starts_with('/') ? "parameter" + record.name : "parameter/" + record.name);
  };
  use(state.certificates, "acm:certificate", own);
  use(state.alarms, "cloudwatch:alarm", own);
  use(state.vpcs, "ec2:vpc", ec2("vpc"));
  use(state.subnets, "ec2:subnet", ec2("subnet"));
  use(state.security_groups, "ec2:security-group", ec2("security-group"));
  use(state.route_tables, "ec2:route-table", ec2("route-table"));
  use(state.internet_gateways, "ec2:internet-gateway", ec2("internet-gateway"));
  use(state.nat_gateways, "ec2:natgateway", ec2("natgateway"));
  use(state.elastic_addresses, "ec2:elastic-ip", ec2("elastic-ip"));
  use(state.launch_templates, "ec2:launch-template", ec2("launch-template"));
  use(state.instances, "ec2:instance", ec2("instance"));
  use(state.repositories, "ecr:repository", own);
  use(state.clusters, "ecs:cluster", own);
  use(state.services, "ecs:service", own);
  use(state.tasks, "ecs:task", own);
  use(state.task_definitions, "ecs:task-definition", own);
  use(state.container_instances, "ecs:container-instance", own);
  use(state.capacity_providers, "ecs:capacity-provider", own);
  use(state.load_balancers, "elasticloadbalancing:loadbalancer", own);
  use(state.target_groups, "elasticloadbalancing:targetgroup", own);
  use(state.listeners, "elasticloadbalancing:listener", own);
  use(state.listener_rules, "elasticloadbalancing:listener-rule", own);
  use(state.managed_policies, "iam:policy", own);
  use(state.instance_profiles, "iam:instance-profile", own);
  use(state.log_groups, "logs:log-group", own);
  use(state.namespaces, "servicediscovery:namespace", own);
  use(state.topics, "sns:topic", own);
  use(state.parameters, "ssm:parameter", parameter);
}

}  // namespace

std::map<std::string, Tagged> tagged_resources(const Context& context) {
  std::map<std::string, Tagged> found;
  each_kind(context.state, context.account, [&](const auto& table, const char* type, const auto& arn_of) {
    for (const auto& [key, record] : table.all()) {
      if (record.tags.empty()) continue;
      Tagged& one = found[arn_of(record)];
      one.type = type;
      for (const model::Tag& tag : record.tags) one.tags[tag.key] = tag.value;
    }
  });
  return found;
}

bool change_tags(Context& context, const std::string& arn, const std::function<void(model::Tags&)>& change) {
  bool done = false;
  each_kind(context.state, context.account, [&](auto& table, const char*, const auto& arn_of) {
    if (done) return;
    for (const auto& [key, record] : table.all()) {
      if (arn_of(record) != arn) continue;
      done = table.update(std::string(key), [&](auto& changed) { change(changed.tags); });
      return;
    }
  });
  return done;
}

}  // namespace services::tagging
