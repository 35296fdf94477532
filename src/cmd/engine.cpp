// `scaleout engine`: every part is made here, in the order in which they need each other, and joined.
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "balancer/fake/fake_balancer.h"
#include "balancer/haproxy/haproxy_balancer.h"
#include "base/crash_point.h"
#include "base/log.h"
#include "cmd/front_door.h"
#include "cmd/image_source.h"
#include "cmd/listening.h"
#include "cmd/options.h"
#include "cmd/registry_catalog.h"
#include "cmd/registry_password.h"
#include "cmd/reports.h"
#include "cmd/task_door.h"
#include "drivers/docker/docker_driver.h"
#include "drivers/fake/fake_driver.h"
#include "drivers/process/process_driver.h"
#include "engine/engine.h"
#include "engine/log_shipper.h"
#include "engine/prometheus.h"
#include "net/event_loop.h"
#include "net/http_server.h"
#include "registry/distribution.h"
#include "registry/image_store.h"
#include "services/ec2/default_network.h"
#include "services/ecr/lifecycle.h"
#include "state/log_store.h"
#include "state/metric_store.h"
#include "state/state.h"

namespace cmd {

namespace {

/// For tasks in a network of their own: that the address which tasks are told leads to this engine there too.
std::vector<drivers::process::Reachable> own_api(const std::string& told) {
  const std::size_t colon = told.rfind(':');
  if (colon == std::string::npos || told.front() == '[') return {};  // no TCP, or IPv6, which is not relayed
  return {{told.substr(0, colon), std::atoi(told.c_str() + colon + 1)}};
}

/// Connections leave most descriptors to the runtime, the load balancer and the stores: without one a container cannot
/// be watched. (A server holds an eighth more for a moment, to say 503, and there are up to two of them.)
std::size_t connections_within_descriptors(std::size_t wanted) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return wanted;
  return std::min(wanted, static_cast<std::size_t>(limit.rlim_cur / 4));
}

/// Hands events of another thread to the engine on the owner's.
template <class Base, class Event>
class PostingSink final : public Base {
 public:
  PostingSink(net::EventLoop& loop, std::function<void(const Event&)> deliver)
      : loop_(loop), deliver_(std::move(deliver)) {}
  void on_event(Event event) override {
    loop_.post([this, event = std::move(event)] { deliver_(event); });
  }

 private:
  net::EventLoop& loop_;
  std::function<void(const Event&)> deliver_;
};

/// Everything of one engine, in order of making; destroyed in reverse.
class Assembly {
 public:
  explicit Assembly(const EngineOptions& options) : options_(options), directory_(options.state) {}

  Result<void> start() {
    TRY(store_, state::Store::open(directory_, {.post = [this](auto task) { loop_.post(std::move(task)); },
                                                .on_rolled_back = [this](const Error& error) {
                                                  log_error("changes were refused and undone: {}", error.message);
                                                  engine_->on_rolled_back();
                                                  tick_later();
                                                }}));
    state_ = std::make_unique<state::State>(*store_);
    TRY(logs_, state::LogStore::open(directory_, {.post = [this](auto task) { loop_.post(std::move(task)); }}));
    TRY(metrics_, state::MetricStore::open(directory_, clock_.now()));
    TRY(registry::ImageStore images, registry::ImageStore::open(directory_ / "images"));
    images_ = std::make_unique<registry::ImageStore>(std::move(images));

    engine::Settings settings{.account = {options_.account, options_.region},
                              .pace = {options_.time_scale},
                              .cores_per_vcpu = options_.cores_per_vcpu,
                              .addresses = AddressPlan(directory_.string()),
                              .resolve_image = [this](const std::string& image) { return resolve_image(*state_, image); },
                              .introduce = [this](auto& spec, const auto& task) { task_door_->introduce(spec, task); }};
    make_driver();
    make_balancer();
    engine_ = std::make_unique<engine::Engine>(*state_, *metrics_, *driver_, *balancer_, clock_, random_, settings);
    context_ = std::make_unique<services::Context>(services::Context{.state = *state_,
                                                                     .logs = *logs_,
                                                                     .metrics = *metrics_,
                                                                     .random = random_,
                                                                     .addresses = addresses_,
                                                                     .account = settings.account,
                                                                     .pace = settings.pace});
    context_->now = clock_.now();
    context_->read_manifest = [this](const std::string& digest) { return images_->read_blob(digest); };
    services::ec2::seed_default_network(*context_);
    make_registry();
    TRY(task_door_, TaskDoor::open({.directory = directory_.string(),
                                    .docker = options_.runtime == "docker",
                                    .serve_apis = options_.task_apis},
                                   *context_, *engine_, clock_));
    TRY_VOID(listen());  // tasks that recover() starts are told where; requests wait until the loop runs
    engine_->recover();
    shipper_ = std::make_unique<engine::LogShipper>(*state_, *logs_, *driver_);
    pump_fakes();
    tend_registry();
    expire_logs();
    flush_metrics();
    changed();
    return {};
  }

  int run() {
    loop_.on_signal({SIGTERM, SIGINT}, [this](int) { stop(); });
    std::cout << fmt::format("scaleout engine listening on {} (state {}, runtime {}, time scale {})", context_->endpoint,
                             directory_.string(), driver_->name(), options_.time_scale)
              << std::endl;
    loop_.run();
    metrics_->flush(clock_.now());
    metrics_->wait_until_written();
    if (const auto flushed = store_->flush(); !flushed) {
      log_error("the last changes could not be written: {}", flushed.error().message);
      return kFailure;
    }
    return kOk;
  }

 private:
  void make_driver() {
    if (options_.runtime == "fake") {
      auto fake = std::make_unique<drivers::fake::FakeDriver>(machine_, clock_, driver_sink_);
      fake_driver_ = fake.get();
      driver_ = std::move(fake);
      return;
    }
    if (options_.runtime == "docker") {
      drivers::docker::DockerOptions docker;
      docker.state_directory = directory_;
      docker.find_image = docker_image_source(*images_, directory_ / "pause");
      docker.cores_per_vcpu = options_.cores_per_vcpu;
      driver_ = std::make_unique<drivers::docker::DockerDriver>(std::move(docker), clock_, driver_sink_);
      return;
    }
    drivers::process::ProcessOptions process;
    process.state_directory = directory_;
    process.find_image = image_source(*images_);
    process.cores_per_vcpu = options_.cores_per_vcpu;
    auto driver = std::make_unique<drivers::process::ProcessDriver>(std::move(process), clock_, driver_sink_);
    process_driver_ = driver.get();
    driver_ = std::move(driver);
  }

  void make_balancer() {
    if (options_.balancer == "fake") {
      auto fake = std::make_unique<balancer::FakeBalancer>(clock_, balancer_sink_);
      fake_balancer_ = fake.get();
      balancer_ = std::move(fake);
      return;
    }
    balancer::HaproxyOptions haproxy;
    haproxy.directory = (directory_ / "haproxy").string();
    haproxy.at_point = crash_point;
    // At a fast pace a minute is short: its counts would be off by what a report is late.
    const Pace pace{options_.time_scale};
    haproxy.report_interval = std::clamp(pace(seconds(3)), Duration(milliseconds(100)), Duration(seconds(1)));
    balancer_ = std::make_unique<balancer::HaproxyBalancer>(std::move(haproxy), clock_, balancer_sink_);
  }

  /// --auth: the key in the environment that the engine was started with, and those of tasks with a role.
  wire::SecretOf secret_of() const {
    if (!options_.auth) return {};
    return [this](std::string_view access_key) -> std::optional<std::string> {
      const char* id = std::getenv("AWS_ACCESS_KEY_ID");
      const char* secret = std::getenv("AWS_SECRET_ACCESS_KEY");
      if (id && secret && access_key == id) return secret;
      return task_door_->secret_of(access_key);
    };
  }

  void make_registry() {
    catalog_ = std::make_unique<RegistryCatalog>(*state_, clock_, [this] { changed(); });
    registry::Distribution::Options registry;
    registry.grace = context_->pace(hours(24));
    if (options_.auth) {
      const RegistryPassword password(std::getenv("AWS_SECRET_ACCESS_KEY"));
      context_->registry_password = [password](Instant until) { return password.until(until); };
      registry.authorized = [this, password](std::string_view credentials) {
        return credentials.starts_with("AWS:") && password.holds(credentials.substr(4), clock_.now());
      };
    }
    distribution_ = std::make_unique<registry::Distribution>(*images_, *catalog_, loop_, clock_, random_, std::move(registry));
  }

  Result<void> listen() {
    front_door_ = std::make_unique<FrontDoor>(
        *store_, *context_, clock_, random_, secret_of(),
        FrontDoor::Hooks{
            .changed = [this] { changed(); },
            .health = [this] { return health_report(*state_, {directory_.string(), driver_->name(), options_.region, options_.time_scale}); },
            .usage = [this] { return usage_report(*state_, *engine_, options_.cores_per_vcpu); },
            .scaling = [this] { return scaling_report(*state_, *engine_, clock_.now()); },
            .metrics =
                [this] {
                  const Instant recent = clock_.now() - context_->pace(minutes(5));
                  return metrics_report(*state_, *engine_) + engine::prometheus_text(*metrics_, recent);
                },
            .reset = options_.allow_reset ? std::function<void()>([this] { reset(); }) : nullptr,
            .shut_down = [this] { shut_down(); },
        });
    net::HttpServer::Options server;
    server.listen = {options_.listen};
    server.connections = connections_within_descriptors(server.connections);
    server.guard.hosts = {"*.amazonaws.com", kTaskAddress};
    server.guard.check_host = !options_.auth;  // others name this machine as they like; their signatures are checked
    server.body_sink = [this](const net::Request& request) { return distribution_->body_sink(request); };
    server.body_limit = [this, most = server.body_bytes](const net::Request& request) {
      return distribution_->streams(request) ? distribution_->blob_limit() : most;
    };
    const auto handle = [this](net::Request&& request, net::Responder respond) {
      if (TaskDoor::serves(request.path())) {
        task_door_->handle(request, std::move(respond));
      } else if (registry::Distribution::serves(request)) {
        distribution_->handle(std::move(request), std::move(respond));
      } else {
        front_door_->handle(std::move(request), std::move(respond));
      }
    };
    TRY(server_, listen_patiently(loop_, server, handle));
    context_->endpoint = "http://" + server_->addresses().front();
    task_door_->listen(loop_, server, server_->addresses().front(), handle);
    if (process_driver_) process_driver_->set_reachable(own_api(task_door_->machine_address()));
    return {};
  }

  /// A tick soon, once for all that changes until then.
  void changed() {
    if (tick_posted_) return;
    tick_posted_ = true;
    loop_.post([this] { tick(); });
  }

  /// What the disk has just refused it would refuse again.
  void tick_later() {
    tick_posted_ = true;
    disk_due_ = loop_.call_after(seconds(1), [this] { tick(); });
  }

  void tick() {
    tick_posted_ = false;
    engine_->tick();
    // Asking makes the writer look for space again: a full disk is left behind without a restart.
    if (store_->refusing()) disk_due_ = loop_.call_after(seconds(1), [this] { changed(); });
    if (engine_->has_work()) changed();
    if (shipper_->has_work() && !shipping_) ship();
    const Instant next = engine_->next_deadline();
    if (next == kNever) {
      deadline_.cancel();
      return;
    }
    deadline_ = loop_.call_after(std::max<Duration>(next - clock_.now(), Duration(1)), [this] { changed(); });
  }

  /// Retention of log groups; reads hide expired events already.
  void expire_logs() {
    for (const auto& [name, group] : state_->log_groups.all()) {
      if (group.retention_days) logs_->expire(name, clock_.now() - hours(24 * *group.retention_days));
    }
    logs_due_ = loop_.call_after(minutes(10), [this] { expire_logs(); });
  }

  /// What lifecycle policies have expired, and files that nothing names. AWS looks once a day.
  void tend_registry() {
    if (services::ecr::expire_images(*state_, clock_.now()) > 0) catalog_->save([](const Result<void>&) {});
    distribution_->sweep();
    registry_due_ = loop_.call_after(std::max<Duration>(context_->pace(hours(1)), seconds(1)), [this] { tend_registry(); });
  }

  void flush_metrics() {
    metrics_->flush(clock_.now());
    metrics_due_ = loop_.call_after(seconds(1), [this] { flush_metrics(); });
  }

  /// Tasks' output to the Logs API, as long as there are tasks.
  void ship() {
    const bool more = shipper_->pump(clock_.now());
    shipping_ = more || shipper_->has_work();
    if (shipping_) ship_due_ = loop_.call_after(more ? Duration(5) : engine::LogShipper::kInterval, [this] { ship(); });
  }

  /// Fakes have no thread: what is due in them happens here. Commands reach them when a commit is durable, at any time,
  /// so they are asked steadily.
  void pump_fakes() {
    if (!fake_driver_ && !fake_balancer_) return;
    if (fake_driver_) fake_driver_->pump();
    if (fake_balancer_) fake_balancer_->step();
    fakes_due_ = loop_.call_after(milliseconds(5), [this] { pump_fakes(); });
  }

  template <class Event>
  void deliver(const Event& event) {
    engine_->on(event);
    if (engine_->has_work()) changed();
  }

  void reset() {
    store_->clear();
    metrics_->clear();
    context_->now = clock_.now();
    services::ec2::seed_default_network(*context_);
    changed();
  }

  /// Tasks and load balancer run on; a later engine adopts them.
  void stop() {
    if (stopping_) return;
    stopping_ = true;
    server_->stop([this] { task_door_->stop([this] { loop_.stop(); }); });
    stop_deadline_ = loop_.call_after(seconds(5), [this] { loop_.stop(); });
  }

  /// `scaleout down`: every task gets its SIGTERM and the time it asks for, then the load balancer goes, then we.
  void shut_down() {
    engine_->stop_all_tasks();
    changed();
    shut_down_deadline_ = clock_.now() + seconds(40);
    await_tasks();
  }
  void await_tasks() {
    if (engine_->tasks_left() > 0 && clock_.now() < shut_down_deadline_) {
      stop_deadline_ = loop_.call_after(milliseconds(50), [this] { await_tasks(); });
      return;
    }
    balancer_->shut_down();
    stop();
  }

  EngineOptions options_;
  std::filesystem::path directory_;
  SteadyWallClock clock_;
  Random random_{Random::system_seed()};
  AddressPlan addresses_{directory_.string()};
  net::EventLoop loop_;
  std::unique_ptr<state::Store> store_;
  std::unique_ptr<state::State> state_;
  std::unique_ptr<state::LogStore> logs_;
  std::unique_ptr<state::MetricStore> metrics_;
  std::unique_ptr<registry::ImageStore> images_;
  PostingSink<drivers::Sink, drivers::Event> driver_sink_{loop_, [this](const auto& event) { deliver(event); }};
  PostingSink<balancer::Sink, balancer::Event> balancer_sink_{loop_, [this](const auto& event) { deliver(event); }};
  drivers::fake::Machine machine_;
  std::unique_ptr<drivers::Driver> driver_;
  std::unique_ptr<balancer::Balancer> balancer_;
  drivers::fake::FakeDriver* fake_driver_ = nullptr;
  drivers::process::ProcessDriver* process_driver_ = nullptr;
  balancer::FakeBalancer* fake_balancer_ = nullptr;
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<engine::LogShipper> shipper_;
  std::unique_ptr<services::Context> context_;
  std::unique_ptr<RegistryCatalog> catalog_;
  std::unique_ptr<registry::Distribution> distribution_;
  std::unique_ptr<TaskDoor> task_door_;
  std::unique_ptr<FrontDoor> front_door_;
  std::unique_ptr<net::HttpServer> server_;
  net::Timer deadline_, ship_due_, fakes_due_, logs_due_, metrics_due_, registry_due_, disk_due_, stop_deadline_;
  Instant shut_down_deadline_{};
  bool tick_posted_ = false, shipping_ = false, stopping_ = false;
};

}  // namespace

std::string default_state_directory() {
  const char* base = std::getenv("XDG_STATE_HOME");
  if (base && *base) return std::string(base) + "/scaleout";
  const char* home = std::getenv("HOME");
  return std::string(home && *home ? home : "/tmp") + "/.local/state/scaleout";
}

/// Each running container costs the runtime a descriptor.
static void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

/// A daemon that is away later is waited for; one that never was there is a mistake of whoever starts us.
static bool docker_is_there(const std::string& state) {
  if (std::filesystem::exists(state + "/docker")) return true;
  const std::string daemon = drivers::docker::default_daemon();
  const auto can = drivers::docker::probe_daemon(daemon);
  if (can.problem.empty()) return true;
  std::cerr << "error: no Docker daemon answers at " << daemon << ": " << can.problem << "\n"
            << "hint: start it, name its socket with DOCKER_HOST=unix://PATH, or use --runtime process\n";
  return false;
}

int run_engine(const EngineOptions& given) {
  EngineOptions options = given;
  if (options.state.empty()) options.state = default_state_directory();
  options.state = std::filesystem::absolute(options.state).lexically_normal().string();
  if (options.runtime == "auto") options.runtime = "process";
  if (options.runtime == "docker" && !docker_is_there(options.state)) return kFailure;
  if (!is_listen_address(options.listen)) {
    return usage_error(fmt::format("--listen: '{}' is no address", options.listen), "write an IP address and a port, as in 127.0.0.1:4566");
  }
  if (!options.listen.starts_with("127.") && !options.listen.starts_with("[::1]") &&
      !options.listen.starts_with("localhost") && !options.listen.starts_with("unix:") && !options.auth) {
    std::cerr << "error: " << options.listen << " can be reached by others, and requests would not be checked\n"
              << "hint: add --auth, or listen on 127.0.0.1\n";
    return kUsage;
  }
  if (options.auth && (!std::getenv("AWS_ACCESS_KEY_ID") || !std::getenv("AWS_SECRET_ACCESS_KEY"))) {
    std::cerr << "error: --auth has no key to check signatures with\n"
              << "hint: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY for the engine; its clients use the same\n";
    return kUsage;
  }
  set_log_level(options.verbose ? LogLevel::debug : LogLevel::info);
  std::signal(SIGPIPE, SIG_IGN);
  raise_descriptor_limit();
  try {
    Assembly assembly(options);
    if (const auto started = assembly.start(); !started) {
      std::cerr << "error: " << started.error().message << "\n";
      return started.error().code == kStateLocked ? kLockHeld : kFailure;
    }
    return assembly.run();
  } catch (const std::exception& error) {
    std::cerr << "error: " << error.what() << "\n";
    return kFailure;
  }
}

}  // namespace cmd
