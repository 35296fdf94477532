#include "console/story.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <set>
#include <type_traits>

#include "api/application_autoscaling.h"
#include "api/autoscaling.h"
#include "api/cloudwatch.h"
#include "api/ecs.h"
#include "client/list.h"
#include "stack/stack.h"

namespace console {

namespace {

namespace ecs = api::ecs::op;
namespace targets = api::application_autoscaling::op;
namespace groups = api::autoscaling::op;
namespace json = boost::json;

constexpr std::size_t kActivitiesMax = 200;  // of each layer: as many as the engine keeps

template <class OptionalList>
auto list(const OptionalList& values) {
  using List = std::decay_t<decltype(*values)>;
  return values ? *values : List();
}

/// No permission, not served, or gone: that part is left out. Where nobody answered any more, all of it is an error, since
/// a part of it would look like the whole.
template <class T>
Result<void> unless_cut(const Result<T>& result) {
  if (result || result.error().code != client::kUnreachable) return {};
  return tl::unexpected(result.error());
}

/// A change of status is an event of its own to `events -f`.
template <class Activity>
EventStatus activity_event(const Activity& activity, std::string kind, const std::string& of) {
  EventStatus event;
  const std::string status = activity.status_code.value_or("");
  event.id = activity.activity_id.value_or("") + "/" + status;
  event.at_ms = activity.start_time ? activity.start_time->ms : 0;
  event.kind = std::move(kind);
  const std::string description = activity.description.value_or("");
  event.message = fmt::format("({} {}) {}{} {}: {}", event.kind, of, description, description.ends_with('.') ? "" : ".",
                              status, activity.cause.value_or(""));
  event.details = activity.details.value_or("");
  return event;
}

class Story {
 public:
  Story(client::AwsClient& aws, const ServiceName& name, const StoryOptions& options, std::set<std::string>& groups)
      : aws_(aws),
        name_(name),
        resource_("service/" + name.cluster + "/" + name.service),
        options_(options),
        groups_(groups) {}

  Result<std::vector<EventStatus>> read() {
    TRY(events_, read_events(aws_, name_));
    if (options_.service_only) return std::move(events_);
    TRY_VOID(add_service_scaling());
    TRY_VOID(find_groups());
    for (const std::string& group : groups_) TRY_VOID(add_group_scaling(group));
    for (const std::string& alarm : alarms_) TRY_VOID(add_alarm(alarm));
    std::ranges::stable_sort(events_, {}, &EventStatus::at_ms);
    return std::move(events_);
  }

 private:
  Result<void> add_service_scaling() {
    std::size_t count = 0;
    const auto activities = aws_.each_page<targets::DescribeScalingActivities>(
        {.service_namespace = "ecs", .resource_id = resource_, .include_not_scaled_activities = options_.not_scaled},
        [&](const auto& page) {
          for (const auto& activity : list(page.scaling_activities)) {
            EventStatus event = activity_event(activity, "scaling", resource_);
            for (const auto& reason : list(activity.not_scaled_reasons)) event.message += ": " + reason.code.value_or("");
            events_.push_back(std::move(event));
            ++count;
          }
          return count < kActivitiesMax;
        });
    const auto policies =
        aws_.call<targets::DescribeScalingPolicies>({.service_namespace = "ecs", .resource_id = resource_});
    TRY_VOID(unless_cut(activities));
    TRY_VOID(unless_cut(policies));
    if (!activities || !policies) return {};
    for (const auto& policy : list(policies->scaling_policies)) {
      for (const auto& alarm : list(policy.alarms)) alarms_.insert(alarm.alarm_name.value_or(""));
    }
    return {};
  }

  /// Node groups of the service's cluster: of `up`, of its capacity providers, of its instances, and those found before.
  Result<void> find_groups() {
    stack::Options stack;
    stack.cluster = name_.cluster;
    stack.service = name_.service;
    groups_.insert(stack::Names(stack).node_group);
    TRY_VOID(find_groups_of_providers());
    return find_groups_of_instances();
  }

  Result<void> find_groups_of_providers() {
    const auto clusters = aws_.call<ecs::DescribeClusters>({.clusters = std::vector{name_.cluster}});
    TRY_VOID(unless_cut(clusters));
    if (!clusters || list(clusters->clusters).empty()) return {};
    const auto providers = list(clusters->clusters->front().capacity_providers);
    if (providers.empty()) return {};
    const auto described = aws_.call<ecs::DescribeCapacityProviders>({.capacity_providers = providers});
    TRY_VOID(unless_cut(described));
    if (!described) return {};
    for (const auto& provider : list(described->capacity_providers)) {
      if (!provider.auto_scaling_group_provider) continue;  // FARGATE
      groups_.insert(client::after_last_slash(provider.auto_scaling_group_provider->auto_scaling_group_arn.value_or("")));
    }
    return {};
  }

  Result<void> find_groups_of_instances() {
    const auto nodes = aws_.call<ecs::ListContainerInstances>({.cluster = name_.cluster});
    TRY_VOID(unless_cut(nodes));
    if (!nodes || list(nodes->container_instance_arns).empty()) return {};
    const auto described = aws_.call<ecs::DescribeContainerInstances>(
        {.cluster = name_.cluster, .container_instances = nodes->container_instance_arns});
    TRY_VOID(unless_cut(described));
    if (!described) return {};
    std::vector<std::string> ids;
    for (const auto& node : list(described->container_instances)) {
      if (node.ec2_instance_id) ids.push_back(*node.ec2_instance_id);
    }
    if (ids.size() > kInstancesAtOnce) ids.resize(kInstancesAtOnce);
    const auto members = aws_.call<groups::DescribeAutoScalingInstances>({.instance_ids = ids});
    TRY_VOID(unless_cut(members));
    if (!members) return {};
    for (const auto& member : list(members->auto_scaling_instances)) groups_.insert(member.auto_scaling_group_name.value_or(""));
    return {};
  }

  Result<void> add_group_scaling(const std::string& group) {
    std::size_t count = 0;
    const auto activities =
        aws_.each_page<groups::DescribeScalingActivities>({.auto_scaling_group_name = group}, [&](const auto& page) {
          for (const auto& activity : list(page.activities)) events_.push_back(activity_event(activity, "nodes", group));
          count += list(page.activities).size();
          return count < kActivitiesMax;
        });
    const auto policies = aws_.call<groups::DescribePolicies>({.auto_scaling_group_name = group});
    TRY_VOID(unless_cut(activities));
    TRY_VOID(unless_cut(policies));
    if (!activities || !policies) return {};
    for (const auto& policy : list(policies->scaling_policies)) {
      for (const auto& alarm : list(policy.alarms)) alarms_.insert(alarm.alarm_name.value_or(""));
    }
    return {};
  }

  Result<void> add_alarm(const std::string& alarm) {
    const auto history = aws_.call<api::cloudwatch::op::DescribeAlarmHistory>(
        {.alarm_name = alarm, .history_item_type = "StateUpdate", .max_records = 100});
    TRY_VOID(unless_cut(history));
    if (!history) return {};
    for (const auto& item : list(history->alarm_history_items)) {
      EventStatus event;
      event.kind = "alarm";
      event.at_ms = item.timestamp ? item.timestamp->ms : 0;
      event.id = fmt::format("{}/{}", alarm, event.at_ms);
      event.message = fmt::format("(alarm {}) {}", alarm, item.history_summary.value_or(""));
      if (const std::string reason = reason_of(item.history_data.value_or("")); !reason.empty()) event.message += ": " + reason;
      events_.push_back(std::move(event));
    }
    return {};
  }

  static std::string reason_of(const std::string& history_data) {
    boost::system::error_code error;
    const json::value tree = json::parse(history_data, error);
    if (error) return {};
    const json::value* reason = tree.find_pointer("/newState/stateReason", error);
    return reason && reason->is_string() ? std::string(reason->as_string()) : std::string();
  }

  static constexpr std::size_t kInstancesAtOnce = 50;  // DescribeAutoScalingInstances takes no more

  client::AwsClient& aws_;
  const ServiceName& name_;
  const std::string resource_;
  const StoryOptions options_;
  std::set<std::string>& groups_;
  std::vector<EventStatus> events_;
  std::set<std::string> alarms_;
};

}  // namespace

Result<std::vector<EventStatus>> read_story(client::AwsClient& aws, const ServiceName& name, const StoryOptions& options,
                                            std::set<std::string>& groups) {
  return Story(aws, name, options, groups).read();
}

}  // namespace console
