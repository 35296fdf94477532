#include "balancer/fake/fake_balancer.h"

#include <algorithm>

namespace balancer {

void FakeBalancer::ready() {
  ready_ = true;
  sink_.on_event(BalancerUp{clock_.now(), 1});
  for (const auto& [id, listener] : listeners_) bind(listener);
}

void FakeBalancer::bind(const ListenerSpec& listener) {
  sink_.on_event(ListenerBound{listener.id, listener.port + options_.port_offset, ""});
}

void FakeBalancer::set_listener(const ListenerSpec& listener) {
  const auto known = listeners_.find(listener.id);
  const bool rebind = known == listeners_.end() || known->second.port != listener.port ||
                      known->second.address != listener.address;
  listeners_[listener.id] = listener;
  if (ready_ && rebind) bind(listener);
}

void FakeBalancer::remove_listener(const std::string& listener_id) { listeners_.erase(listener_id); }
void FakeBalancer::set_group(const GroupSpec& group) { groups_[group.id] = group; }

void FakeBalancer::remove_group(const std::string& group_id) {
  groups_.erase(group_id);
  members_.erase(group_id);
}

void FakeBalancer::set_members(const std::string& group_id, const std::vector<Member>& members) {
  auto& known = members_[group_id];
  std::map<std::string, Entry> next;
  for (const Member& member : members) {
    const auto found = known.find(member.id);
    const bool same = found != known.end() && found->second.member.address == member.address &&
                      found->second.member.port == member.port;
    Entry entry = same ? found->second : Entry{member, clock_.now() + options_.first_probe, {"", "", ""}, false};
    if (!member.draining) entry.idle_reported = false;
    entry.member = member;
    next.emplace(member.id, std::move(entry));
  }
  known = std::move(next);
}

void FakeBalancer::shut_down() {
  ready_ = false;
  listeners_.clear();
  groups_.clear();
  members_.clear();
}

void FakeBalancer::set_health(const std::string& member_id, std::string state, std::string reason,
                              std::string description) {
  feelings_[member_id] = {std::move(state), std::move(reason), std::move(description)};
}

void FakeBalancer::set_in_flight(const std::string& member_id, int requests) { in_flight_[member_id] = requests; }

FakeBalancer::Feeling FakeBalancer::feeling(const std::string& member_id) const {
  const auto found = feelings_.find(member_id);
  return found == feelings_.end() ? Feeling{} : found->second;
}

void FakeBalancer::step() {
  if (!ready_) return;
  const Instant now = clock_.now();
  for (auto& [group_id, entries] : members_) {
    for (auto& [id, entry] : entries) {
      if (entry.member.draining) {
        const auto busy = in_flight_.find(id);
        if (!entry.idle_reported && (busy == in_flight_.end() || busy->second == 0)) {
          entry.idle_reported = true;
          sink_.on_event(TargetIdle{group_id, id, now});
        }
        continue;
      }
      const Feeling next = now >= entry.probed_at
                               ? feeling(id)
                               : Feeling{"initial", "Elb.InitialHealthChecking", "Initial health checks in progress"};
      if (next == entry.reported) continue;
      entry.reported = next;
      sink_.on_event(TargetHealthChanged{group_id, id, next.state, next.reason, next.description, now});
    }
  }
}

Instant FakeBalancer::next_deadline() const {
  Instant next = kNever;
  if (!ready_) return next;
  for (const auto& [group_id, entries] : members_)
    for (const auto& [id, entry] : entries) {
      if (entry.member.draining) {
        const auto busy = in_flight_.find(id);
        if (!entry.idle_reported && (busy == in_flight_.end() || busy->second == 0)) return clock_.now();
      } else if (entry.reported.state.empty() || (clock_.now() >= entry.probed_at && entry.reported != feeling(id))) {
        return clock_.now();
      } else if (clock_.now() < entry.probed_at) {
        next = std::min(next, entry.probed_at);
      }
    }
  return next;
}

std::set<std::string> FakeBalancer::serving(const std::string& group_id) const {
  std::set<std::string> ids;
  const auto group = members_.find(group_id);
  if (group == members_.end()) return ids;
  for (const auto& [id, entry] : group->second)
    if (!entry.member.draining && entry.reported.state == "healthy") ids.insert(id);
  return ids;
}

}  // namespace balancer
