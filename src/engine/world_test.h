// A whole engine over fakes on a virtual clock, for the tests of this room: time moves only when a test says so.
#pragma once

#include <functional>
#include <memory>

#include "balancer/fake/fake_balancer.h"
#include "drivers/fake/fake_driver.h"
#include "engine/engine.h"

namespace engine {

class World : drivers::Sink, balancer::Sink {
 public:
  explicit World(drivers::fake::Program program = {},
                 std::unique_ptr<state::Store> kept_in = state::Store::in_memory())
      : store(std::move(kept_in)), machine(std::move(program)) {
    start_engine();
  }

  /// The engine dies and another one starts on the same state, tasks and load balancer.
  void restart_engine() {
    engine.reset();
    driver.reset();
    start_engine();
  }

  /// Runs everything that is due until then, in order of time.
  void advance(Duration by) {
    const Instant end = clock.now() + by;
    settle();
    for (;;) {
      const Instant next = std::min({engine->next_deadline(), driver->next_deadline(), balancer->next_deadline()});
      if (next > end) break;
      clock.set(std::max(next, clock.now() + Duration(1)));
      settle();
    }
    clock.set(end);
    settle();
  }
  /// Until `done` holds, in steps of 100 ms of virtual time; false after `most`.
  bool advance_until(const std::function<bool()>& done, Duration most) {
    for (const Instant end = clock.now() + most; clock.now() < end;) {
      if (done()) return true;
      advance(milliseconds(100));
    }
    return done();
  }
  void settle() {
    for (int i = 0; i < 50; ++i) {
      driver->pump();
      balancer->step();
      if (!engine->has_work() && i > 0) return;
      engine->tick();
      (void)store->flush();  // refused by a full disk: its on_rolled_back has been told
    }
  }

  // What tests begin with.
  void add_cluster(const std::string& name);
  std::string add_node(const std::string& cluster, const std::string& type = "t2.micro");
  std::string add_task_definition(const std::string& family, CpuUnits cpu = {256}, MiB memory = {128});
  std::string add_target_group(const std::string& name);
  void add_service(const std::string& name, int desired, const std::string& definition, const std::string& group = "");
  void set_desired(const std::string& name, int desired) {
    state.services.update("c/" + name, [&](model::Service& service) { service.desired_count = desired; });
  }
  int running(const std::string& name) const {
    int count = 0;
    for (const std::string& id : state.tasks_by_service.keys("c/" + name)) {
      const model::Task* task = state.tasks.find(id);
      if (task->wanted() && task->last_status == "RUNNING") ++count;
    }
    return count;
  }
  std::vector<std::string> events(const std::string& name) const {
    std::vector<std::string> texts;
    for (const auto& [key, event] : state.service_events.range("c/" + name + "#")) texts.push_back(event.message);
    return texts;
  }

  VirtualClock clock;
  Random random{42};
  std::unique_ptr<state::Store> store;
  state::State state{*store};
  std::unique_ptr<state::MetricStore> metrics = state::MetricStore::in_memory();
  drivers::fake::Machine machine;
  std::unique_ptr<balancer::FakeBalancer> balancer =
      std::make_unique<balancer::FakeBalancer>(clock, static_cast<balancer::Sink&>(*this));
  std::unique_ptr<drivers::fake::FakeDriver> driver;
  std::unique_ptr<Engine> engine;
  std::function<void(drivers::TaskSpec&, const model::Task&)> introduce;

 private:
  void start_engine() {
    driver = std::make_unique<drivers::fake::FakeDriver>(machine, clock, static_cast<drivers::Sink&>(*this));
    engine = std::make_unique<Engine>(state, *metrics, *driver, *balancer, clock, random,
                                      Settings{.addresses = AddressPlan("/test"),
                                               .introduce = [this](drivers::TaskSpec& spec, const model::Task& task) {
                                                 if (introduce) introduce(spec, task);
                                               }});
    engine->recover();
    settle();
  }
  void on_event(drivers::Event event) override { engine->on(event); }
  void on_event(balancer::Event event) override {
    if (engine) engine->on(event);
  }
};

inline void World::add_cluster(const std::string& name) {
  model::Cluster cluster;
  cluster.name = name;
  cluster.arn = make_arn({}, "ecs", "cluster/" + name);
  state.clusters.put(cluster);
}

inline std::string World::add_node(const std::string& cluster, const std::string& type) {
  model::Instance instance;
  instance.id = "i-" + random.hex(17);
  instance.instance_type = type;
  instance.availability_zone = "us-east-1a";
  instance.address = AddressPlan("/test").node(static_cast<int>(state.instances.size()));
  instance.user_data = "IyEvYmluL3NoCmVjaG8gRUNTX0NMVVNURVI9YyA+PiAvZXRjL2Vjcy9lY3MuY29uZmln";  // ECS_CLUSTER=c
  instance.launched_at = clock.now();
  state.instances.put(instance);
  (void)cluster;
  return instance.id;
}

inline std::string World::add_task_definition(const std::string& family, CpuUnits cpu, MiB memory) {
  model::TaskDefinition definition;
  definition.family = family;
  definition.revision = static_cast<int>(state.next(family));
  definition.arn = make_arn({}, "ecs", "task-definition/" + family + ":" + std::to_string(definition.revision));
  model::ContainerDefinition container;
  container.name = family;
  container.image = family + ":1";
  container.cpu = cpu;
  container.memory = memory;
  container.port_mappings.push_back({.container_port = 8080});
  definition.containers.push_back(container);
  state.task_definitions.put(definition);
  return definition.arn;
}

inline std::string World::add_target_group(const std::string& name) {
  model::TargetGroup group;
  group.name = name;
  group.arn = make_arn({}, "elasticloadbalancing", "targetgroup/" + name + "/0123456789abcdef");
  group.port = 80;
  state.target_groups.put(group);
  return group.arn;
}

inline void World::add_service(const std::string& name, int desired, const std::string& definition,
                               const std::string& group) {
  model::Service service;
  service.cluster = "c";
  service.name = name;
  service.arn = make_arn({}, "ecs", "service/c/" + name);
  service.desired_count = desired;
  service.task_definition_arn = definition;
  service.created_at = clock.now();
  if (!group.empty()) service.load_balancers.push_back({group, name, 8080});
  model::Deployment deployment;
  deployment.id = "ecs-svc/" + std::to_string(1'000'000'000 + random.below(1'000'000'000));
  deployment.task_definition_arn = definition;
  deployment.created_at = deployment.updated_at = clock.now();
  deployment.load_balancers = service.load_balancers;
  service.deployments.push_back(deployment);
  state.services.put(service);
}

}  // namespace engine
