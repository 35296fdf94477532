// What the conformance test runs a runtime on: each rig makes its driver, lets time pass, and can lose its engine.
#pragma once

#include <doctest/doctest.h>

#include <condition_variable>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "drivers/docker/docker_driver.h"
#include "drivers/driver.h"
#include "drivers/fake/fake_driver.h"
#include "drivers/process/process_driver.h"

namespace drivers::testing {

/// Keeps all events of one engine's life.
class Recorder final : public Sink {
 public:
  void on_event(Event event) override;
  std::vector<Event> events() const;
  /// Waits for an event after the first `seen`; false when `limit` is over.
  bool wait_beyond(std::size_t seen, std::chrono::milliseconds limit);

  template <class T>
  std::vector<T> all(const std::string& task_id = {}, const std::string& container = {}) const {
    std::vector<T> found;
    for (const Event& event : events())
      if (const T* one = std::get_if<T>(&event))
        if ((task_id.empty() || one->task_id == task_id) && (container.empty() || one->container == container))
          found.push_back(*one);
    return found;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Event> events_;
};

/// A new id of 32 hexadecimal digits; the same sequence in each run.
std::string next_task_id();
/// One container "app" that does what `arguments` say (probe_program.cpp).
TaskSpec probe_task(std::vector<std::string> arguments);
ContainerSpec probe_container(std::string name, std::vector<std::string> arguments);

class FakeRig {
 public:
  FakeRig();
  Driver& driver() { return *driver_; }
  Recorder& recorder() { return *recorder_; }
  std::vector<Adopted> restart();
  bool usable() const { return true; }
  bool enforces_memory() const { return true; }
  /// Until `met`, or for as long as anything can happen.
  bool wait(const std::function<bool()>& met);

 private:
  VirtualClock clock_;
  fake::Machine machine_;
  std::unique_ptr<Recorder> recorder_;
  std::unique_ptr<fake::FakeDriver> driver_;
};

class ProcessRig {
 public:
  ProcessRig();
  ~ProcessRig();
  Driver& driver() { return *driver_; }
  Recorder& recorder() { return *recorder_; }
  std::vector<Adopted> restart();
  /// The engine is gone and no other there yet.
  void lose_engine();
  bool usable() const { return true; }
  bool enforces_memory() const { return capabilities_.memory_limits; }
  bool wait(const std::function<bool()>& met);

  process::ProcessOptions options() const;
  std::filesystem::path state, image;
  std::uint64_t log_limit = 16u << 20;
  std::string bubblewrap = "bwrap";
  std::vector<process::Reachable> reachable;
  /// The text of all lines a container wrote so far.
  std::vector<std::string> output(const std::string& task_id, const std::string& container = "app") const;

 private:
  process::Capabilities capabilities_;
  SteadyWallClock clock_;
  std::unique_ptr<Recorder> recorder_;
  std::unique_ptr<process::ProcessDriver> driver_;
};

/// A Docker daemon of the tests' own, in a temporary directory, with a bridge of its own; ended by its pid.
class DockerDaemon {
 public:
  DockerDaemon();
  ~DockerDaemon();
  /// Empty: it runs and has the image "probe". Else what this machine lacks.
  const std::string& problem() const { return problem_; }
  std::string url() const { return "unix://" + socket(); }
  std::string socket() const { return (directory_ / "docker.sock").string(); }
  /// Until it answers; its containers are ended by its stop, as Docker does it without live-restore.
  void start();
  void stop(int signal);
  void signal(int number) const;

 private:
  std::filesystem::path directory_;
  std::string bridge_, problem_;
  int pid_ = -1;
};
/// One for all tests of a program; started when the first asks.
DockerDaemon& docker_daemon();

class DockerRig {
 public:
  DockerRig();
  ~DockerRig();
  Driver& driver() { return *driver_; }
  Recorder& recorder() { return *recorder_; }
  std::vector<Adopted> restart();
  void lose_engine();
  bool usable() const { return docker_daemon().problem().empty(); }
  bool enforces_memory() const { return true; }
  bool wait(const std::function<bool()>& met);

  docker::DockerOptions options() const;
  std::filesystem::path state;
  std::uint64_t log_limit = 16u << 20;
  docker::FindImage find_image;
  std::vector<std::string> output(const std::string& task_id, const std::string& container = "app") const;

 private:
  SteadyWallClock clock_;
  std::unique_ptr<Recorder> recorder_;
  std::unique_ptr<docker::DockerDriver> driver_;
};

/// The exit of a container as a later engine finds it; nothing if it has not ended.
std::optional<ContainerExited> exit_in(const std::vector<Adopted>& adopted, const std::string& task_id,
                                       const std::string& container = "app");
bool started_in(const std::vector<Adopted>& adopted, const std::string& task_id, const std::string& container = "app");

int restarts_in(const std::vector<Adopted>& adopted, const std::string& task_id, const std::string& container = "app");

/// One that nobody listens on now.
int free_port(const std::string& address);
/// -1 when nobody accepts.
int connect_to(const std::string& address, int port);
/// The whole answer; empty when nobody gives one.
std::string http_get(const std::string& address, int port);

/// For runtimes with threads: until `met`, or the patience of a loaded machine is over.
bool wait_for_events(Recorder& recorder, const std::function<bool()>& met);
/// The text of all lines a container wrote so far.
std::vector<std::string> output_of(const Driver& driver, const std::string& task_id, const std::string& container);

/// Says loudly what this machine cannot do; in CI that is a failure.
void skip_or_fail(const std::string& what);

}  // namespace drivers::testing
