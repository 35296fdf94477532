#include "cmd/demo_recording.h"

#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <set>

#include "api/application_autoscaling.h"
#include "api/autoscaling.h"
#include "api/cloudwatch.h"
#include "api/elbv2.h"
#include "client/list.h"
#include "cmd/connect.h"
#include "report/from_load.h"

namespace cmd {

namespace {

using client::list;

Instant instant_of(const std::optional<api::Timestamp>& at) { return at ? instant_from_ms(at->ms) : Instant{}; }

/// "(service web) has started 3 tasks: …" counts three that came; what is not about tasks counts none.
int task_change(const std::string& message) {
  const auto after = [&](std::string_view words) -> int {
    const std::size_t at = message.find(words);
    return at == std::string::npos ? 0 : std::atoi(message.c_str() + at + words.size());
  };
  if (const int started = after(" has started ")) return started;
  return -after(" has stopped ");
}

report::Series counts_of(const std::vector<std::pair<Instant, int>>& counts) {
  report::Series series;
  for (const auto& [at, count] : counts) {
    if (series.points.empty() || series.points.back().value != count) series.points.push_back({at, count});
  }
  return series;
}

}  // namespace

DemoRecording::DemoRecording(DemoSite& site) : site_(site), begin_(clock_.now()) {}

Result<console::Status> DemoRecording::look() {
  const console::EnginePage page = [&](const std::string& path) { return ask_engine(site_.settings(), "GET", path); };
  TRY(console::Status status, console::read_status(site_.aws(), {site_.stack.cluster, site_.stack.service}, page));
  Count count{.at = clock_.now(),
              .desired = status.tasks.desired,
              .running = status.tasks.running,
              .nodes = static_cast<int>(status.nodes.size())};
  std::set<std::string> alarms(alarms_.begin(), alarms_.end());
  for (const console::ScalingLayer& layer : status.scaling) {
    if (layer.nodes) count.nodes_desired = layer.desired;
    for (const auto& policy : layer.policies) {
      for (const auto& alarm : policy.alarms) alarms.insert(alarm.name);
    }
  }
  alarms_.assign(alarms.begin(), alarms.end());
  counts_.push_back(count);
  for (const console::EventStatus& event : status.events) events_.try_emplace(event.id, event);
  return status;
}

int DemoRecording::most(int Count::* member) const {
  int most = 0;
  for (const Count& count : counts_) most = std::max(most, count.*member);
  return most;
}

bool DemoRecording::fell_back() const {
  if (counts_.empty()) return false;
  const stack::Options& stack = site_.stack;
  const Count& now = counts_.back();
  return most(&Count::running) > stack.tasks_min && most(&Count::nodes) > stack.nodes_min &&
         now.desired == stack.tasks_min && now.running == stack.tasks_min && now.nodes == stack.nodes_min &&
         now.nodes_desired == stack.nodes_min;
}

std::string DemoRecording::line(const console::Status& status) const {
  const Count& now = counts_.back();
  std::string text =
      fmt::format("tasks {} of {}, nodes {} of {}", now.running, now.desired, now.nodes, now.nodes_desired);
  for (const console::ScalingLayer& layer : status.scaling) {
    for (const console::PolicyStatus& policy : layer.policies) {
      for (const console::AlarmStatus& alarm : policy.alarms) {
        if (!alarm.value || alarm.comparison != "GreaterThanThreshold") continue;
        text += fmt::format("; {} {:.0f} % of {:.0f}", layer.nodes ? "node CPU" : "CPU", *alarm.value, alarm.threshold);
        if (alarm.breaching) text += fmt::format(" ({}/{})", *alarm.breaching, alarm.needed);
      }
    }
  }
  return text;
}

void DemoRecording::add_entry(std::string source, report::Mark mark) {
  if (mark.at >= begin_) log_.push_back({std::move(source), std::move(mark)});
}

Result<void> DemoRecording::read_log() {
  log_.clear();
  for (const auto& [id, event] : events_) {
    const int change = task_change(event.message);
    add_entry("service", {.at = instant_from_ms(event.at_ms),
                          .kind = change ? report::Mark::Kind::task : report::Mark::Kind::deployment,
                          .change = change,
                          .subject = site_.stack.service,
                          .text = event.message});
  }
  TRY_VOID(read_activities());
  read_alarms();
  std::ranges::stable_sort(log_, {}, [](const Entry& entry) { return entry.mark.at; });
  return {};
}

Result<void> DemoRecording::read_activities() {
  TRY_VOID(site_.aws().each_page<api::application_autoscaling::op::DescribeScalingActivities>(
      {.service_namespace = "ecs"}, [&](const auto& page) {
        for (const auto& one : list(page.scaling_activities)) {
          add_entry("tasks", {.at = instant_of(one.start_time),
                              .kind = report::Mark::Kind::scaling,
                              .subject = one.resource_id.value_or(""),
                              .text = one.description.value_or(""),
                              .cause = one.cause.value_or("")});
        }
        return true;
      }));
  return site_.aws().each_page<api::autoscaling::op::DescribeScalingActivities>({}, [&](const auto& page) {
    for (const auto& one : list(page.activities)) {
      const std::string text = one.description.value_or("");
      add_entry("nodes", {.at = instant_of(one.start_time),
                          .kind = report::Mark::Kind::node,
                          .change = text.starts_with("Launching") ? 1 : text.starts_with("Terminating") ? -1 : 0,
                          .subject = text.substr(text.rfind(' ') + 1),
                          .text = text,
                          .cause = one.cause.value_or("")});
    }
    return true;
  });
}

void DemoRecording::read_alarms() {
  for (const std::string& alarm : alarms_) {
    (void)site_.aws().each_page<api::cloudwatch::op::DescribeAlarmHistory>(
        {.alarm_name = alarm, .history_item_type = "StateUpdate"}, [&](const auto& page) {
          for (const auto& one : list(page.alarm_history_items)) {
            const std::string summary = one.history_summary.value_or("");
            add_entry("alarm", {.at = instant_of(one.timestamp),
                                .kind = report::Mark::Kind::alarm,
                                .subject = alarm,
                                .text = summary.substr(summary.rfind(' ') + 1),
                                .cause = summary});
          }
          return true;
        });
  }
}

void DemoRecording::print_log() const {
  std::cout << "\nWhat happened, in both layers:\n";
  for (const Entry& entry : log_) {
    const double seconds = std::chrono::duration<double>(entry.mark.at - begin_).count();
    const std::string text = entry.source == "alarm" ? entry.mark.subject + " is " + entry.mark.text : entry.mark.text;
    std::cout << fmt::format("{:7.1f} s  {:<7}  {}", seconds, entry.source, text);
    if (!entry.mark.cause.empty() && entry.source != "alarm") std::cout << "\n" << std::string(20, ' ') << entry.mark.cause;
    std::cout << "\n";
  }
}

report::Series DemoRecording::metric(const std::string& space, const std::string& name, const std::string& statistic,
                                     const std::map<std::string, std::string>& dimensions, double time_scale) {
  constexpr int kPeriod = 60;
  api::cloudwatch::op::GetMetricStatistics::Input in;
  in.namespace_ = space;
  in.metric_name = name;
  in.start_time = api::Timestamp{to_ms(begin_)};
  in.end_time = api::Timestamp{to_ms(clock_.now())};
  in.period = kPeriod;
  in.statistics = std::vector{statistic};
  for (const auto& [key, value] : dimensions) {
    if (!in.dimensions) in.dimensions.emplace();
    in.dimensions->push_back({.name = key, .value = value});
  }
  report::Series series;
  series.period = Pace{time_scale}(seconds(kPeriod));
  const auto found = site_.aws().call<api::cloudwatch::op::GetMetricStatistics>(in);
  if (!found) {
    site_.say("warning: " + name + ": " + found.error().message);
    return series;
  }
  for (const auto& point : list(found->datapoints)) {
    series.points.push_back({instant_of(point.timestamp), statistic == "Sum" ? point.sum : point.average});
  }
  std::ranges::sort(series.points, {}, &report::Point::at);
  return series;
}

/// "app/name/id", the tail of the load balancer's ARN.
std::string DemoRecording::balancer_dimension() {
  const auto found = site_.aws().call<api::elbv2::op::DescribeLoadBalancers>(
      {.names = std::vector{stack::Names(site_.stack).load_balancer}});
  if (!found || list(found->load_balancers).empty()) return {};
  const std::string arn = found->load_balancers->front().load_balancer_arn.value_or("");
  const std::size_t at = arn.find("app/");
  return at == std::string::npos ? std::string() : arn.substr(at);
}

report::Run DemoRecording::run(const load::Outcome& load, double time_scale) {
  const stack::Options& stack = site_.stack;
  report::Run run;
  run.title = stack.service + " scales out and in";
  run.subtitle = fmt::format("{} to {} tasks at {:.0f} % CPU on {} to {} nodes ({}) at {:.0f} % CPU", stack.tasks_min,
                             stack.tasks_max, stack.cpu_target, stack.nodes_min, stack.nodes_max, stack.instance_type,
                             stack.node_cpu_target);
  run.start = begin_;
  run.end = clock_.now();
  run.time_scale = time_scale;
  report::add_load(run, load);
  run.facts.push_back(summary());
  const std::map<std::string, std::string> service{{"ClusterName", stack.cluster}, {"ServiceName", stack.service}};
  run.cpu = metric("AWS/ECS", "CPUUtilization", "Average", service, time_scale);
  run.memory = metric("AWS/ECS", "MemoryUtilization", "Average", service, time_scale);
  run.cpu_target = stack.cpu_target;
  run.node_cpu = metric("AWS/EC2", "CPUUtilization", "Average",
                        {{"AutoScalingGroupName", stack::Names(stack).node_group}}, time_scale);
  run.node_cpu_target = stack.node_cpu_target;
  run.request_count =
      metric("AWS/ApplicationELB", "RequestCount", "Sum", {{"LoadBalancer", balancer_dimension()}}, time_scale);
  std::vector<std::pair<Instant, int>> desired, running, nodes, nodes_desired;
  for (const Count& count : counts_) {
    desired.emplace_back(count.at, count.desired);
    running.emplace_back(count.at, count.running);
    nodes.emplace_back(count.at, count.nodes);
    nodes_desired.emplace_back(count.at, count.nodes_desired);
  }
  run.tasks_desired = counts_of(desired);
  run.tasks_running = counts_of(running);
  run.nodes_running = counts_of(nodes);
  run.nodes_desired = counts_of(nodes_desired);
  for (const Entry& entry : log_) run.marks.push_back(entry.mark);
  return run;
}

std::string DemoRecording::summary() const {
  if (counts_.empty()) return "nothing was seen";
  return fmt::format("tasks: {} at first, {} at most, {} at last; nodes: {}, {}, {}", counts_.front().running,
                     most(&Count::running), counts_.back().running, counts_.front().nodes, most(&Count::nodes),
                     counts_.back().nodes);
}

Result<void> DemoRecording::judge() const {
  if (fell_back()) return {};
  return fail("DidNotScale", "both layers must rise and fall back to their least: " + summary());
}

}  // namespace cmd
