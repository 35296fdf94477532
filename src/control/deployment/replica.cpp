#include "control/deployment/replica.h"

#include <algorithm>

#include "control/deployment/rollout.h"
#include "control/deployment/service_events.h"
#include "control/deployment/service_scheduler.h"
#include "control/placement/victims.h"

namespace control {
namespace {

// One service, one pass. Each step looks at the entries anew; rounds repeat until no step does anything, so that a
// second pass at the same time has nothing left to do.
class Replicas {
 public:
  Replicas(ServicePass& pass, int desired)
      : pass_(pass),
        desired_(desired),
        lower_(lower_bound_of(desired, pass.service.deployment_configuration.minimum_healthy_percent)),
        upper_(upper_bound_of(desired, pass.service.deployment_configuration.maximum_percent)),
        halted_(pass.service.deployments.front().rollout_state == "FAILED") {}

  void run() {
    stop_pending_on_draining_nodes();
    // Each round but the last starts or stops a task, and a task started here is not stopped again here; the bound is
    // for our own mistakes, so that one cannot hold the thread that owns the state.
    int rounds = static_cast<int>(pass_.entries.size()) + 2 * std::max(desired_, upper_) + 16;
    do {
      acted_ = false;
      scale_in();
      stop_old_revisions();
      stop_replaced();
      start_old_revisions();
      start_primary();
    } while (acted_ && --rounds > 0);
    report_blocked();
  }

 private:
  model::Deployment& primary() { return pass_.service.deployments.front(); }
  int total() const { return pass_.count([](const Entry& entry) { return entry.wanted; }); }
  int healthy() const { return pass_.count([](const Entry& entry) { return entry.wanted && entry.healthy; }); }
  int coming() const { return pass_.count([](const Entry& entry) { return entry.coming(); }); }
  /// Tasks of a deployment that stay.
  int kept(const std::string& deployment_id) const {
    return pass_.count([&](const Entry& entry) { return entry.keeps() && entry.deployment_id == deployment_id; });
  }
  int kept_old() const {
    return pass_.count([&](const Entry& entry) { return entry.keeps() && !pass_.primary(entry); });
  }
  int need() {
    if (halted_ || breaker_due(pass_, desired_)) return 0;
    return desired_ - kept(primary().id);
  }
  void stop(Entry& entry) {
    pass_.stop(entry, text::stop_scaling(primary().id));
    acted_ = true;
  }

  // Sheet J: nothing is lost with a task that does not serve yet.
  void stop_pending_on_draining_nodes() {
    for (Entry& entry : pass_.entries) {
      if (entry.wanted && entry.node_draining && !entry.running) stop(entry);
    }
  }

  /// Stops up to `count` of those for which `candidate` holds, in scale-in order, healthy ones only down to lower.
  template <class Predicate>
  int stop_in_order(int count, const Predicate& candidate) {
    const auto& strategies = pass_.service.placement_strategies;
    std::vector<VictimCandidate> candidates;
    std::vector<std::size_t> index;
    int spare = healthy() - lower_;
    for (std::size_t i = 0; i < pass_.entries.size(); ++i) {
      const Entry& entry = pass_.entries[i];
      if (!entry.wanted) continue;
      VictimCandidate victim{entry.node, entry.zone};
      if (entry.task != nullptr) {
        victim.created_at = entry.task->created_at;
        victim.cpu = entry.task->cpu;
        victim.memory = entry.task->memory;
      }
      victim.running = entry.running;
      victim.healthy = entry.healthy;
      victim.eligible = candidate(entry);
      candidates.push_back(victim);
      index.push_back(i);
    }
    static const std::vector<NodeView> kNone;
    const auto& nodes = victims_need_nodes(strategies) ? pass_.nodes() : kNone;
    int stopped = 0;
    for (const std::size_t victim :
         choose_victims(candidates, static_cast<std::size_t>(count), strategies, nodes, pass_.random)) {
      Entry& entry = pass_.entries[index[victim]];
      if (entry.healthy && spare-- <= 0) break;  // healthy ones come last in this order
      stop(entry);
      ++stopped;
    }
    return stopped;
  }

  void scale_in() {
    const auto surplus_of_primary = [&](const Entry& entry) { return entry.keeps() && pass_.primary(entry); };
    shrink(kept(primary().id) - desired_, surplus_of_primary);
    // A failed rollout stalls, but what is above the desired count of the old revisions goes.
    if (halted_) shrink(kept_old() - desired_, [&](const Entry& entry) { return entry.keeps() && !pass_.primary(entry); });
  }
  template <class Predicate>
  void shrink(int surplus, const Predicate& candidate) {
    if (surplus <= 0) return;
    const auto unguarded = [&](const Entry& entry) { return candidate(entry) && !entry.is_protected; };
    if (stop_in_order(surplus, unguarded) >= surplus) return;
    // A protected task keeps its place until its protection ends (sheet A6).
    bool guarded = false;
    for (const Entry& entry : pass_.entries) {
      if (!candidate(entry) || !entry.is_protected) continue;
      guarded = true;
      pass_.wake_at(*entry.task->protected_until);
    }
    if (guarded) pass_.announce("protected", text::protected_tasks(pass_.service.name, primary().id));
  }

  // Newer deployments take over from the oldest ones first.
  void stop_old_revisions() {
    if (halted_) return;
    for (std::size_t i = pass_.service.deployments.size(); i-- > 1;) {
      const model::Deployment& old = pass_.service.deployments[i];
      const bool proven = old.rollout_state == "COMPLETED";
      const bool enough = healthy() >= lower_;
      for (Entry& entry : pass_.entries) {
        if (entry.deployment_id != old.id || !entry.wanted || entry.healthy || entry.is_protected) continue;
        // What is not healthy does not count; a proven revision's task is still wanted while too few are healthy.
        if (!proven || enough) stop_either(entry);
      }
      stop_healthy_old([&](const Entry& entry) { return entry.deployment_id == old.id; });
    }
    // Of a deployment that is forgotten: not expected, but such a task must not live for ever.
    const auto orphan = [&](const Entry& entry) { return pass_.deployment(entry.deployment_id) == nullptr; };
    for (Entry& entry : pass_.entries) {
      if (entry.wanted && !entry.healthy && !entry.is_protected && orphan(entry)) stop_either(entry);
    }
    stop_healthy_old(orphan);
  }
  template <class Predicate>
  void stop_healthy_old(const Predicate& of_deployment) {
    const int spare = healthy() - lower_;
    if (spare <= 0) return;
    const auto candidate = [&](const Entry& entry) {
      return entry.wanted && entry.healthy && !pass_.primary(entry) && of_deployment(entry);
    };
    const int there = pass_.count(candidate);
    if (there == 0) return;
    for (Entry& entry : pass_.entries) {
      if (candidate(entry) && entry.is_protected) pass_.wake_at(*entry.task->protected_until);
    }
    stop_in_order(std::min(spare, there), [&](const Entry& entry) { return candidate(entry) && !entry.is_protected; });
  }
  void stop_either(Entry& entry) {
    if (entry.unhealthy) {
      pass_.stop_unhealthy(entry);
      acted_ = true;
    } else {
      stop(entry);
    }
  }

  // Start-first: an unhealthy task goes when its replacement is healthy, or when it is in the replacement's way.
  void stop_replaced() {
    const int good = pass_.count(
        [&](const Entry& entry) { return entry.keeps() && entry.healthy && (halted_ || pass_.primary(entry)); });
    int bad = pass_.count([](const Entry& entry) { return entry.wanted && entry.unhealthy; });
    if (bad > 0) {
      int stops = std::min(bad, std::max(0, good + bad - desired_));
      const int wanting = need();
      if (stops == 0 && wanting > 0 && (upper_ <= total() || refused_)) {
        // `upper` (or a full cluster: what is ill would else sit there for ever) leaves no room for the replacement:
        // one by one while too few are healthy.
        if (healthy() >= lower_) stops = std::min(bad, wanting);
        else if (coming() == 0 && !pass_.stopping()) stops = 1;
      }
      for (Entry& entry : pass_.entries) {
        if (stops <= 0) break;
        if (!entry.wanted || !entry.unhealthy) continue;
        pass_.stop_unhealthy(entry);
        acted_ = true;
        --stops;
      }
    }
    // Protection is against scale-in and deployments (sheet A6): the node goes, and its protected tasks with it.
    const auto on_draining_node = [](const Entry& entry) { return entry.wanted && entry.node_draining; };
    const int there = pass_.count(on_draining_node);
    const int spare = healthy() - lower_;
    if (there > 0 && spare > 0) stop_in_order(std::min(there, spare), on_draining_node);
  }

  // A task of a proven older revision that was lost in mid-rollout is replaced by its own revision, as far as needed to
  // reach `lower` (sheet A3). While a failed rollout stalls, the desired count is what is needed.
  void start_old_revisions() {
    for (std::size_t i = 1; i < pass_.service.deployments.size(); ++i) {
      const model::Deployment& old = pass_.service.deployments[i];
      if (old.rollout_state != "COMPLETED" || held_back(old)) continue;
      const int bar = halted_ ? desired_ : lower_;
      const int missing = std::min(old.desired_count - kept(old.id), bar - healthy() - coming_old());
      start(old, std::min(missing, upper_ - total()));
    }
  }
  /// Of all older revisions together: two that each restored the same gap would overshoot it, be shrunk, and so on.
  int coming_old() const {
    return pass_.count([&](const Entry& entry) { return entry.coming() && !pass_.primary(entry); });
  }

  void start_primary() {
    if (need() <= 0) return;
    if (held_back(primary())) {
      pass_.keep_announced("placement");
      return;
    }
    start(primary(), std::min(need(), upper_ - total()));
  }
  bool held_back(const model::Deployment& deployment) {
    pass_.wake_at(deployment.next_launch_at);
    return deployment.next_launch_at > pass_.now;
  }
  void start(const model::Deployment& deployment, int count) {
    if (count <= 0) return;
    const int started = pass_.start(deployment, count);
    if (started < count && !refused_) refused_ = acted_ = true;  // once more round: a stop may be due now
    if (started > 0) acted_ = true;
  }

  // Neither a start nor a stop is allowed, and nothing is on its way that could change that.
  void report_blocked() {
    if (need() <= 0 || total() < upper_ || coming() > 0 || healthy() > lower_) return;
    pass_.announce("percents", text::blocked_by_percents(pass_.service.name));
  }

  ServicePass& pass_;
  const int desired_, lower_, upper_;
  const bool halted_;
  bool acted_ = false;
  bool refused_ = false;  // a start found no node
};

}  // namespace

void schedule_replicas(ServicePass& pass, int desired) { Replicas(pass, desired).run(); }

}  // namespace control
