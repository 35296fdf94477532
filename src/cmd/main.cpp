// The command line: one line a subcommand, its options, and the file that runs it.
#include <CLI/CLI.hpp>

#include "cmd/options.h"
#include "drivers/process/shim/shim.h"

namespace {

const CLI::Validator kAccountId(
    [](std::string& text) {
      const bool right = text.size() == 12 && text.find_first_not_of("0123456789") == std::string::npos;
      return right ? std::string() : "'" + text + "' is no AWS account id: write its 12 digits";
    },
    "");
const CLI::Validator kRegion(
    [](std::string& text) { return client::is_region(text) ? std::string() : "'" + text + "' is no AWS region: write one like us-east-1"; }, "");

void add_connection(CLI::App& command, cmd::Connection& connection) {
  command.add_option("--endpoint-url", connection.endpoint_url,
                     "Where the AWS APIs are (default: AWS_ENDPOINT_URL, else http://127.0.0.1:4566)");
  command.add_option("--region", connection.region, "AWS region");
  command.add_option("--profile", connection.profile, "Profile of the AWS config files");
  command.add_option("--output", connection.output, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
}

void add_engine(CLI::App& command, cmd::EngineOptions& engine) {
  command.add_option("--state", engine.state, "State directory (default: scaleout below $XDG_STATE_HOME)");
  command.add_option("--runtime", engine.runtime, "What runs tasks: auto is process; docker needs a daemon (DOCKER_HOST)")
      ->check(CLI::IsMember({"auto", "process", "docker", "fake"}))
      ->capture_default_str();
  command.add_option("--time-scale", engine.time_scale, "Divide the durations of control loops by this")
      ->check(CLI::Range(0.01, 1000.0))
      ->capture_default_str();
  command.add_option("--cores-per-vcpu", engine.cores_per_vcpu, "Real cores that one vCPU of a node stands for")
      ->check(CLI::Range(0.001, 64.0))
      ->capture_default_str();
  command.add_option("--account", engine.account, "AWS account id to speak for")->check(kAccountId)->capture_default_str();
}

void add_stack(CLI::App& command, stack::Options& stack) {
  command.add_option("--cluster", stack.cluster, "Cluster")->capture_default_str();
  command.add_option("--service", stack.service, "Service, task definition family and container")
      ->capture_default_str();
  command.add_option("--instance-type", stack.instance_type, "Type of the nodes")->capture_default_str();
  command.add_option("--nodes", stack.nodes, "Nodes to begin with (default: the least, or as many as there are)")
      ->check(CLI::Range(0, 900));
  command.add_option("--nodes-min", stack.nodes_min, "Least nodes")->check(CLI::Range(0, 900))->capture_default_str();
  command.add_option("--nodes-max", stack.nodes_max, "Most nodes")->check(CLI::Range(1, 900))->capture_default_str();
  command.add_option("--tasks", stack.tasks, "Tasks to begin with (default: the least, or as many as there are)")
      ->check(CLI::Range(0, 5000));
  command.add_option("--tasks-min", stack.tasks_min, "Least tasks")->check(CLI::Range(0, 5000))->capture_default_str();
  command.add_option("--tasks-max", stack.tasks_max, "Most tasks")->check(CLI::Range(1, 5000))->capture_default_str();
  command.add_option("--cpu-target", stack.cpu_target, "Percent CPU of the service that autoscaling keeps")
      ->check(CLI::Range(1.0, 1000.0))
      ->capture_default_str();
  command.add_option("--node-cpu-target", stack.node_cpu_target, "Percent CPU of the nodes that autoscaling keeps")
      ->check(CLI::Range(1.0, 100.0))
      ->capture_default_str();
  command.add_option("--scale-out-cooldown", stack.scale_out_cooldown, "Seconds after a scale-out of the service")
      ->check(CLI::Range(0, 86400))
      ->capture_default_str();
  command.add_option("--scale-in-cooldown", stack.scale_in_cooldown, "Seconds after a scale-in of the service")
      ->check(CLI::Range(0, 86400))
      ->capture_default_str();
  command.add_option("--node-warmup", stack.node_warmup, "Seconds until a new node counts as warm")
      ->check(CLI::Range(0, 86400))
      ->capture_default_str();
  command.add_flag("!--no-autoscaling", stack.autoscaling, "Keep the counts as they are given");
  command.add_option("--container-port", stack.container_port, "Port of the container")
      ->check(CLI::Range(1, 65535))
      ->capture_default_str();
  command.add_option("--cpu", stack.cpu, "CPU units of a task")->check(CLI::Range(0, 196608))->capture_default_str();
  command.add_option("--memory", stack.memory, "MiB of a task")->check(CLI::Range(4, 1048576))->capture_default_str();
  command.add_option("--port", stack.port, "Port of the load balancer")
      ->check(CLI::Range(1, 65535))
      ->capture_default_str();
  command
      .add_option("--minimum-healthy-percent", stack.minimum_healthy_percent, "Of desired tasks, during a deployment")
      ->check(CLI::Range(0, 100))
      ->capture_default_str();
  command.add_option("--maximum-percent", stack.maximum_percent, "Of desired tasks, during a deployment")
      ->check(CLI::Range(100, 400))
      ->capture_default_str();
  command.add_option("--health-interval", stack.health_interval, "Seconds between health checks")
      ->check(CLI::Range(5, 300))
      ->capture_default_str();
  command.add_option("--deregistration-delay", stack.deregistration_delay, "Seconds a target may drain")
      ->check(CLI::Range(0, 3600))
      ->capture_default_str();
  command.add_option("--work-us", stack.work_us, "CPU microseconds that http-api burns for each request")
      ->check(CLI::Range(0, 10000000))
      ->capture_default_str();
}

void add_service(CLI::App& command, std::string& cluster, std::string& service) {
  cluster = stack::Options().cluster;
  service = stack::Options().service;
  command.add_option("--cluster", cluster, "Cluster")->capture_default_str();
  command.add_option("--service", service, "Service")->capture_default_str();
}

void add_load(CLI::App& command, cmd::LoadOptions& load) {
  command.add_option("url", load.url, "http:// URL")->required();
  command.add_option("--rate", load.rate, "Requests a second; max: a closed loop, as fast as the connections go");
  command.add_option("--duration", load.duration, "How long, with --rate: 30s, 5m, 1h30m")->capture_default_str();
  command.add_option("--stages", load.stages, "Instead: RATE:DURATION and ramps FROM-TO:DURATION, as in 250:1m,500:1m,750-1000:2m");
  command.add_option("--connections", load.connections, "At most so many at once, opened as needed (default: 1024; 64 with --rate max)")
      ->check(CLI::Range(1, 1000000));
  command.add_option("--method", load.method, "HTTP method")->capture_default_str();
  command.add_option("--header", load.headers, "'Name: value'; may be given again")->expected(1)->take_all();
  command.add_option("--body", load.body, "Body of each request; @FILE reads it");
  command.add_option("--timeout", load.timeout, "From the moment a request is due until its whole answer")->capture_default_str();
  command.add_option("--arrival", load.arrival, "uniform: even gaps; poisson: as independent users come")
      ->check(CLI::IsMember({"uniform", "poisson"}))
      ->capture_default_str();
  command.add_option("--seed", load.seed, "Of poisson arrivals: the same seed, the same moments")->capture_default_str();
  command.add_flag("--retry", load.retry,
                   "Send an idempotent request once more when a kept connection turns out closed, and count it as retried");
  command.add_option("--slo", load.slo, "Limits, as in p99<200ms,errors<0.1%; exit 3 if one is not met");
  command.add_option("--output", load.output, "text or json")->check(CLI::IsMember({"text", "json"}))->capture_default_str();
  command.add_option("--json", load.json_file, "Also write the JSON to this file");
  command.add_option("--report", load.report_file, "Also write an HTML report to this file");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == "shim") return drivers::process::shim_main(argc - 1, argv + 1);
  CLI::App app{"Runs, balances, replaces and scales HTTP services behind the AWS APIs, on this machine.", "scaleout"};
  app.require_subcommand(1);
  app.set_version_flag("--version", SCALEOUT_VERSION);
  int exit_code = cmd::kOk;

  cmd::EngineOptions engine;
  CLI::App* command = app.add_subcommand("engine", "Run the engine in the foreground");
  command->add_option("--listen", engine.listen, "Address and port of the API")->capture_default_str();
  add_engine(*command, engine);
  command->add_option("--balancer", engine.balancer, "What carries traffic; fake: nothing, for tests of the API")
      ->check(CLI::IsMember({"haproxy", "fake"}))
      ->capture_default_str();
  command->add_option("--region", engine.region, "AWS region to speak for")->check(kRegion)->capture_default_str();
  command->add_flag("--auth", engine.auth, "Check request signatures");
  command->add_flag("--no-task-apis{false}", engine.task_apis,
                    "Tell tasks of their metadata and credentials only, not where the AWS APIs are");
  command->add_flag("--allow-reset", engine.allow_reset, "Let POST /_scaleout/reset empty the state");
  command->add_flag("--verbose", engine.verbose, "Log more");
  command->callback([&] { exit_code = cmd::run_engine(engine); });

  cmd::UpOptions up;
  command = app.add_subcommand(
      "up", "Make the stack: cluster, nodes, load balancer, service; start an engine if none answers");
  add_connection(*command, up.connection);
  add_engine(*command, up.engine);
  add_stack(*command, up.stack);
  command->add_option("--image", up.stack.image,
                      "Image of the service (default: http-api, pushed from beside this program)");
  command->add_option("--binary", up.binary, "Static binary to push instead of http-api");
  command->add_option("--app-version", up.stack.version, "Tag of the pushed image and APP_VERSION")
      ->capture_default_str();
  command->add_option("--timeout", up.timeout, "Seconds to wait for healthy tasks")
      ->check(CLI::Range(1, 86400))
      ->capture_default_str();
  command->add_flag("!--no-wait", up.wait, "Do not wait for healthy tasks");
  command->callback([&, command] {
    for (const CLI::Option* option : command->get_options()) {
      if (option->count() > 0) up.given.insert(option->get_name());
    }
    exit_code = cmd::run_up(up);
  });

  cmd::DownOptions down;
  command = app.add_subcommand("down", "Take the stack down and end the engine; only the state directory stays");
  add_connection(*command, down.connection);
  command->add_option("--cluster", down.stack.cluster, "Cluster")->capture_default_str();
  command->add_option("--service", down.stack.service, "Service")->capture_default_str();
  command->add_option("--state", down.state, "State directory of an engine that no longer answers");
  command->add_option("--timeout", down.timeout, "Seconds for each step")
      ->check(CLI::Range(1, 86400))
      ->capture_default_str();
  command->callback([&] { exit_code = cmd::run_down(down); });

  cmd::PushOptions push;
  command = app.add_subcommand("push", "Make an image of a static binary and put it into the engine's registry");
  add_connection(*command, push.connection);
  command->add_option("--binary", push.binary, "Static binary")->required();
  command->add_option("--repository", push.repository, "Repository; made if missing")->required();
  command->add_option("--tag", push.tag, "Tag")->capture_default_str();
  command->add_flag("--fixed-port", push.fixed_port, "The program does not listen where HOST and PORT say: its tasks' ports are forwarded to its own");
  command->callback([&] { exit_code = cmd::run_push(push); });

  cmd::DemoOptions demo;
  command = app.add_subcommand(
      "demo", "Four steps of load, then quiet, on a stack of its own: tasks and nodes scale out and in; writes a report");
  command->add_option("--runtime", demo.runtime, "What runs tasks: auto is process; docker needs a daemon (DOCKER_HOST)")
      ->check(CLI::IsMember({"auto", "process", "docker"}))
      ->capture_default_str();
  command->add_option("--time-scale", demo.time_scale, "Divide the durations of control loops by this")
      ->check(CLI::Range(1.0, 100.0))
      ->capture_default_str();
  command->add_option("--stages", demo.stages, "Requests a second, and for how long each")->capture_default_str();
  command->add_option("--work-us", demo.work_us, "CPU microseconds that http-api burns for each request")
      ->check(CLI::Range(0, 10000000))
      ->capture_default_str();
  command->add_option("--html", demo.html, "Where the report goes")->capture_default_str();
  command->add_option("--png", demo.png, "Where its picture goes; empty: none (it needs rsvg-convert)")->capture_default_str();
  command->add_flag("--faults", demo.faults,
                    "Instead: 30 s of steady load while tasks, a node and the engine are killed; no request may fail");
  command->add_option("--rate", demo.rate, "Requests a second of --faults")
      ->check(CLI::Range(50, 20000))
      ->capture_default_str();
  command->callback([&] { exit_code = cmd::run_demo(demo); });

  cmd::LoadOptions load;
  command = app.add_subcommand("load", "Requests at a rate that does not wait for answers; latency percentiles, errors by kind");
  add_load(*command, load);
  command->callback([&] { exit_code = cmd::run_load(load); });

  cmd::ReportOptions report;
  command = app.add_subcommand("report", "Draw a saved run (of demo) again: an HTML page and a PNG with charts on one time axis");
  command->add_option("run", report.run, "JSON file of the run")->required();
  command->add_option("--html", report.html, "Write the page to this file (default: report.html, unless --png is given)");
  command->add_option("--png", report.png, "Write the picture to this file; needs rsvg-convert of Debian's librsvg2-bin");
  command->callback([&] { exit_code = cmd::run_report(report); });

  cmd::StatusOptions status;
  command = app.add_subcommand("status", "One screen: service, deployments, targets, nodes, events");
  add_connection(*command, status.connection);
  add_service(*command, status.cluster, status.service);
  command->add_flag("-w,--watch", status.watch, "Draw it anew each second until Ctrl-C");
  command->callback([&] { exit_code = cmd::run_status(status); });

  cmd::EventsOptions events;
  command = app.add_subcommand("events", "What happened to a service, oldest first: its events, scaling of tasks and nodes, alarms");
  add_connection(*command, events.connection);
  add_service(*command, events.cluster, events.service);
  command->add_flag("-f,--follow", events.follow, "Go on with new ones until Ctrl-C");
  command->add_flag("--explain", events.explain,
                    "Each scaling decision with its inputs, datapoints, formula, cooldowns, bounds and winner; also why not scaled");
  command->add_flag("--service-only", events.service_only, "Only the service's own events, as ECS lists them");
  command->add_option("--limit", events.limit, "At most so many of the newest")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command->callback([&] { exit_code = cmd::run_events(events); });

  cmd::LogsOptions logs;
  command = app.add_subcommand("logs", "What the tasks of a service print");
  add_connection(*command, logs.connection);
  add_service(*command, logs.cluster, logs.service);
  command->add_option("--task", logs.task, "Only this task: its id, or the beginning of it");
  command->add_option("--since", logs.since, "How far back: 30s, 10m, 2h, 1d")->capture_default_str();
  command->add_option("--limit", logs.limit, "At most so many of the newest; 0: all")
      ->check(CLI::Range(0, 1000000))
      ->capture_default_str();
  command->add_flag("-f,--follow", logs.follow, "Go on with new lines until Ctrl-C");
  command->callback([&] { exit_code = cmd::run_logs(logs); });

  cmd::EnvOptions env;
  command = app.add_subcommand("env", "Settings for the aws CLI, Terraform and boto3: eval \"$(scaleout env)\"");
  add_connection(*command, env.connection);
  command->callback([&] { exit_code = cmd::run_env(env); });

  cmd::DoctorOptions doctor;
  command = app.add_subcommand("doctor", "Whether this machine can run the engine, and what to do where it cannot");
  add_connection(*command, doctor.connection);
  command->add_option("--state", doctor.state, "State directory to look at");
  command->callback([&] { exit_code = cmd::run_doctor(doctor); });

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    const auto chosen = app.get_subcommands();
    return cmd::usage_error(error.what(), "`scaleout " + (chosen.empty() ? "" : chosen.front()->get_name() + " ") +
                                              "--help` says what can be written");
  }
  return exit_code;
}
