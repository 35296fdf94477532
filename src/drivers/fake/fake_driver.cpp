#include "drivers/fake/fake_driver.h"

#include <algorithm>
#include <queue>
#include <utility>

#include "drivers/dependencies.h"
#include "drivers/restart.h"

namespace drivers::fake {
namespace {
enum class Step { begin, started, healthy, unhealthy, exit, kill };

struct Due {
  Instant at;
  std::uint64_t order;  // of equal times the earlier asked comes first: the same run twice is the same
  std::string task_id;
  std::size_t container;
  Step step;
  int exit_code = 0;
  std::string reason{};
  int run = 0;  // of the container: what was due in an earlier one is void
  bool operator>(const Due& other) const { return at != other.at ? at > other.at : order > other.order; }
};

struct FakeContainer {
  bool begun = false;     // its start was decided
  bool stopping = false;
  int restarts = 0;
  Instant run_started_at, restarted_at;
  ContainerProgress progress;
  Behaviour behaviour;
  Instant ended_at;
  std::string reason;
  double cpu_ns = 0;
  Instant cpu_until;
};

struct FakeTask {
  TaskSpec spec;
  std::vector<FakeContainer> containers;
  bool stopping = false;
};
}  // namespace

struct Machine::World {
  Program program;
  std::map<std::string, FakeTask> tasks;  // ordered: usage comes in the same order in every run
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due;
  std::uint64_t order = 0;
  std::size_t starts = 0;
  Instant next_usage = kNever;
  Duration usage_interval{0};

  void schedule(Instant at, const std::string& task, std::size_t container, Step step, int code = 0, std::string reason = {}) {
    const auto found = tasks.find(task);
    const bool known = found != tasks.end() && container < found->second.containers.size();
    const int run = known ? found->second.containers[container].restarts : 0;
    due.push({at, ++order, task, container, step, code, std::move(reason), run});
  }
  void advance(FakeTask& task, Instant now, Sink& sink);
  void end(FakeTask& task, std::size_t i, Instant now, std::optional<int> code, std::string reason, Sink& sink);
  void take(const Due& due, Sink& sink);
  void run(const std::string& task_id, FakeTask& task, std::size_t i, Instant now);
  bool restart(FakeTask& task, std::size_t i, Instant now, int code, Sink& sink);
  void tell_usage(Instant at, Sink& sink);
};

Machine::Machine(Program program) : world_(std::make_unique<World>()) { world_->program = std::move(program); }
Machine::~Machine() = default;

void Machine::kill(const std::string& task_id, const std::string& container, int exit_code, const std::string& reason) {
  const auto found = world_->tasks.find(task_id);
  if (found == world_->tasks.end()) return;
  for (std::size_t i = 0; i < found->second.spec.containers.size(); ++i)
    if (found->second.spec.containers[i].name == container)
      world_->schedule(Instant::min(), task_id, i, Step::kill, exit_code, reason);
}

void Machine::kill_node(const std::string& node_id) {
  for (const auto& [id, task] : world_->tasks)
    if (task.spec.node_id == node_id)
      for (const ContainerSpec& container : task.spec.containers) kill(id, container.name);
}

std::size_t Machine::running() const {
  return static_cast<std::size_t>(std::count_if(world_->tasks.begin(), world_->tasks.end(), [](const auto& entry) {
    return std::any_of(entry.second.containers.begin(), entry.second.containers.end(),
                       [](const FakeContainer& c) { return c.progress.started_at && !c.progress.ended; });
  }));
}

std::size_t Machine::starts() const { return world_->starts; }

void Machine::World::end(FakeTask& task, std::size_t i, Instant now, std::optional<int> code, std::string reason, Sink& sink) {
  FakeContainer& container = task.containers[i];
  container.progress.ended = true;
  container.progress.exit_code = code;
  container.ended_at = now;
  container.reason = reason;
  sink.on_event(ContainerExited{task.spec.task_id, task.spec.containers[i].name, code, std::move(reason), now});
}

void Machine::World::advance(FakeTask& task, Instant now, Sink& sink) {
  const auto progress = [&] {
    std::vector<ContainerProgress> all;
    for (const FakeContainer& container : task.containers) all.push_back(container.progress);
    return all;
  };
  bool moved = true;
  while (moved && !task.stopping) {
    moved = false;
    for (std::size_t i = 0; i < task.containers.size(); ++i) {
      FakeContainer& container = task.containers[i];
      if (container.begun || container.progress.ended) continue;
      std::string reason;
      const Readiness now_ready = readiness(task.spec, progress(), i, now, reason);
      if (now_ready == Readiness::wait) continue;
      moved = true;
      container.begun = true;
      if (now_ready == Readiness::never) {
        end(task, i, now, std::nullopt, reason, sink);
        continue;
      }
      if (program) container.behaviour = program(task.spec, task.spec.containers[i]);
      schedule(now + container.behaviour.start_delay, task.spec.task_id, i, Step::started);
    }
  }
  if (!task.stopping) return;
  for (std::size_t i = 0; i < task.containers.size(); ++i)
    if (!task.containers[i].progress.started_at && !task.containers[i].progress.ended) end(task, i, now, std::nullopt, "", sink);
  const std::vector<ContainerProgress> all = progress();
  for (std::size_t i = 0; i < task.containers.size(); ++i) {
    FakeContainer& container = task.containers[i];
    if (container.progress.ended || container.stopping || !may_stop(task.spec, all, i)) continue;
    container.stopping = true;
    const Behaviour& does = container.behaviour;
    const Duration timeout = task.spec.containers[i].stop_timeout;
    if (does.ignores_term || does.term_delay > timeout) schedule(now + timeout, task.spec.task_id, i, Step::exit, 137);
    else schedule(now + does.term_delay, task.spec.task_id, i, Step::exit, does.term_code);
  }
}

/// What its behaviour makes of a start.
void Machine::World::run(const std::string& task_id, FakeTask& task, std::size_t i, Instant now) {
  FakeContainer& container = task.containers[i];
  const Behaviour& does = container.behaviour;
  container.run_started_at = now;
  if (does.exits_after) schedule(now + *does.exits_after, task_id, i, Step::exit, does.exit_code, does.exit_reason);
  if (!task.spec.containers[i].health_check) return;
  if (does.healthy_after) schedule(now + *does.healthy_after, task_id, i, Step::healthy);
  if (does.unhealthy_after) schedule(now + *does.unhealthy_after, task_id, i, Step::unhealthy);
}

bool Machine::World::restart(FakeTask& task, std::size_t i, Instant now, int code, Sink& sink) {
  const ContainerSpec& spec = task.spec.containers[i];
  FakeContainer& container = task.containers[i];
  if (!spec.restart || task.stopping || !container.progress.started_at) return false;
  if (!may_restart(spec.restart->period.count(), spec.restart->ignored_exit_codes, (now - container.run_started_at).count(), code))
    return false;
  ++container.restarts;
  container.restarted_at = now;
  container.progress.health.clear();
  sink.on_event(ContainerRestarted{task.spec.task_id, spec.name, container.restarts, now});
  run(task.spec.task_id, task, i, now);
  return true;
}

void Machine::World::take(const Due& what, Sink& sink) {
  const auto found = tasks.find(what.task_id);
  if (found == tasks.end() || what.container >= found->second.containers.size()) return;
  FakeTask& task = found->second;
  if (what.step == Step::begin) return advance(task, what.at, sink);
  FakeContainer& container = task.containers[what.container];
  const ContainerSpec& spec = task.spec.containers[what.container];
  if (container.progress.ended || what.run != container.restarts) return;
  const Behaviour& does = container.behaviour;
  const auto tell_health = [&](const char* status) {
    container.progress.health = status;
    sink.on_event(ContainerHealthChanged{what.task_id, spec.name, status, what.at});
  };
  switch (what.step) {
    case Step::begin: return;
    case Step::started:
      if (!does.start_failure.empty()) {
        end(task, what.container, what.at, std::nullopt, does.start_failure, sink);
        break;
      }
      ++starts;
      container.progress.started_at = container.cpu_until = what.at;
      sink.on_event(ContainerPulled{what.task_id, spec.name, spec.manifest_digest, what.at, what.at});
      sink.on_event(ContainerStarted{what.task_id, spec.name, what.task_id + "-0000000001", what.at});
      run(what.task_id, task, what.container, what.at);
      // Whoever waits for this one may have to give up on it then.
      if (task.containers.size() > 1) schedule(what.at + spec.start_timeout + Duration(1), what.task_id, what.container, Step::begin);
      break;
    case Step::healthy: tell_health("HEALTHY"); break;
    case Step::unhealthy: tell_health("UNHEALTHY"); break;
    case Step::exit:
    case Step::kill:
      if (!container.progress.started_at && what.step == Step::exit) return;
      if (restart(task, what.container, what.at, what.exit_code, sink)) return;
      end(task, what.container, what.at, container.progress.started_at ? std::optional(what.exit_code) : std::nullopt, what.reason, sink);
      break;
  }
  if (task.containers.size() > 1) advance(task, what.at, sink);
}

void Machine::World::tell_usage(Instant at, Sink& sink) {
  for (auto& [id, task] : tasks)
    for (std::size_t i = 0; i < task.containers.size(); ++i) {
      FakeContainer& container = task.containers[i];
      if (!container.progress.started_at || container.progress.ended) continue;
      if (container.behaviour.cores) {
        const double ns = std::chrono::duration<double, std::nano>(at - container.cpu_until).count();
        container.cpu_ns += ns * container.behaviour.cores(at - *container.progress.started_at);
      }
      container.cpu_until = at;
      sink.on_event(Usage{id, task.spec.containers[i].name, task.spec.node_id, at,
                          static_cast<std::uint64_t>(container.cpu_ns), container.behaviour.memory_bytes, 0, 0});
    }
}

FakeDriver::FakeDriver(Machine& machine, const Clock& clock, Sink& sink, Duration usage_interval)
    : world_(*machine.world_), clock_(clock), sink_(sink) {
  world_.usage_interval = usage_interval;
  world_.next_usage = usage_interval.count() > 0 ? clock.now() + usage_interval : kNever;
}
FakeDriver::~FakeDriver() = default;

std::vector<Adopted> FakeDriver::adopt() {
  std::vector<Adopted> all;
  for (const auto& [id, task] : world_.tasks) {
    Adopted& adopted = all.emplace_back();
    adopted.spec = task.spec;
    for (std::size_t i = 0; i < task.containers.size(); ++i) {
      const FakeContainer& container = task.containers[i];
      const std::string& name = task.spec.containers[i].name;
      if (container.progress.started_at) adopted.history.push_back(ContainerStarted{id, name, id + "-0000000001", *container.progress.started_at});
      if (container.restarts > 0) adopted.history.push_back(ContainerRestarted{id, name, container.restarts, container.restarted_at});
      if (!container.progress.health.empty())
        adopted.history.push_back(ContainerHealthChanged{id, name, container.progress.health, clock_.now()});
      if (container.progress.ended)
        adopted.history.push_back(ContainerExited{id, name, container.progress.exit_code, container.reason, container.ended_at});
    }
  }
  return all;
}

void FakeDriver::set_node(const NodeSpec&) {}
void FakeDriver::remove_node(const std::string&) {}

void FakeDriver::start(const TaskSpec& spec) {
  const auto [entry, is_new] = world_.tasks.try_emplace(spec.task_id);
  if (!is_new) return;
  entry->second.spec = spec;
  entry->second.containers.resize(spec.containers.size());
  world_.schedule(clock_.now(), spec.task_id, 0, Step::begin);
}

void FakeDriver::stop(const std::string& task_id) {
  const auto found = world_.tasks.find(task_id);
  if (found == world_.tasks.end() || found->second.stopping) return;
  found->second.stopping = true;
  world_.schedule(clock_.now(), task_id, 0, Step::begin);
}

/// Whoever is told of an exit may forget the task at once, in the middle of pump().
void FakeDriver::forget(const std::string& task_id) {
  if (pumping_) forgotten_.push_back(task_id);
  else world_.tasks.erase(task_id);
}
std::vector<LogFile> FakeDriver::log_files(const std::string&) const { return {}; }

void FakeDriver::pump() {
  const Instant now = clock_.now();
  for (;;) {
    pumping_ = false;
    for (const std::string& task_id : std::exchange(forgotten_, {})) world_.tasks.erase(task_id);
    const Instant next = world_.due.empty() ? kNever : world_.due.top().at;
    if (std::min(next, world_.next_usage) > now) return;
    pumping_ = true;
    if (world_.next_usage < next) {
      world_.tell_usage(world_.next_usage, sink_);
      world_.next_usage += world_.usage_interval;
      continue;
    }
    Due due = world_.due.top();
    world_.due.pop();
    if (due.at == Instant::min()) due.at = now;  // killed from outside: it is noticed now
    world_.take(due, sink_);
  }
}

Instant FakeDriver::next_deadline() const {
  const Instant next = world_.due.empty() ? kNever : world_.due.top().at;
  // Without tasks nobody uses anything: the owner may sleep.
  return std::min(next, world_.tasks.empty() ? kNever : world_.next_usage);
}

}  // namespace drivers::fake
