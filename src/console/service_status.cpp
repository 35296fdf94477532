#include "console/service_status.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <map>
#include <set>

#include "api/ec2.h"
#include "api/ecs.h"
#include "api/elbv2.h"
#include "client/list.h"

namespace console {

namespace {

namespace ecs = api::ecs::op;
namespace elb = api::elbv2::op;
namespace json = boost::json;
using client::after_last_slash;
using client::list;

constexpr std::size_t kDescribeAtOnce = 100;  // DescribeContainerInstances takes no more

Error missing_service(client::AwsClient& aws, const ServiceName& name) {
  Error error{"ServiceNotFoundException",
              fmt::format("there is no service {} in the cluster {}", name.service, name.cluster)};
  std::string others;
  if (const auto found = aws.call<ecs::ListServices>({.cluster = name.cluster})) {
    for (const std::string& arn : list(found->service_arns)) {
      others += (others.empty() ? "" : ", ") + after_last_slash(arn);
    }
  }
  error.message += others.empty() ? "; it has none" : "; it has " + others;
  return error;
}

std::vector<EventStatus> events_of(const api::ecs::Service& service) {
  std::vector<EventStatus> events;
  for (const auto& event : list(service.events)) {
    events.push_back({event.id.value_or(""), event.message.value_or(""), event.created_at ? event.created_at->ms : 0});
  }
  std::reverse(events.begin(), events.end());  // ECS has the newest first
  return events;
}

Result<void> read_targets(client::AwsClient& aws, const api::ecs::Service& service, Status& status) {
  for (const auto& binding : list(service.load_balancers)) {
    if (!binding.target_group_arn) continue;
    TRY(const auto health, aws.call<elb::DescribeTargetHealth>({.target_group_arn = binding.target_group_arn}));
    for (const auto& found : list(health.target_health_descriptions)) {
      TargetStatus target;
      if (found.target) {
        target.id = found.target->id.value_or("");
        target.port = found.target->port.value_or(0);
      }
      if (found.target_health) {
        target.state = found.target_health->state.value_or("");
        target.reason = found.target_health->reason.value_or("");
        target.description = found.target_health->description.value_or("");
      }
      if (target.state == "healthy") ++status.healthy;
      status.targets.push_back(std::move(target));
    }
  }
  return {};
}

/// Where a listener of our engine really is, by its ARN.
struct Bound {
  std::string address, error;
  std::int64_t port = 0;
};

struct Usage {
  std::map<std::string, Bound> listeners;
  std::map<std::string, std::pair<double, double>> nodes;  ///< instance -> CPU units, MiB
};

std::string text_of(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  return value && value->is_string() ? std::string(value->as_string()) : std::string();
}
double number_of(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  return value && value->is_number() ? value->to_number<double>() : 0;
}

/// Empty where the endpoint is not our engine.
Usage read_usage(const EnginePage& engine_page) {
  Usage usage;
  const auto page = engine_page("/_scaleout/usage");
  if (!page) return usage;
  boost::system::error_code error;
  const json::value tree = json::parse(*page, error);
  if (error || !tree.is_object()) return usage;
  const auto each = [&](std::string_view name, const auto& take) {
    const json::value* items = tree.as_object().if_contains(name);
    if (!items || !items->is_array()) return;
    for (const json::value& item : items->as_array()) {
      if (item.is_object()) take(item.as_object());
    }
  };
  each("listeners", [&](const json::object& item) {
    usage.listeners[text_of(item, "listener")] = {text_of(item, "address"), text_of(item, "error"),
                                                  static_cast<std::int64_t>(number_of(item, "bound_port"))};
  });
  each("nodes", [&](const json::object& item) {
    usage.nodes[text_of(item, "instance")] = {number_of(item, "cpu_units"), number_of(item, "memory_mib")};
  });
  return usage;
}

std::string url_text(const std::string& scheme, const std::string& host, std::int64_t port) {
  const bool is_default = port == (scheme == "https" ? 443 : 80);
  return is_default ? fmt::format("{}://{}", scheme, host) : fmt::format("{}://{}:{}", scheme, host, port);
}

/// The first listener of the first load balancer that forwards to one of the service's target groups.
Result<void> read_url(client::AwsClient& aws, const api::ecs::Service& service, const Usage& usage, Status& status) {
  for (const auto& binding : list(service.load_balancers)) {
    if (!binding.target_group_arn) continue;
    TRY(const auto groups,
        aws.call<elb::DescribeTargetGroups>({.target_group_arns = std::vector{*binding.target_group_arn}}));
    for (const auto& group : list(groups.target_groups)) {
      for (const std::string& arn : list(group.load_balancer_arns)) {
        TRY(const auto balancers, aws.call<elb::DescribeLoadBalancers>({.load_balancer_arns = std::vector{arn}}));
        TRY(const auto listeners, aws.call<elb::DescribeListeners>({.load_balancer_arn = arn}));
        if (list(balancers.load_balancers).empty() || list(listeners.listeners).empty()) continue;
        const auto& listener = listeners.listeners->front();
        const std::string scheme = listener.protocol.value_or("HTTP") == "HTTPS" ? "https" : "http";
        const auto bound = usage.listeners.find(listener.listener_arn.value_or(""));
        if (bound == usage.listeners.end()) {
          status.url = url_text(scheme, balancers.load_balancers->front().dns_name.value_or(""), listener.port.value_or(80));
        } else if (!bound->second.error.empty()) {
          status.url_problem = bound->second.error;
        } else if (bound->second.port == 0) {
          status.url_problem = "the listener is not bound yet";
        } else {
          status.url = url_text(scheme, bound->second.address, bound->second.port);
        }
        return {};
      }
    }
  }
  return {};
}

std::int64_t resource(const std::optional<std::vector<api::ecs::Resource>>& resources, std::string_view name) {
  for (const auto& one : list(resources)) {
    if (one.name.value_or("") == name) return one.integer_value.value_or(0);
  }
  return 0;
}

Capacity capacity_of(const api::ecs::ContainerInstance& node, std::string_view name) {
  Capacity capacity;
  capacity.free = resource(node.remaining_resources, name);
  capacity.reserved = resource(node.registered_resources, name) - capacity.free;
  return capacity;
}

std::string attribute(const api::ecs::ContainerInstance& node, std::string_view name) {
  for (const auto& one : list(node.attributes)) {
    if (one.name.value_or("") == name) return one.value.value_or("");
  }
  return {};
}

/// Type, zone, address and group as EC2 knows them. Nothing where EC2 cannot be asked.
void add_instances(client::AwsClient& aws, std::vector<NodeStatus>& nodes) {
  std::vector<std::string> ids;
  for (const NodeStatus& node : nodes) {
    if (!node.instance.empty()) ids.push_back(node.instance);
  }
  if (ids.empty()) return;
  const auto found = aws.call<api::ec2::op::DescribeInstances>({.instance_ids = ids});
  if (!found) return;
  for (const auto& reservation : list(found->reservations)) {
    for (const auto& instance : list(reservation.instances)) {
      for (NodeStatus& node : nodes) {
        if (node.instance != instance.instance_id.value_or("")) continue;
        node.address = instance.private_ip_address.value_or("");
        if (instance.instance_type) node.type = *instance.instance_type;
        if (instance.placement && instance.placement->availability_zone) node.zone = *instance.placement->availability_zone;
        for (const auto& tag : list(instance.tags)) {
          if (tag.key == "aws:autoscaling:groupName") node.group = tag.value.value_or("");
        }
      }
    }
  }
}

Result<std::vector<NodeStatus>> read_nodes(client::AwsClient& aws, const std::string& cluster, const Usage& usage) {
  std::vector<std::string> arns;
  TRY_VOID(aws.each_page<ecs::ListContainerInstances>({.cluster = cluster}, [&](const auto& page) {
    const auto some = list(page.container_instance_arns);
    arns.insert(arns.end(), some.begin(), some.end());
    return true;
  }));
  std::vector<NodeStatus> nodes;
  for (std::size_t begin = 0; begin < arns.size(); begin += kDescribeAtOnce) {
    const auto end = std::min(begin + kDescribeAtOnce, arns.size());
    TRY(const auto found,
        aws.call<ecs::DescribeContainerInstances>(
            {.cluster = cluster,
             .container_instances = std::vector(arns.begin() + static_cast<std::ptrdiff_t>(begin),
                                                arns.begin() + static_cast<std::ptrdiff_t>(end))}));
    for (const auto& one : list(found.container_instances)) {
      NodeStatus node;
      node.instance = one.ec2_instance_id.value_or("");
      node.type = attribute(one, "ecs.instance-type");
      node.zone = attribute(one, "ecs.availability-zone");
      node.status = one.status.value_or("");
      if (!one.agent_connected.value_or(true)) node.status += " (agent disconnected)";
      node.running = one.running_tasks_count.value_or(0);
      node.pending = one.pending_tasks_count.value_or(0);
      node.cpu = capacity_of(one, "CPU");
      node.memory = capacity_of(one, "MEMORY");
      if (const auto used = usage.nodes.find(node.instance); used != usage.nodes.end()) {
        node.cpu.used = used->second.first;
        node.memory.used = used->second.second;
      }
      nodes.push_back(std::move(node));
    }
  }
  add_instances(aws, nodes);
  std::sort(nodes.begin(), nodes.end(), [](const auto& a, const auto& b) { return a.instance < b.instance; });
  return nodes;
}

DeploymentStatus deployment_of(const api::ecs::Deployment& from) {
  DeploymentStatus to;
  to.id = from.id.value_or("");
  to.status = from.status.value_or("");
  to.rollout_state = from.rollout_state.value_or("");
  to.rollout_reason = from.rollout_state_reason.value_or("");
  to.task_definition = after_last_slash(from.task_definition.value_or(""));
  to.tasks = {from.desired_count.value_or(0), from.running_count.value_or(0), from.pending_count.value_or(0)};
  to.failed = from.failed_tasks.value_or(0);
  return to;
}

}  // namespace

Result<api::ecs::Service> describe_service(client::AwsClient& aws, const ServiceName& name) {
  auto asked = aws.call<ecs::DescribeServices>({.cluster = name.cluster, .services = std::vector{name.service}});
  if (!asked && asked.error().code == "ClusterNotFoundException") {
    asked.error().message = "there is no cluster " + name.cluster;
  }
  TRY(const auto found, std::move(asked));
  if (list(found.services).empty()) return tl::unexpected(missing_service(aws, name));
  return found.services->front();
}

Result<Status> read_status(client::AwsClient& aws, const ServiceName& name, const EnginePage& engine_page) {
  TRY(const api::ecs::Service service, describe_service(aws, name));
  Status status;
  status.name = {after_last_slash(service.cluster_arn.value_or(name.cluster)), service.service_name.value_or(name.service)};
  status.status = service.status.value_or("");
  status.task_definition = after_last_slash(service.task_definition.value_or(""));
  status.tasks = {service.desired_count.value_or(0), service.running_count.value_or(0), service.pending_count.value_or(0)};
  for (const auto& deployment : list(service.deployments)) status.deployments.push_back(deployment_of(deployment));
  status.events = events_of(service);
  const Usage usage = read_usage(engine_page);
  // A deleted target group or load balancer says so; the rest of the screen is worth showing all the same.
  const auto problem = [&](const Result<void>& result) -> Result<void> {
    if (result) return {};
    if (client::unreachable_or_unauthorised(result.error())) return result;
    status.url_problem = result.error().message;
    return {};
  };
  TRY_VOID(problem(read_targets(aws, service, status)));
  TRY_VOID(problem(read_url(aws, service, usage, status)));
  TRY(status.nodes, read_nodes(aws, name.cluster, usage));
  std::set<std::string> groups;
  for (const NodeStatus& node : status.nodes) {
    if (!node.group.empty()) groups.insert(node.group);
  }
  status.scaling = read_scaling(aws, status.name, status.tasks.desired, groups, engine_page);
  return status;
}

Result<std::vector<EventStatus>> read_events(client::AwsClient& aws, const ServiceName& name) {
  TRY(const api::ecs::Service service, describe_service(aws, name));
  return events_of(service);
}

}  // namespace console
