// A world that goes from load to metric to alarm to policy to tasks and nodes: requests a second, spread over the targets
// that serve, cost CPU; a node gives no more than it has. For the golden stories and properties of this room.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "engine/world_test.h"

namespace engine {

struct Load {
  double rate = 0;     ///< requests a second
  double vcpu_ms = 0;  ///< vCPU milliseconds that each costs
  Duration start_delay = seconds(3);    ///< of containers
  std::map<std::string, double> cores;  ///< real cores that each member ("instance:port") uses now

  /// What each serving member uses; members of a node share its one vCPU (t2.micro).
  void spread(const std::set<std::string>& serving, double cores_per_vcpu);
};

/// Made before World, whose program asks it.
struct HasLoad {
  std::shared_ptr<Load> load = std::make_shared<Load>();
};

class StoryWorld : private HasLoad, public World {
 public:
  StoryWorld();

  /// An Auto Scaling group of t2.micro; tracking 0: no policy.
  void add_nodes(int min, int max, int desired, double tracking);
  /// 256 CPU units and 128 MiB a task, behind a load balancer; scalable between min and max, tracking CPU.
  void add_web(int min, int max, double tracking, bool high_resolution);
  void set_load(double rate, double vcpu_ms);
  /// A new revision of the task definition; from now on containers take so long to start.
  void deploy(Duration start = seconds(3));
  /// The engine is dead; tasks, load balancer and load are not.
  void die_for(Duration length);
  /// Second by second; returns what changed, a line each.
  std::string run(Duration length);
  /// A command of a story, as in testdata/*.txt; returns what happened.
  std::string command(const std::string& line);

  int desired() const { return state.services.find("c/web")->desired_count; }
  int nodes_wanted() const { return state.auto_scaling_groups.find("nodes")->desired_capacity; }

  /// What must hold at every moment; each break is a line.
  std::vector<std::string> failures;

 private:
  struct Seen {
    std::map<std::string, std::string> alarms;
    std::set<std::string> activities;
    int tasks = 0, nodes = 0;  ///< wanted
    std::string counts;
  };
  /// Since the load changed last: how long until each came to be.
  struct Milestones {
    Instant since{};
    std::optional<Duration> alarm, decision, running, in_service;
    int tasks_before = 0;
  };

  void second();
  void note(std::string& told);
  void note_alarms(Seen& now, std::string& told) const;
  void note_activities(Seen& now, std::string& told) const;
  void note_nodes(Seen& now, std::string& told) const;
  void reach_milestones(const Seen& now);
  std::string milestones() const;
  void check();
  void check_bookings();
  void fail(const std::string& what);
  std::string at() const;
  std::string with_short_names(std::string text) const;
  void add_tracking(model::ScalingPolicy policy, bool of_group, const std::string& metric);

  Instant started_;
  Seen seen_;
  Milestones milestones_;
  std::string group_arn_, balancer_arn_;
};

}  // namespace engine
