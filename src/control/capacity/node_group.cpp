#include "control/capacity/node_group.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "control/capacity/instance_lifecycle.h"
#include "model/launch_configuration.h"

namespace control {
namespace {

constexpr const char* kLaunching = "Launching a new EC2 instance: ";
constexpr const char* kTerminating = "Terminating EC2 instance: ";
constexpr const char* kLaunchHook = "autoscaling:EC2_INSTANCE_LAUNCHING";
constexpr const char* kTerminateHook = "autoscaling:EC2_INSTANCE_TERMINATING";

std::string sentence(Instant at, const std::string& what) {
  // Whole seconds: "At 2026-11-23T16:31:14Z …"
  return fmt::format("At {}Z {}", to_iso8601(at).substr(0, 19), what);
}

class GroupPass {
 public:
  GroupPass(const GroupView& view, Instant now, Pace pace, Random& random)
      : view_(view), now_(now), pace_(pace), random_(random), group_(*view.group) {
    for (const model::Instance* instance : view.instances) instances_.emplace(instance->id, *instance);
  }

  GroupDecision run() {
    const bool deleting = group_.status == "Delete in progress";
    settle_lifecycles();
    replace_unhealthy();
    const int wanted = deleting ? 0 : group_.desired_capacity;
    int there = in_service_or_pending();
    // The cause that a request left behind explains every instance of the change it asked for.
    const std::string request = group_.last_cause.empty() ? std::string() : sentence(now_, group_.last_cause) + "  ";
    if (there > wanted && !suspended("Terminate")) terminate_surplus(there - wanted, request);
    if (there < wanted && !suspended("Launch")) launch(wanted - there, request);
    there = in_service_or_pending();
    if (!group_.last_cause.empty() && there == wanted) {
      group_.last_cause.clear();
      group_.last_details.clear();
      decision_.record = group_;
    }
    decision_.remove = deleting && std::none_of(instances_.begin(), instances_.end(), [](const auto& entry) {
      return entry.second.state != "terminated";
    });
    for (const std::string& id : changed_) decision_.instances.push_back(instances_.at(id));
    return std::move(decision_);
  }

 private:
  void touch(const std::string& id) {
    if (std::find(changed_.begin(), changed_.end(), id) == changed_.end()) changed_.push_back(id);
  }
  static bool counts(const model::Instance& instance) {
    return instance.lifecycle_state.starts_with("Pending") || instance.lifecycle_state == "InService";
  }
  int in_service_or_pending() const {
    return static_cast<int>(
        std::count_if(instances_.begin(), instances_.end(), [](const auto& entry) { return counts(entry.second); }));
  }

  // Where the instances have got to since the last look, and the activities that this ends.
  void settle_lifecycles() {
    for (auto& [id, instance] : instances_) {
      const std::string before = instance.lifecycle_state;
      if (instance.state == "running" && before == "Pending") {
        if (wait_for_hooks(instance, kLaunchHook)) {
          instance.lifecycle_state = "Pending:Wait";
        } else {
          into_service(instance);
        }
      } else if (instance.state == "running" && before == "Pending:Wait" && hooks_done(instance)) {
        if (instance.abandoned) {
          terminate(instance, sentence(now_, "an instance was taken out of service in response to a launch lifecycle hook "
                                             "that was abandoned."));
        } else {
          into_service(instance);
        }
      } else if (instance.alive() && before == "Terminating:Wait" && hooks_done(instance)) {
        instance.lifecycle_state = "Terminating:Proceed";
        instance.state = "shutting-down";
      } else if (instance.state == "terminated" && before.starts_with("Terminating")) {
        instance.lifecycle_state = "Terminated";
        instance.hooks.clear();
        end_activity(id, kTerminating);
      } else if (instance.state == "terminated" && before.starts_with("Pending")) {
        end_activity(id, kLaunching);  // it never came up; replace_unhealthy takes it from here
      }
      if (instance.lifecycle_state != before) touch(id);
    }
  }
  void into_service(model::Instance& instance) {
    instance.lifecycle_state = "InService";
    instance.in_service_at = now_;
    end_activity(instance.id, kLaunching);
  }
  /// False: the group has none for this transition.
  bool wait_for_hooks(model::Instance& instance, const std::string& transition) {
    instance.hooks.clear();
    for (const model::LifecycleHook& hook : group_.hooks) {
      if (hook.transition == transition) instance.hooks[hook.name] = hook_ends(hook, now_, pace_);
    }
    for (const auto& [name, until] : instance.hooks) wake_at(until);
    return !instance.hooks.empty();
  }
  /// Those whose time is over have their default result; one that was deleted holds nothing.
  bool hooks_done(model::Instance& instance) {
    if (!group_.status.empty()) instance.hooks.clear();
    bool changed = false;
    for (auto waiting = instance.hooks.begin(); waiting != instance.hooks.end();) {
      const auto hook = std::find_if(group_.hooks.begin(), group_.hooks.end(),
                                     [&](const model::LifecycleHook& one) { return one.name == waiting->first; });
      if (hook != group_.hooks.end() && waiting->second > now_) {
        wake_at(waiting->second);
        ++waiting;
        continue;
      }
      if (hook != group_.hooks.end() && hook->default_result == "ABANDON") instance.abandoned = true;
      waiting = instance.hooks.erase(waiting);
      changed = true;
    }
    if (changed) touch(instance.id);
    return instance.hooks.empty();
  }
  void wake_at(Instant at) { decision_.next_deadline = std::min(decision_.next_deadline, at); }

  void end_activity(const std::string& instance_id, const char* description) {
    for (const model::ScalingActivity* activity : view_.activities) {
      if (activity->instance_id != instance_id || !activity->description.starts_with(description) || activity->end) {
        continue;
      }
      model::ScalingActivity done = *activity;
      done.status = "Successful";
      done.progress = 100;
      done.end = now_;
      decision_.activities.push_back(std::move(done));
    }
  }

  /// A group that is deleted takes its instances along, whatever is suspended.
  bool suspended(const std::string& process) const { return group_.status.empty() && group_.suspended.contains(process); }

  void replace_unhealthy() {
    if (suspended("ReplaceUnhealthy") || suspended("Terminate")) return;
    for (auto& [id, instance] : instances_) {
      if (!counts(instance)) continue;
      const bool gone = !instance.alive();
      if (!gone && instance.health_status != "Unhealthy") continue;
      terminate(instance, sentence(now_, "an instance was taken out of service in response to an EC2 health check "
                                         "indicating it has been terminated or stopped."));
      replacing_ = true;
    }
  }

  model::ScalingActivity& terminate(model::Instance& instance, const std::string& cause) {
    instance.health_status = instance.alive() ? instance.health_status : "Unhealthy";
    const bool over = instance.state == "terminated";
    // A hook holds it while it still runs; a group that is deleted does not ask.
    const bool waits = instance.state == "running" && group_.status.empty() && wait_for_hooks(instance, kTerminateHook);
    instance.lifecycle_state = over ? "Terminated" : waits ? "Terminating:Wait" : "Terminating";
    if (!over && !waits) instance.state = "shutting-down";
    touch(instance.id);
    model::ScalingActivity& activity = add_activity(instance.id, kTerminating, cause);
    if (waits) activity.status = "MidLifecycleAction";
    if (over) {
      activity.status = "Successful";
      activity.progress = 100;
      activity.end = now_;
    }
    return activity;
  }
  model::ScalingActivity& add_activity(const std::string& instance_id, const char* description,
                                       const std::string& cause) {
    model::ScalingActivity activity;
    activity.id = random_.uuid();
    activity.group = group_.name;
    activity.instance_id = instance_id;
    activity.description = description + instance_id;
    activity.cause = cause;
    activity.start = now_;
    return decision_.activities.emplace_back(std::move(activity));
  }

  // Sheet F: the zone with most instances first, balance outranks policy; then the group's policy; protected ones stay.
  void terminate_surplus(int surplus, const std::string& request) {
    for (; surplus > 0; --surplus) {
      std::map<std::string, int> in_zone;
      for (const auto& [id, instance] : instances_) {
        if (counts(instance)) ++in_zone[instance.availability_zone];
      }
      std::vector<model::Instance*> candidates;
      int most = 0;
      for (auto& [id, instance] : instances_) {
        if (!counts(instance) || (instance.protected_from_scale_in && group_.status.empty())) continue;
        most = std::max(most, in_zone[instance.availability_zone]);
        candidates.push_back(&instance);
      }
      if (candidates.empty()) return;
      std::erase_if(candidates, [&](const auto* one) { return in_zone[one->availability_zone] != most; });
      model::Instance& victim = *choose(std::move(candidates));
      const int from = in_service_or_pending();
      model::ScalingActivity& activity = terminate(victim, request +
                            sentence(now_, fmt::format("an instance was taken out of service in response to a "
                                                       "difference between desired and actual capacity, shrinking the "
                                                       "capacity from {} to {}.",
                                                       from, from - 1)) +
                            "  " + sentence(now_, fmt::format("instance {} was selected for termination.", victim.id)));
      activity.details = group_.last_details;
    }
  }
  // Sheet F: what the group no longer launches from goes before the oldest version of what it does, a launch
  // configuration that it gave up for a template first of all. Versions of two templates do not compare.
  std::pair<int, std::int64_t> template_rank(const model::Instance& instance) const {
    const std::string &from = instance.launch_template_id, &current = group_.launch_template_id;
    if (from == current) return {2, instance.launch_template_version};
    return {model::is_launch_configuration(from) && !model::is_launch_configuration(current) ? 0 : 1, 0};
  }
  model::Instance* choose(std::vector<model::Instance*> candidates) {
    const auto keep_lowest = [&](const auto& rank) {
      auto lowest = rank(*candidates.front());
      for (const auto* one : candidates) lowest = std::min(lowest, rank(*one));
      std::erase_if(candidates, [&](const auto* one) { return rank(*one) != lowest; });
    };
    const std::vector<std::string> usual = {"Default"};
    for (const std::string& policy : group_.termination_policies.empty() ? usual : group_.termination_policies) {
      if (policy == "OldestInstance") keep_lowest([](const auto& one) { return to_ms(one.launched_at); });
      if (policy == "NewestInstance") keep_lowest([](const auto& one) { return -to_ms(one.launched_at); });
      if (policy == "OldestLaunchTemplate" || policy == "Default") {
        keep_lowest([&](const auto& one) { return template_rank(one); });
      }
      if (policy == "ClosestToNextInstanceHour" || policy == "Default") {
        keep_lowest([&](const auto& one) {
          constexpr std::int64_t kHour = 3'600'000;
          return kHour - (to_ms(now_) - to_ms(one.launched_at)) % kHour;
        });
      }
    }
    return candidates[random_.below(candidates.size())];
  }

  void launch(int missing, const std::string& request) {
    if (view_.launch_template == nullptr) return fail_launch("The specified launch template does not exist.");
    const model::LaunchTemplateVersion* version = view_.launch_template->version(group_.launch_template_version);
    if (version == nullptr) return fail_launch("The specified launch template version does not exist.");
    for (; missing > 0; --missing) {
      const int from = in_service_or_pending();
      model::Instance instance;
      instance.id = "i-" + random_.hex(17);
      instance.instance_type = version->instance_type;
      instance.image_id = version->image_id;
      instance.user_data = version->user_data;
      instance.launched_at = now_;
      instance.launch_template_id = view_.launch_template->id;
      instance.launch_template_version = version->number;
      instance.document = version->document;
      instance.group = group_.name;
      instance.protected_from_scale_in = group_.protect_new_instances;
      instance.security_groups = version->security_groups;
      instance.tags = version->instance_tags;
      for (const auto& tag : group_.tags) {  // the group's win over the template's
        if (!tag.propagate_at_launch) continue;
        std::erase_if(instance.tags, [&](const model::Tag& present) { return present.key == tag.key; });
        instance.tags.push_back({tag.key, tag.value});
      }
      place_in_zone(instance);
      const std::string why =
          replacing_ ? "an instance was launched in response to an unhealthy instance needing to be replaced."
                     : fmt::format("an instance was started in response to a difference between desired and actual "
                                   "capacity, increasing the capacity from {} to {}.",
                                   from, from + 1);
      add_activity(instance.id, kLaunching, request + sentence(now_, why)).details = group_.last_details;
      const std::string id = instance.id;
      instances_.emplace(id, std::move(instance));
      touch(id);
    }
  }
  // The zone with the fewest instances of the group; of several the first as the group lists them.
  void place_in_zone(model::Instance& instance) {
    std::map<std::string, int> in_zone;
    for (const auto& [id, present] : instances_) {
      if (counts(present)) ++in_zone[present.availability_zone];
    }
    const model::Subnet* best = nullptr;
    for (const model::Subnet* subnet : view_.subnets) {
      if (best == nullptr || in_zone[subnet->availability_zone] < in_zone[best->availability_zone]) best = subnet;
    }
    if (best != nullptr) {
      instance.availability_zone = best->availability_zone;
      instance.subnet_id = best->id;
      instance.vpc_id = best->vpc_id;
      return;
    }
    const std::string* zone = nullptr;
    for (const std::string& candidate : group_.availability_zones) {
      if (zone == nullptr || in_zone[candidate] < in_zone[*zone]) zone = &candidate;
    }
    if (zone != nullptr) instance.availability_zone = *zone;
  }
  // Said once: until the group changes the answer would be the same.
  void fail_launch(const std::string& why) {
    if (group_.last_cause.empty() && !replacing_) return;
    model::ScalingActivity& activity = add_activity("", "Launching a new EC2 instance", sentence(now_, group_.last_cause));
    activity.status = "Failed";
    activity.status_message = why + " Launching EC2 instance failed.";
    activity.progress = 100;
    activity.end = now_;
    group_.last_cause.clear();
    decision_.record = group_;
  }

  const GroupView& view_;
  const Instant now_;
  const Pace pace_;
  Random& random_;
  model::AutoScalingGroup group_;
  std::map<std::string, model::Instance> instances_;
  std::vector<std::string> changed_;
  bool replacing_ = false;
  GroupDecision decision_;
};

}  // namespace

Instant hook_ends(const model::LifecycleHook& hook, Instant now, Pace pace) {
  return now + pace(hook.name == kDrainingHook ? kDrainingLimit : Duration(seconds(hook.heartbeat_timeout)));
}

std::string cause_created(int desired) {
  return fmt::format("a user request created an AutoScalingGroup changing the desired capacity from 0 to {}.", desired);
}
std::string cause_desired_set(int from, int to) {
  return fmt::format("a user request explicitly set group desired capacity changing the desired capacity from {} to {}.",
                     from, to);
}
std::string cause_updated(int min, int max, int desired, int from, int to) {
  return fmt::format(
      "a user request update of AutoScalingGroup constraints to min: {}, max: {}, desired: {} changing the desired "
      "capacity from {} to {}.",
      min, max, desired, from, to);
}

GroupDecision reconcile_group(const GroupView& view, Instant now, Pace pace, Random& random) {
  return GroupPass(view, now, pace, random).run();
}

}  // namespace control
