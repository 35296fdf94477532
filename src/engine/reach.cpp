#include "engine/reach.h"

#include <charconv>

namespace engine {

std::string Reach::blocked(const model::Target& target, const model::TargetGroup& group) {
  const model::LoadBalancer* balancer = balancer_of(group.arn);
  const model::Instance* instance = state_.instances.find(target.target_id);
  const model::Task* task = instance ? nullptr : state_.tasks.find(state_.task_addresses.holder(target.address));
  if (!balancer || (!instance && !task)) return "";  // an address of the user's own: whose groups it has is not known
  const control::Side from = side_of(*balancer), to = instance ? side_of(*instance) : side_of(*task);
  std::string why = control::blocked(from, to, target.port);
  int health_port = 0;
  const std::string& text = group.health_check_port;
  std::from_chars(text.data(), text.data() + text.size(), health_port);
  if (why.empty() && group.health_check_enabled && health_port > 0) why = control::blocked(from, to, health_port);
  return why;
}

std::optional<std::vector<std::string>> Reach::admitted(const model::Listener& listener) const {
  const model::LoadBalancer* balancer = state_.load_balancers.find(listener.load_balancer_arn);
  if (!balancer) return std::nullopt;
  const model::Vpc* vpc = state_.vpcs.find(balancer->vpc_id);
  return control::admitted(side_of(*balancer), listener.port, vpc ? vpc->cidr : "");
}

control::Side Reach::side_of(const model::LoadBalancer& balancer) const {
  control::Side side{.name = "load balancer " + balancer.name, .networks = {balancer.address + "/32"}};
  add_groups(side, balancer.security_groups, balancer.vpc_id);
  for (const std::string& id : balancer.subnets) {
    if (const model::Subnet* subnet = state_.subnets.find(id)) side.networks.push_back(subnet->cidr);
  }
  return side;
}

control::Side Reach::side_of(const model::Instance& instance) const {
  control::Side side{.name = "node " + instance.id, .networks = {instance.address + "/32"}};
  add_groups(side, instance.security_groups, instance.vpc_id);
  if (const model::Subnet* subnet = state_.subnets.find(instance.subnet_id)) side.networks.push_back(subnet->cidr);
  return side;
}

control::Side Reach::side_of(const model::Task& task) const {
  const model::TaskInterface& own = *task.network_interface;
  control::Side side{.name = "task " + task.id, .networks = {own.address + "/32"}};
  const model::Subnet* subnet = state_.subnets.find(own.subnet_id);
  add_groups(side, own.security_groups, subnet ? subnet->vpc_id : "");
  if (subnet) side.networks.push_back(subnet->cidr);
  return side;
}

/// Who names no group is in the VPC's default one.
void Reach::add_groups(control::Side& side, const std::vector<std::string>& ids, const std::string& vpc_id) const {
  for (const std::string& id : ids) {
    if (const model::SecurityGroup* group = state_.security_groups.find(id)) side.groups.push_back(group);
  }
  if (!ids.empty()) return;
  for (const auto& [id, group] : state_.security_groups.all()) {
    if (group.vpc_id == vpc_id && group.name == "default") side.groups.push_back(&group);
  }
}

const model::LoadBalancer* Reach::balancer_of(const std::string& group_arn) {
  if (!balancers_) {
    balancers_.emplace();
    const auto note = [&](const model::Listener& listener, const std::vector<model::ListenerAction>& actions) {
      const model::LoadBalancer* balancer = state_.load_balancers.find(listener.load_balancer_arn);
      for (const model::ListenerAction& action : actions) {
        if (!action.target_group_arn.empty()) (*balancers_)[action.target_group_arn] = balancer;
        for (const model::WeightedTargetGroup& group : action.groups) (*balancers_)[group.target_group_arn] = balancer;
      }
    };
    for (const auto& [arn, listener] : state_.listeners.all()) note(listener, listener.default_actions);
    for (const auto& [arn, rule] : state_.listener_rules.all()) {
      if (const model::Listener* listener = state_.listeners.find(rule.listener_arn)) note(*listener, rule.actions);
    }
  }
  const auto found = balancers_->find(group_arn);
  return found == balancers_->end() ? nullptr : found->second;
}

}  // namespace engine
