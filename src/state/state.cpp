#include "state/state.h"

#include <fmt/format.h>

#include <algorithm>

namespace state {

namespace {
constexpr std::int64_t kEventsMax = 100;
constexpr std::int64_t kAlarmHistoryMax = 100;
constexpr std::size_t kOrphanHistoryMax = 5000;  // items of alarms that are gone, all together

/// The scaling policies that an alarm's actions name; a service's may carry ":createdBy/<uuid>" behind the policy's ARN.
std::vector<std::string> policies_of(const model::Alarm& alarm) {
  std::vector<std::string> arns;
  for (const auto* actions : {&alarm.alarm_actions, &alarm.ok_actions, &alarm.insufficient_data_actions}) {
    for (const std::string& action : *actions) {
      if (action.find(":scalingPolicy:") != std::string::npos) arns.push_back(action.substr(0, action.find(":createdBy/")));
    }
  }
  return arns;
}

std::vector<std::string> tags_of(const model::Image& image) {
  std::vector<std::string> names;
  for (const std::string& tag : image.tags) names.push_back(image.repository + ":" + tag);
  return names;
}

std::vector<std::string> content_of(const model::Image& image) {
  std::vector<std::string> digests{image.digest};
  digests.insert(digests.end(), image.blobs.begin(), image.blobs.end());
  digests.insert(digests.end(), image.manifests.begin(), image.manifests.end());
  return digests;
}
}  // namespace

State::State(Store& store)
    : store(store),
      clusters(store, "clusters"),
      task_definitions(store, "task_definitions"),
      services(store, "services"),
      service_events(store, "service_events"),
      tasks(store, "tasks"),
      container_instances(store, "container_instances"),
      load_balancers(store, "load_balancers"),
      listeners(store, "listeners"),
      listener_rules(store, "listener_rules"),
      target_groups(store, "target_groups"),
      targets(store, "targets"),
      launch_templates(store, "launch_templates"),
      instances(store, "instances"),
      auto_scaling_groups(store, "auto_scaling_groups"),
      scaling_activities(store, "scaling_activities"),
      vpcs(store, "vpcs"),
      subnets(store, "subnets"),
      security_groups(store, "security_groups"),
      log_groups(store, "log_groups"),
      log_streams(store, "log_streams"),
      repositories(store, "repositories"),
      images(store, "images"),
      repository_blobs(store, "repository_blobs"),
      alarms(store, "alarms"),
      alarm_history(store, "alarm_history"),
      scalable_targets(store, "scalable_targets"),
      scaling_policies(store, "scaling_policies"),
      scheduled_actions(store, "scheduled_actions"),
      target_activities(store, "target_activities"),
      capacity_providers(store, "capacity_providers"),
      dashboards(store, "dashboards"),
      roles(store, "roles"),
      managed_policies(store, "managed_policies"),
      instance_profiles(store, "instance_profiles"),
      parameters(store, "parameters"),
      route_tables(store, "route_tables"),
      internet_gateways(store, "internet_gateways"),
      nat_gateways(store, "nat_gateways"),
      elastic_addresses(store, "elastic_addresses"),
      topics(store, "topics"),
      subscriptions(store, "subscriptions"),
      certificates(store, "certificates"),
      certificate_authorities(store, "certificate_authorities"),
      namespaces(store, "namespaces"),
      namespace_operations(store, "namespace_operations"),
      counters(store, "counters"),
      node_uses(tasks),
      task_addresses(tasks),
      tasks_by_service(tasks, [](const model::Task& task) { return task.service_key(); }),
      tasks_by_cluster(tasks, [](const model::Task& task) { return task.cluster; }),
      tasks_by_container_instance(tasks, [](const model::Task& task) { return task.container_instance; }),
      waiting_tasks_by_cluster(tasks,
                               [](const model::Task& task) { return task.waiting() ? task.cluster : std::string(); }),
      targets_by_group(targets, [](const model::Target& target) { return target.group_arn; }),
      targets_by_task(targets, [](const model::Target& target) { return target.task_id; }),
      listeners_by_load_balancer(listeners, [](const model::Listener& listener) { return listener.load_balancer_arn; }),
      rules_by_listener(listener_rules, [](const model::ListenerRule& rule) { return rule.listener_arn; }),
      container_instances_by_cluster(container_instances,
                                     [](const model::ContainerInstance& node) { return node.cluster; }),
      container_instances_by_instance(container_instances,
                                      [](const model::ContainerInstance& node) { return node.instance_id; }),
      instances_by_group(instances, [](const model::Instance& instance) { return instance.group; }),
      services_by_cluster(services, [](const model::Service& service) { return service.cluster; }),
      task_definitions_by_family(task_definitions,
                                 [](const model::TaskDefinition& definition) { return definition.family; }),
      activities_by_group(scaling_activities, [](const model::ScalingActivity& activity) { return activity.group; }),
      log_streams_by_group(log_streams, [](const model::LogStream& stream) { return stream.group; }),
      policies_by_target(scaling_policies, [](const model::ScalingPolicy& policy) { return policy.target; }),
      policies_by_group(scaling_policies, [](const model::ScalingPolicy& policy) { return policy.group; }),
      scheduled_actions_by_target(scheduled_actions,
                                  [](const model::ScheduledAction& action) { return action.target; }),
      scheduled_actions_by_group(scheduled_actions, [](const model::ScheduledAction& action) { return action.group; }),
      activities_by_target(target_activities, [](const model::TargetActivity& activity) { return activity.target; }),
      images_by_tag(images, tags_of),
      images_by_content(images, content_of),
      images_by_subject(images,
                        [](const model::Image& image) {
                          return image.subject.empty() ? std::string() : image.repository + "@" + image.subject;
                        }),
      blobs_by_digest(repository_blobs, [](const model::RepositoryBlob& blob) { return blob.digest; }),
      alarms_by_policy(alarms, policies_of) {}

State::~State() = default;

std::int64_t State::next(const std::string& counter) {
  const Counter* found = counters.find(counter);
  const std::int64_t value = found == nullptr ? 1 : found->value + 1;
  counters.put({counter, value});
  return value;
}

void State::append_event(const std::string& service_key, std::string message, Instant now, Random& random) {
  model::ServiceEvent event{.service = service_key, .id = random.uuid(), .at = now, .message = std::move(message)};
  if (!services.update(service_key, [&](model::Service& service) { event.sequence = service.next_event++; })) return;
  model::ServiceEvent oldest{.service = service_key, .sequence = event.sequence - kEventsMax};
  service_events.put(std::move(event));
  service_events.erase(oldest.key());
}

void State::drop_events(const std::string& service_key) {
  std::vector<std::string> keys;
  for (const auto& [key, event] : service_events.range(service_key + "#")) keys.push_back(key);
  for (const std::string& key : keys) service_events.erase(key);
}

void State::append_alarm_history(model::AlarmHistoryItem item) {
  const model::AlarmHistoryItem oldest{.alarm = item.alarm, .sequence = item.sequence - kAlarmHistoryMax};
  alarm_history.put(std::move(item));
  alarm_history.erase(oldest.key());
}

std::int64_t State::next_alarm_history(const std::string& alarm) const {
  std::int64_t next = 1;
  for (const auto& [key, item] : alarm_history.range(alarm + "#")) {
    if (item.alarm == alarm) next = std::max(next, item.sequence + 1);  // another alarm's name may go on with "#"
  }
  return next;
}

void State::expire_alarm_history(Instant before) {
  std::vector<std::string> old;
  std::vector<std::pair<Instant, std::string>> orphans;
  for (const auto& [key, item] : alarm_history.all()) {
    if (item.at < before) {
      old.push_back(key);
    } else if (!alarms.find(item.alarm)) {
      orphans.emplace_back(item.at, key);
    }
  }
  std::ranges::sort(orphans);
  for (std::size_t i = 0; i + kOrphanHistoryMax < orphans.size(); ++i) old.push_back(std::move(orphans[i].second));
  for (const std::string& key : old) alarm_history.erase(key);
}

}  // namespace state
