// `scaleout doctor`: whether this machine can run the engine, and what to do where it cannot.
#include <boost/json.hpp>
#include <iostream>

#include "api/ecs.h"
#include "balancer/haproxy/haproxy_balancer.h"
#include "cmd/options.h"
#include "cmd/task_door.h"
#include "console/doctor.h"
#include "console/screen.h"
#include "drivers/docker/docker_driver.h"
#include "drivers/process/process_driver.h"
#include "net/host_address.h"

namespace cmd {

namespace {

void add_engine(const client::Settings& settings, console::Facts& facts) {
  const auto health = engine_health(settings);
  if (!health) {
    const bool silent = client::unreachable_or_unauthorised(health.error());
    facts.engine = silent ? console::Facts::Engine::none : console::Facts::Engine::other;
    facts.engine_problem = health.error().message;
    return;
  }
  facts.engine_version = text_member(*health, "version");
  if (facts.engine_version.empty()) {
    facts.engine = console::Facts::Engine::other;
    facts.engine_problem = "it does not answer as an engine does";
    return;
  }
  facts.engine = console::Facts::Engine::answers;
  if (const auto metrics = ask_engine(settings, "GET", "/metrics")) facts.unserved = console::parse_unserved(*metrics);
  if (const auto blocked = ask_engine(settings, "GET", "/_scaleout/blocked")) facts.blocked = console::parse_blocked(*blocked);
}

}  // namespace

int run_doctor(const DoctorOptions& options) {
  const auto settings = load_settings(options.connection);
  if (!settings) return report(settings.error());
  const auto target = settings->target(api::ecs::model());
  if (!target) return report(target.error());
  const std::string directory = options.state.empty() ? default_state_directory() : options.state;
  console::Facts facts = console::host_facts(directory, balancer::HaproxyOptions().program);
  drivers::process::ProcessOptions process;
  process.state_directory = directory;
  const auto can = drivers::process::probe_capabilities(process);
  facts.cgroups = can.cgroups;
  facts.cpu_limits = can.cpu_limits;
  facts.memory_limits = can.memory_limits;
  facts.sandbox = can.sandbox;
  facts.sandbox_problem = can.sandbox_problem;
  facts.network_problem = can.network_problem;
  facts.docker_daemon = drivers::docker::default_daemon();
  const auto docker = drivers::docker::probe_daemon(facts.docker_daemon);
  facts.docker_problem = docker.problem;
  facts.docker_version = docker.version;
  facts.docker_cgroup_driver = docker.cgroup_driver;
  if (const auto reach = net::can_have_loopback_address(kTaskAddress); !reach) facts.task_address_problem = reach.error().message;
  facts.endpoint = target->endpoint.text();
  facts.endpoint_source = target->source;
  facts.own_version = SCALEOUT_VERSION;
  add_engine(*settings, facts);
  const auto checks = console::judge(facts);
  if (options.connection.json()) {
    std::cout << boost::json::serialize(console::checks_json(checks)) << "\n";
  } else {
    std::cout << console::checks_text(checks, {console::output_takes_colour()});
  }
  return console::any_failed(checks) ? kCheckFailed : kOk;
}

}  // namespace cmd
