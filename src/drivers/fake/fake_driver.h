// A runtime without processes, on a clock that is given to it: for the engine's tests, the simulator and benches of ten
// thousand tasks. No threads: the owner calls pump() when next_deadline() has come, and events are told from there.
//
// The machine is apart from the driver, as real tasks are apart from the engine: destroy the driver, make another on
// the same machine, and it adopts what runs.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "drivers/driver.h"

namespace drivers::fake {

/// What a container does once started.
struct Behaviour {
  Duration start_delay{0};
  std::string start_failure{};  ///< not empty: it never runs; as "<ErrorName>: text"
  std::optional<Duration> exits_after{};
  int exit_code = 0;
  std::string exit_reason{};  ///< e.g. "OutOfMemoryError: Container killed due to memory usage"
  bool ignores_term = false;
  Duration term_delay{0};  ///< from SIGTERM to its end
  int term_code = 0;
  std::optional<Duration> healthy_after{};  ///< only with a health check in the spec
  std::optional<Duration> unhealthy_after{};
  std::function<double(Duration running)> cores{};  ///< used at that time; none: 0
  std::uint64_t memory_bytes = 1u << 20;
};
/// Asked once when a container starts; decides by image, command, environment…
using Program = std::function<Behaviour(const TaskSpec&, const ContainerSpec&)>;

class Machine {
 public:
  explicit Machine(Program program = {});
  ~Machine();
  /// Something kills a container from outside: it ends at the next pump().
  void kill(const std::string& task_id, const std::string& container, int exit_code = 137,
            const std::string& reason = "");
  /// All tasks of a node end, as when the machine under it dies.
  void kill_node(const std::string& node_id);
  std::size_t running() const;  ///< tasks with a running container
  std::size_t starts() const;   ///< containers ever started: a doubled start shows here

 private:
  friend class FakeDriver;
  struct World;
  std::unique_ptr<World> world_;
};

class FakeDriver final : public Driver {
 public:
  /// usage_interval 0: no usage events.
  FakeDriver(Machine& machine, const Clock& clock, Sink& sink, Duration usage_interval = Duration(1'000));
  ~FakeDriver() override;

  std::string_view name() const override { return "fake"; }
  std::vector<Adopted> adopt() override;
  void set_node(const NodeSpec& node) override;
  void remove_node(const std::string& node_id) override;
  void start(const TaskSpec& spec) override;
  void stop(const std::string& task_id) override;
  void forget(const std::string& task_id) override;
  std::vector<LogFile> log_files(const std::string& task_id) const override;

  /// Lets everything happen that is due at the clock's now.
  void pump();
  /// When something will be due; kNever if nothing.
  Instant next_deadline() const;

 private:
  Machine::World& world_;
  const Clock& clock_;
  Sink& sink_;
  bool pumping_ = false;
  std::vector<std::string> forgotten_;  ///< during a step of pump(); gone after it
};

}  // namespace drivers::fake
