#include "engine/story_world_test.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "control/autoscaling/tracking_alarms.h"

namespace engine {

namespace {

constexpr double kNodeVcpus = 1;  // t2.micro
const std::string kService = "c/web", kGroup = "nodes";
const std::string kTarget = "ecs|service/c/web|ecs:service:DesiredCount";

std::string node_of(const std::string& member) { return member.substr(0, member.find(':')); }

drivers::fake::Program program_of(const std::shared_ptr<Load>& load) {
  return [load](const drivers::TaskSpec& task, const drivers::ContainerSpec& container) {
    const std::string port = container.ports.empty() ? "" : std::to_string(container.ports[0].host_port);
    const std::string member = task.node_id + ":" + port;
    drivers::fake::Behaviour behaviour;
    behaviour.start_delay = load->start_delay;
    behaviour.memory_bytes = 48u << 20;
    behaviour.cores = [load, member](Duration) {
      const auto found = load->cores.find(member);
      return found == load->cores.end() ? 0 : found->second;
    };
    return behaviour;
  };
}

/// "AlarmHigh of web"
std::string short_name(const model::Alarm& alarm) {
  const std::string side = alarm.name.find("-AlarmHigh-") != std::string::npos ? "AlarmHigh" : "AlarmLow";
  return side + (alarm.name.starts_with("TargetTracking-service/") ? " of web" : " of nodes");
}

Duration duration_of(const std::string& text) {
  const int value = std::stoi(text);
  return text.ends_with("m") ? Duration(minutes(value)) : Duration(seconds(value));
}

/// The arithmetic in a decision's details: "ceil(2 * 160 / 80) = 4".
std::string formula_of(const std::string& details) {
  const std::string key = "\"formula\":\"";
  const std::size_t from = details.find(key);
  if (from == std::string::npos) return "";
  const std::size_t begin = from + key.size();
  return ": " + details.substr(begin, details.find('"', begin) - begin);
}

std::string show(const std::optional<Duration>& after) {
  return after ? fmt::format("{} s", after->count() / 1000) : "never";
}

}  // namespace

void Load::spread(const std::set<std::string>& serving, double cores_per_vcpu) {
  cores.clear();
  if (serving.empty()) return;
  const double each = rate * vcpu_ms / 1000 / static_cast<double>(serving.size());
  std::map<std::string, int> on_node;
  for (const std::string& member : serving) ++on_node[node_of(member)];
  for (const std::string& member : serving) {
    cores[member] = std::min(each, kNodeVcpus / on_node[node_of(member)]) * cores_per_vcpu;
  }
}

StoryWorld::StoryWorld() : World(program_of(HasLoad::load)) {
  clock.set(instant_from_ms(1'700'000'040'000));  // a whole minute
  started_ = clock.now();
  add_cluster("c");
}

void StoryWorld::add_tracking(model::ScalingPolicy policy, bool of_group, const std::string& metric) {
  const std::string resource = of_group ? kGroup : "service/" + kService;
  const auto kind = of_group ? control::TrackedKind::group : control::TrackedKind::service;
  const auto tracked = control::predefined_metric(kind, resource, metric, "");
  REQUIRE(tracked);
  const control::TrackingAlarms request{
      .policy = policy, .kind = kind, .resource = resource, .metric = *tracked, .existing = {}};
  std::vector<model::Alarm> alarms = control::tracking_alarms(request, {}, clock.now(), random);
  for (model::Alarm& alarm : alarms) {
    policy.alarms.push_back(alarm.name);
    state.alarms.put(std::move(alarm));
  }
  state.scaling_policies.put(std::move(policy));
}

void StoryWorld::add_nodes(int min, int max, int desired, double tracking) {
  model::LaunchTemplate launch;
  launch.id = launch.name = "lt-1";
  model::LaunchTemplateVersion version;
  version.instance_type = "t2.micro";
  version.user_data = "IyEvYmluL3NoCmVjaG8gRUNTX0NMVVNURVI9YyA+PiAvZXRjL2Vjcy9lY3MuY29uZmln";  // ECS_CLUSTER=c
  launch.versions.push_back(version);
  state.launch_templates.put(launch);
  model::AutoScalingGroup group;
  group.name = kGroup;
  group.arn = make_arn({}, "autoscaling", "autoScalingGroup:1:autoScalingGroupName/" + kGroup);
  group.min_size = min;
  group.max_size = max;
  group.desired_capacity = desired;
  group.launch_template_id = launch.id;
  group.availability_zones = {"us-east-1a", "us-east-1b"};
  group.last_cause = "a test created the group.";
  group.created_at = clock.now();
  state.auto_scaling_groups.put(group);
  if (tracking > 0) {
    model::ScalingPolicy policy;
    policy.arn = make_arn({}, "autoscaling", "scalingPolicy:1:autoScalingGroupName/nodes:policyName/cpu");
    policy.name = "cpu";
    policy.group = kGroup;
    policy.type = "TargetTrackingScaling";
    policy.tracking.emplace().target_value = tracking;
    policy.created_at = clock.now();
    add_tracking(std::move(policy), true, "ASGAverageCPUUtilization");
  }
  settle();
}

void StoryWorld::add_web(int min, int max, double tracking, bool high_resolution) {
  group_arn_ = add_target_group("web");
  model::LoadBalancer lb;
  lb.name = "lb";
  lb.arn = balancer_arn_ = make_arn({}, "elasticloadbalancing", "loadbalancer/app/lb/0123456789abcdef");
  state.load_balancers.put(lb);
  add_service("web", min, add_task_definition("web"), group_arn_);
  if (high_resolution) {
    state.services.update(kService, [](model::Service& service) {
      service.fine_metrics = {"CPUUtilization", "MemoryUtilization"};
    });
  }
  model::ScalableTarget target;
  target.resource_id = "service/" + kService;
  target.min_capacity = min;
  target.max_capacity = max;
  target.created_at = clock.now();
  state.scalable_targets.put(target);
  model::ScalingPolicy policy;
  policy.arn = make_arn({}, "autoscaling", "scalingPolicy:2:resource/ecs/service/c/web:policyName/cpu");
  policy.name = "cpu";
  policy.target = kTarget;
  policy.type = "TargetTrackingScaling";
  policy.tracking.emplace().target_value = tracking;
  policy.created_at = clock.now();
  const std::string metric = "ECSServiceAverageCPUUtilization";
  add_tracking(std::move(policy), false, high_resolution ? metric + "HighResolution" : metric);
  settle();
}

void StoryWorld::set_load(double rate, double vcpu_ms) {
  HasLoad::load->rate = rate;
  HasLoad::load->vcpu_ms = vcpu_ms;
  milestones_ = {.since = clock.now(), .tasks_before = desired()};
}

void StoryWorld::deploy(Duration start) {
  HasLoad::load->start_delay = start;
  const std::string definition = add_task_definition("web");
  state.services.update(kService, [&](model::Service& service) {
    service.task_definition_arn = definition;
    for (model::Deployment& deployment : service.deployments) deployment.status = "ACTIVE";
    model::Deployment next;
    next.id = "ecs-svc/" + std::to_string(2'000'000'000 + random.below(1'000'000'000));
    next.task_definition_arn = definition;
    next.created_at = next.updated_at = clock.now();
    next.load_balancers = service.load_balancers;
    service.deployments.insert(service.deployments.begin(), next);
  });
  settle();
}

void StoryWorld::die_for(Duration length) {
  engine.reset();
  clock.advance(length);
  restart_engine();
}

void StoryWorld::second() {
  const std::set<std::string> serving = balancer->serving(group_arn_);
  HasLoad::load->spread(serving, Settings{.addresses = AddressPlan("/test")}.cores_per_vcpu);
  if (!serving.empty() && HasLoad::load->rate > 0) {
    balancer::Traffic traffic{.at = clock.now(), .load_balancer_id = balancer_arn_, .group_id = group_arn_};
    traffic.requests = traffic.target_2xx = static_cast<std::uint64_t>(HasLoad::load->rate);
    for (const std::string& member : serving) traffic.per_member_requests[member] = traffic.requests / serving.size();
    balancer->offer_traffic(std::move(traffic));
  }
  advance(seconds(1));
}

std::string StoryWorld::at() const { return fmt::format("{:<8}", fmt::format("+{}s", (clock.now() - started_).count() / 1000)); }

std::string StoryWorld::with_short_names(std::string text) const {
  for (const auto& [name, alarm] : state.alarms.all()) {
    if (const std::size_t found = text.find(name); found != std::string::npos) {
      text.replace(found, name.size(), short_name(alarm));
    }
  }
  return text;
}

void StoryWorld::note_alarms(Seen& now, std::string& told) const {
  for (const auto& [name, alarm] : state.alarms.all()) {
    now.alarms[name] = alarm.state;
    const auto before = seen_.alarms.find(name);
    if (before == seen_.alarms.end() || before->second == alarm.state) continue;
    told += fmt::format("{}{} {} -> {}", at(), short_name(alarm), before->second, alarm.state);
    const auto evaluation = engine->evaluations().find(name);
    if (evaluation != engine->evaluations().end()) {
      std::string points;
      for (const control::AlarmPoint& point : evaluation->second.points) {
        points += point.value ? fmt::format(" {:.1f}", *point.value) : " -";
      }
      told += fmt::format(" ({} {:g}:{})", alarm.comparison.starts_with("Greater") ? ">" : "<", alarm.threshold, points);
    }
    told += "\n";
  }
}

void StoryWorld::note_activities(Seen& now, std::string& told) const {
  std::vector<const model::TargetActivity*> fresh;
  for (const auto& [id, activity] : state.target_activities.all()) {
    now.activities.insert(id);
    if (!seen_.activities.contains(id)) fresh.push_back(&activity);
  }
  std::ranges::sort(fresh, [](const auto* a, const auto* b) {
    return std::tie(a->start, a->description) < std::tie(b->start, b->description);
  });
  for (const model::TargetActivity* activity : fresh) {
    const std::string what = activity->not_scaled_reason.empty() ? activity->description
                                                                 : "not scaled: " + activity->not_scaled_reason + ".";
    told += fmt::format("{}{} {}{}\n", at(), what, with_short_names(activity->cause), formula_of(activity->details));
  }
}

void StoryWorld::note_nodes(Seen& now, std::string& told) const {
  const model::AutoScalingGroup* group = state.auto_scaling_groups.find(kGroup);
  now.nodes = group->desired_capacity;
  std::set<std::string> sentences;  // all instances of a change have one cause
  for (const auto& [id, activity] : state.scaling_activities.all()) {
    if (!now.activities.insert(id).second || seen_.activities.contains(id)) continue;
    // "At 2023-11-14T22:20:00Z a monitor alarm … from 1 to 4.  At …": the first says why.
    const std::string first = activity.cause.substr(0, activity.cause.find(".  At "));
    const std::size_t text = first.find("Z ");
    if (text == std::string::npos) continue;
    sentences.insert(with_short_names(first.substr(text + 2)) + formula_of(activity.details));
  }
  for (const std::string& sentence : sentences) told += fmt::format("{}nodes: {}\n", at(), sentence);
}

void StoryWorld::note(std::string& told) {
  Seen now;
  note_alarms(now, told);
  note_activities(now, told);
  note_nodes(now, told);
  const model::Service& service = *state.services.find(kService);
  now.tasks = service.desired_count;
  now.counts = fmt::format("tasks {} running {} serving {}", now.tasks, World::running("web"),
                           balancer->serving(group_arn_).size());
  if (service.deployments.size() > 1) now.counts += ", deploying";
  const auto ready = std::ranges::count_if(state.container_instances.all(),
                                           [](const auto& entry) { return entry.second.status == "ACTIVE"; });
  now.counts += fmt::format(" | nodes {} ready {}", now.nodes, ready);
  if (now.counts != seen_.counts) told += fmt::format("{}  {}\n", at(), now.counts);
  reach_milestones(now);
  seen_ = std::move(now);
}

void StoryWorld::reach_milestones(const Seen& now) {
  const auto reach = [&](std::optional<Duration>& milestone, bool reached) {
    if (reached && !milestone) milestone = clock.now() - milestones_.since;
  };
  for (const auto& [name, alarm] : state.alarms.all()) {
    const bool high = name.starts_with("TargetTracking-service/") && control::scales_out(alarm);
    if (high && alarm.state == "ALARM") reach(milestones_.alarm, true);
  }
  const int before = milestones_.tasks_before;
  reach(milestones_.decision, now.tasks > before);
  reach(milestones_.running, now.tasks > before && World::running("web") >= now.tasks);
  reach(milestones_.in_service, now.tasks > before && static_cast<int>(balancer->serving(group_arn_).size()) >= now.tasks);
}

std::string StoryWorld::milestones() const {
  return fmt::format("since the load changed: alarm {}, decision {}, running {}, in service {}\n",
                     show(milestones_.alarm), show(milestones_.decision), show(milestones_.running),
                     show(milestones_.in_service));
}

void StoryWorld::fail(const std::string& what) {
  if (failures.empty() || !failures.back().ends_with(what)) failures.push_back(at() + what);
}

void StoryWorld::check() {
  const model::ScalableTarget& target = *state.scalable_targets.find(kTarget);
  if (desired() < target.min_capacity || desired() > target.max_capacity) fail("the desired count is out of bounds");
  const model::AutoScalingGroup& group = *state.auto_scaling_groups.find(kGroup);
  if (group.desired_capacity < group.min_size || group.desired_capacity > group.max_size) {
    fail("the group is out of bounds");
  }
  check_bookings();
  for (const auto& [id, activity] : state.target_activities.all()) {
    if (activity.cause.empty()) fail("an activity of the service has no cause");
  }
  for (const auto& [id, activity] : state.scaling_activities.all()) {
    if (activity.cause.empty()) fail("an activity of the group has no cause");
  }
}

void StoryWorld::check_bookings() {
  for (const auto& [id, node] : state.container_instances.all()) {
    std::int64_t cpu = 0, memory = 0;
    std::set<int> ports;
    for (const std::string& key : state.tasks_by_container_instance.keys(id)) {
      const model::Task& task = *state.tasks.find(key);
      if (task.stopped()) continue;
      cpu += task.cpu.value;
      memory += task.memory.value;
      for (const model::Container& container : task.containers) {
        for (const auto& binding : container.network_bindings) {
          if (!ports.insert(binding.host_port).second) fail("two tasks of a node have one port");
        }
      }
    }
    if (cpu > node.cpu.value || memory > node.memory.value) fail("a node is overbooked");
  }
}

std::string StoryWorld::run(Duration length) {
  std::string told;
  for (const Instant end = clock.now() + length; clock.now() < end;) {
    second();
    note(told);
    check();
  }
  return told;
}

std::string StoryWorld::command(const std::string& line) {
  std::istringstream words(line);
  std::string verb, word;
  words >> verb;
  if (verb == "nodes") {
    int min = 0, max = 0, desired = 0;
    double tracking = 0;
    words >> min >> max >> desired >> word >> tracking;
    add_nodes(min, max, desired, tracking);
  } else if (verb == "web") {
    int min = 0, max = 0;
    double tracking = 0;
    words >> min >> max >> word >> tracking >> word;
    add_web(min, max, tracking, word == "20s");
  } else if (verb == "load") {
    double rate = 0, cost = 0;
    words >> rate >> cost;
    set_load(rate, cost);
  } else if (verb == "run") {
    words >> word;
    return run(duration_of(word));
  } else if (verb == "deploy") {
    words >> word;
    deploy(duration_of(word));
  } else if (verb == "dead") {
    words >> word;
    die_for(duration_of(word));
  } else if (verb == "milestones") {
    return milestones();
  } else {
    FAIL("unknown command: ", line);
  }
  return "";
}

}  // namespace engine
