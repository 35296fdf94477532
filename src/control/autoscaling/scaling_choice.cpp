#include "control/autoscaling/scaling_choice.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace control {

namespace {

using Direction = Wish::Direction;

class Choosing {
 public:
  Choosing(const TargetView& view, const model::ScalableTarget& target, const Capacity& capacity, Instant now)
      : view_(view), target_(target), capacity_(capacity), now_(now) {
    choice_.count = capacity.desired;
  }

  ScalingChoice run(Pace pace) {
    gather(pace);
    if (choice_.acted.empty()) return std::move(choice_);
    if (wants(Direction::out)) {
      choice_.winner = largest(Direction::out);
      choice_.out = true;
      if (choice_.winner) scale_out(*choice_.winner);
    } else if (const Wish* wish = agreed_scale_in()) {
      choice_.winner = wish;
      scale_in(*wish);
    }
    return std::move(choice_);
  }

 private:
  void gather(Pace pace) {
    std::set<const model::ScalingPolicy*> acted;
    for (const PolicyView& policy : view_.policies) {
      std::vector<Wish> wishes;
      if (policy.policy->tracking) wishes = tracking_wishes(policy, capacity_, pace);
      if (policy.policy->step) wishes = step_wishes(policy, capacity_, pace);
      for (Wish& wish : wishes) {
        if (wish.due) acted.insert(policy.policy);
        choice_.wishes.push_back(std::move(wish));
      }
    }
    for (const PolicyView& policy : view_.policies) {  // in the view's order, not that of pointers
      if (acted.contains(policy.policy)) choice_.acted.push_back(policy.policy);
    }
  }

  bool wants(Direction direction) const {
    return std::ranges::any_of(choice_.wishes, [&](const Wish& wish) { return wish.direction == direction; });
  }

  /// What a scale-out leaves the service with. Inside the cooldown of an earlier one, what that added counts as part of
  /// it: only the larger part of a larger wish is added (sheet E2).
  int after_cooldown(const Wish& wish) const {
    const bool cooling = target_.last_out && now_ < target_.last_out->cooldown_until;
    if (!cooling || wish.absolute) return wish.capacity;
    return capacity_.desired - target_.last_out->change + wish.capacity - capacity_.running;
  }

  /// Of those whose evaluation is due: one that was acted upon must not act again because another policy is due.
  const Wish* largest(Direction direction) const {
    const Wish* best = nullptr;
    for (const Wish& wish : choice_.wishes) {
      if (!wish.due || wish.direction != direction) continue;
      if (!best || after_cooldown(wish) > after_cooldown(*best)) best = &wish;
    }
    return best;
  }

  void scale_out(const Wish& wish) {
    if (target_.scale_out_suspended) {
      return refuse(not_scaled::kSuspended, "Scale-out is suspended (DynamicScalingOutSuspended).");
    }
    if (capacity_.desired < target_.min_capacity) return into_bounds(target_.min_capacity, "below the minimum");
    if (capacity_.desired >= target_.max_capacity) {
      return refuse(not_scaled::kAtMax, fmt::format("The desired count {} is at the maximum capacity {}.",
                                                    capacity_.desired, target_.max_capacity));
    }
    const int wanted = after_cooldown(wish);
    const bool cooling = target_.last_out && now_ < target_.last_out->cooldown_until;
    if (cooling && !wish.absolute) {
      choice_.cooldown = fmt::format("{} s of the scale-out cooldown are left and {} were added: {} - {} + ({} - {}) = {}",
                                     left(*target_.last_out), target_.last_out->change, capacity_.desired,
                                     target_.last_out->change, wish.capacity, capacity_.running, wanted);
    }
    const int result = std::min(wanted, target_.max_capacity);
    if (result < wanted) choice_.clamp = fmt::format("{} to the maximum {}", wanted, result);
    if (result <= capacity_.desired) {
      if (cooling && wish.capacity > capacity_.desired) {
        return refuse(not_scaled::kCooldown, "Within the scale-out cooldown no more is wanted than was added.");
      }
      return refuse(not_scaled::kAtDesired,
                    fmt::format("The desired count is {} already; {} is wanted.", capacity_.desired, wanted));
    }
    choice_.count = result;
    choice_.added = result - capacity_.desired + (cooling ? target_.last_out->change : 0);
  }

  /// Every target tracking policy that may scale in must want to, else none does; then the largest of what they want.
  /// Step policies ask nobody (sheet E2).
  const Wish* agreed_scale_in() {
    const Wish* best = nullptr;
    const auto consider = [&](const Wish& wish) {
      if (!best || wish.capacity > best->capacity) best = &wish;
    };
    for (const Wish& wish : choice_.wishes) {
      if (wish.due && wish.policy->step) consider(wish);
    }
    const Wish* tracked = nullptr;
    bool tracking_due = false;
    const model::ScalingPolicy* against = nullptr;
    for (const PolicyView& policy : view_.policies) {
      if (!policy.policy->tracking || policy.policy->tracking->disable_scale_in) continue;
      const auto wish = std::ranges::find_if(choice_.wishes,
                                             [&](const Wish& one) { return one.policy == policy.policy; });
      if (wish == choice_.wishes.end()) {
        against = policy.policy;
        continue;
      }
      tracking_due = tracking_due || wish->due;
      if (!tracked || wish->capacity > tracked->capacity) tracked = &*wish;
    }
    if (!tracking_due || !tracked) return best;
    if (!against) {
      consider(*tracked);
    } else if (!best) {
      best = tracked;
      disagrees(*against);
    }
    return best;
  }

  void disagrees(const model::ScalingPolicy& policy) {
    const bool has_data = std::ranges::any_of(view_.policies, [&](const PolicyView& view) {
      return view.policy == &policy && std::ranges::any_of(view.alarms, [](const AlarmSeen& seen) {
               return seen.alarm->state != "INSUFFICIENT_DATA" && seen.evaluation && seen.evaluation->value;
             });
    });
    if (has_data) {
      refuse(not_scaled::kFlapping, fmt::format("Policy {} does not want to scale in.", policy.name));
    } else {
      refuse(not_scaled::kNoData, fmt::format("Policy {} has no data; scale-in needs that of every policy.", policy.name));
    }
  }

  void scale_in(const Wish& wish) {
    if (!choice_.not_scaled_reason.empty()) return;
    if (target_.scale_in_suspended) {
      return refuse(not_scaled::kSuspended, "Scale-in is suspended (DynamicScalingInSuspended).");
    }
    if (deployment_in_progress(*view_.service)) {
      return refuse(not_scaled::kUnscalable, "A deployment of the service is in progress; until then only scale-out.");
    }
    if (capacity_.desired > target_.max_capacity) return into_bounds(target_.max_capacity, "above the maximum");
    if (capacity_.desired <= target_.min_capacity) {
      return refuse(not_scaled::kAtMin, fmt::format("The desired count {} is at the minimum capacity {}.",
                                                    capacity_.desired, target_.min_capacity));
    }
    const int result = std::max(wish.capacity, target_.min_capacity);
    if (result > wish.capacity) choice_.clamp = fmt::format("{} to the minimum {}", wish.capacity, result);
    if (result >= capacity_.desired) {
      return refuse(not_scaled::kAtDesired,
                    fmt::format("The desired count is {} already; {} is wanted.", capacity_.desired, wish.capacity));
    }
    if (target_.last_in && now_ < target_.last_in->cooldown_until) {
      choice_.cooldown = fmt::format("{} s of the scale-in cooldown are left", left(*target_.last_in));
      return refuse(not_scaled::kCooldown, "Within the scale-in cooldown.");
    }
    choice_.count = result;
  }

  void into_bounds(int bound, const char* where) {
    choice_.clamp = fmt::format("{} is {}: first to {}", capacity_.desired, where, bound);
    choice_.count = bound;
    choice_.into_bounds = true;
  }

  void refuse(const char* reason, std::string explanation) {
    choice_.not_scaled_reason = reason;
    choice_.explanation = std::move(explanation);
  }

  std::string left(const model::LastScaling& last) const {
    return fmt::format("{:g}", std::chrono::duration<double>(last.cooldown_until - now_).count());
  }

  const TargetView& view_;
  const model::ScalableTarget& target_;
  const Capacity& capacity_;
  const Instant now_;
  ScalingChoice choice_;
};

}  // namespace

ScalingChoice choose(const TargetView& view, const model::ScalableTarget& target, const Capacity& capacity, Instant now,
                     Pace pace) {
  return Choosing(view, target, capacity, now).run(pace);
}

}  // namespace control
