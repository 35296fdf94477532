// Golden stories of node groups: load, metric, alarms, policy, instances, in steps of 15 s. `control_test --rewrite` writes
// what happens now into testdata/, for a person to review as a diff.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>

#include "control/alarms/alarm.h"
#include "control/alarms/window.h"
#include "control/autoscaling/group_scaling.h"
#include "control/autoscaling/tracking_alarms.h"
#include "control/capacity/node_group.h"
#include "control/capacity/reservation.h"

using namespace control;

namespace {

constexpr Duration kStep = seconds(15);
constexpr Duration kBoot = seconds(45);
constexpr Duration kDrain = seconds(60);  // handing over the tasks of an instance that goes

struct Story {
  Instant start = instant_from_ms(1'700'000'040'000);  // a whole minute
  Instant now = start;
  Random random{7};
  model::AutoScalingGroup group;
  model::LaunchTemplate nodes;
  model::ScalingPolicy policy;
  std::map<std::string, model::Instance> instances;
  std::map<std::string, model::ScalingActivity> activities;
  std::map<std::string, model::Alarm> alarms;
  std::map<std::string, Evaluation> evaluations;
  std::vector<AlarmPoint> points;
  std::map<std::string, std::string> names;
  std::string text;
  /// The metric of the minute that ends now; nothing: no datapoint.
  std::function<std::optional<double>(const Story&)> measure;

  Story(int desired, int min, int max) {
    group.name = "nodes";
    group.min_size = min;
    group.max_size = max;
    group.desired_capacity = desired;
    group.launch_template_id = "lt";
    group.availability_zones = {"a"};
    nodes.id = "lt";
    nodes.versions.push_back({.instance_type = "t2.micro"});
    policy.arn = "arn:aws:autoscaling:us-east-1:1:scalingPolicy:u:autoScalingGroupName/nodes:policyName/p";
    policy.name = "cpu";
    policy.group = "nodes";
    policy.type = "TargetTrackingScaling";
  }
  void track(TrackedKind kind, const TrackedMetric& metric, double target) {
    policy.tracking = model::TargetTracking{.target_value = target};
    for (model::Alarm& alarm : tracking_alarms({.policy = policy, .kind = kind, .resource = "nodes", .metric = metric}, {},
                                               now, random)) {
      names[alarm.name] = alarm.name.find("AlarmHigh") != std::string::npos ? "AlarmHigh" : "AlarmLow";
      alarms[alarm.name] = alarm;
    }
  }
  int in(const std::string& lifecycle) const {
    return static_cast<int>(std::ranges::count_if(
        instances, [&](const auto& entry) { return entry.second.lifecycle_state == lifecycle; }));
  }
  int measured() const {
    int count = 0;
    for (const auto& [id, one] : instances) {
      count += one.lifecycle_state == "InService" && !is_warming(one, instance_warmup(group, &policy), now, {});
    }
    return count;
  }
  void note(std::string line) {
    for (const auto& [id, name] : names) {
      for (std::size_t at = line.find(id); at != std::string::npos; at = line.find(id)) line.replace(at, id.size(), name);
    }
    const auto past = std::chrono::duration_cast<seconds>(now - start).count();
    text += fmt::format("+{:02}:{:02} {}\n", past / 60, past % 60, line);
  }

  void evaluate_alarms() {
    for (auto& [name, alarm] : alarms) {
      AlarmView view{.alarm = &alarm};
      const auto range = static_cast<std::size_t>(evaluation_range(alarm));
      for (std::size_t i = range; i > 0; --i) {
        const Instant at = now - minutes(static_cast<int>(i));
        const auto found = std::ranges::find(points, at, &AlarmPoint::start);
        view.points.push_back(found == points.end() ? AlarmPoint{at, std::nullopt} : *found);
      }
      AlarmDecision decision = evaluate(view, now, {});
      if (decision.record) {
        if (decision.record->state != alarm.state) {
          note(fmt::format("{} {} -> {} ({:.1f})", name, alarm.state, decision.record->state,
                           decision.evaluation.value.value_or(-1)));
        }
        alarm = *decision.record;
      }
      evaluations[name] = decision.evaluation;
    }
  }
  void scale() {
    GroupScalingView view{.group = &group};
    for (const auto& [id, one] : instances) view.instances.push_back(&one);
    auto& seen = view.policies.emplace_back();
    seen.policy = &policy;
    for (const auto& [name, alarm] : alarms) {
      const auto found = evaluations.find(name);
      seen.alarms.push_back({&alarm, found == evaluations.end() ? nullptr : &found->second});
    }
    const GroupScalingDecision decision = scale_group(view, now, {});
    for (const auto& one : decision.policies) policy = one;
    if (!decision.record) return;
    group = *decision.record;
    note(group.last_cause);
  }
  void reconcile() {
    GroupView view{.group = &group, .launch_template = &nodes};
    for (const auto& [id, one] : instances) view.instances.push_back(&one);
    for (const auto& [id, one] : activities) {
      if (!one.end) view.activities.push_back(&one);
    }
    const GroupDecision decision = reconcile_group(view, now, {}, random);
    for (const auto& one : decision.instances) {
      if (!names.contains(one.id)) names[one.id] = fmt::format("I{}", instances.size() + 1);
      const auto known = instances.find(one.id);
      if (known == instances.end() || known->second.lifecycle_state != one.lifecycle_state) {
        note(fmt::format("{} {}", one.id, one.lifecycle_state));
      }
      instances[one.id] = one;
      if (one.state == "shutting-down" && !one.shutdown_at) instances[one.id].shutdown_at = now;
    }
    for (const auto& one : decision.activities) {
      CHECK_FALSE(one.cause.empty());
      activities[one.id] = one;
    }
    if (decision.record) group = *decision.record;
    CHECK(group.desired_capacity >= group.min_size);
    CHECK(group.desired_capacity <= group.max_size);
  }
  void run(Duration duration) {
    for (const Instant end = now + duration; now < end;) {
      for (auto& [id, one] : instances) {
        if (one.state == "pending" && now >= one.launched_at + kBoot) one.state = "running";
        if (one.state == "shutting-down" && now >= *one.shutdown_at + kDrain) one.state = "terminated";
      }
      if ((now - start) % minutes(1) == Duration(0) && now > start) {
        if (const auto value = measure(*this)) points.push_back({now - minutes(1), value});
        evaluate_alarms();
        scale();
      }
      reconcile();
      now += kStep;
    }
  }
};

void golden(const std::string& name, const std::string& text) {
  const auto file = std::filesystem::path(CONTROL_TESTDATA).parent_path() / "autoscaling" / "testdata" / (name + ".txt");
  std::string line;
  std::ifstream arguments("/proc/self/cmdline");
  std::getline(arguments, line);
  if (line.find("--rewrite") != std::string::npos) {
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
    return;
  }
  std::ostringstream kept;
  kept << std::ifstream(file).rdbuf();
  CHECK_MESSAGE(kept.str() == text, name << " differs; what happens now:\n" << text);
}

/// CPU of the group under a load given in percent of one node.
std::optional<double> cpu(const Story& story, double load) {
  const int nodes = story.measured();
  if (nodes == 0) return std::nullopt;
  return std::min(100.0, load / nodes);
}

}  // namespace

TEST_CASE("GroupStory_ScalesOutByAlarm_AndInAfter15LowDatapoints") {
  Story story(1, 1, 5);
  story.group.default_instance_warmup = 60;
  story.track(TrackedKind::group, *predefined_metric(TrackedKind::group, "nodes", "ASGAverageCPUUtilization", ""), 30);
  double load = 10;
  story.measure = [&](const Story& seen) { return cpu(seen, load); };
  story.run(minutes(8));
  story.note("load: 95 % of one node");
  load = 95;
  story.run(minutes(12));
  CHECK(story.group.desired_capacity == 4);
  story.note("load: 5 % of one node");
  load = 5;
  story.run(minutes(25));
  CHECK(story.group.desired_capacity == 1);
  CHECK(story.in("InService") == 1);
  golden("group_out_and_in", story.text);
}

TEST_CASE("GroupStory_CapacityProviderFromZero_TwoInstances_AndBackToNone") {
  Story story(0, 0, 5);
  story.policy.name = "ECSManagedAutoScalingPolicy-p";
  story.policy.estimated_warmup = 300;
  TrackedMetric metric;
  metric.metric = {"AWS/ECS/ManagedScaling", "CapacityProviderReservation", {{"CapacityProviderName", "cp"}, {"ClusterName", "c"}}};
  story.track(TrackedKind::capacity_provider, metric, 100);
  int tasks = 0;  // of 256 CPU units, four to a node
  story.measure = [&](const Story& seen) -> std::optional<double> {
    const int nodes = seen.in("InService"), placed = std::min(tasks, nodes * 4);
    ReservationView view{.instances = nodes, .used = (placed + 3) / 4, .cpu = {1024}, .memory = {983}};
    if (tasks > placed) view.waiting.push_back({{{256}, {128}, {}}, tasks - placed});
    return reservation(view).percent;
  };
  story.run(minutes(3));
  story.note("six tasks wait");
  tasks = 6;
  story.run(minutes(5));
  CHECK(story.in("InService") == 2);
  story.note("fourteen tasks more");
  tasks = 20;
  story.run(minutes(12));
  CHECK(story.in("InService") == 5);
  story.note("none");
  tasks = 0;
  story.run(minutes(30));
  CHECK(story.group.desired_capacity == 0);
  golden("capacity_provider_from_zero", story.text);
}
