// A balancer in memory, for the engine's tests and the simulator. Who uses it programs how targets feel and how many
// requests they have in flight, moves its clock, and calls step().
//
// What always holds: the same contract as the real one (first pass before healthy, one TargetIdle for each drain), and
// events only ever come from step() or from a call of this class, never from another thread.
#pragma once

#include <set>

#include "balancer/balancer.h"

namespace balancer {

struct FakeOptions {
  Duration first_probe{1'000};  ///< from registration to the first probe's result
  int port_offset = 0;          ///< 8000: as on a machine where low ports cannot be bound
};

class FakeBalancer final : public Balancer {
 public:
  FakeBalancer(const Clock& clock, Sink& sink, FakeOptions options = {})
      : clock_(clock), sink_(sink), options_(options) {}

  void ready() override;
  void set_listener(const ListenerSpec& listener) override;
  void remove_listener(const std::string& listener_id) override;
  void set_group(const GroupSpec& group) override;
  void remove_group(const std::string& group_id) override;
  void set_members(const std::string& group_id, const std::vector<Member>& members) override;
  void shut_down() override;

  /// What a target's next probes say; "healthy" for targets nobody spoke of. Takes effect at step().
  void set_health(const std::string& member_id, std::string state, std::string reason = "",
                  std::string description = "");
  /// Requests in flight: a draining member is idle when it has none (the default).
  void set_in_flight(const std::string& member_id, int requests);
  void offer_traffic(Traffic traffic) { sink_.on_event(std::move(traffic)); }

  /// Reports everything that is due now.
  void step();
  /// When step() has something to report, or kNever.
  Instant next_deadline() const;

  const std::map<std::string, ListenerSpec>& listeners() const { return listeners_; }
  const std::map<std::string, GroupSpec>& groups() const { return groups_; }
  /// Members that would get traffic now.
  std::set<std::string> serving(const std::string& group_id) const;

 private:
  struct Feeling {
    std::string state = "healthy", reason, description;
    friend bool operator==(const Feeling&, const Feeling&) = default;
  };
  struct Entry {
    Member member;
    Instant probed_at;
    Feeling reported{"", "", ""};
    bool idle_reported = false;
  };
  Feeling feeling(const std::string& member_id) const;
  void bind(const ListenerSpec& listener);

  const Clock& clock_;
  Sink& sink_;
  FakeOptions options_;
  bool ready_ = false;
  std::map<std::string, ListenerSpec> listeners_;
  std::map<std::string, GroupSpec> groups_;
  std::map<std::string, std::map<std::string, Entry>> members_;
  std::map<std::string, Feeling> feelings_;
  std::map<std::string, int> in_flight_;
};

}  // namespace balancer
