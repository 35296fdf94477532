// The command line: one line a subcommand, its options, and the file that runs it.
#include <CLI/CLI.hpp>

#include "cmd/options.h"
#include "drivers/process/shim/shim.h"

int main(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == "shim") return drivers::process::shim_main(argc - 1, argv + 1);
  CLI::App app{"Runs, balances, replaces and scales HTTP services behind the AWS APIs, on this machine.", "scaleout"};
  app.require_subcommand(1);
  app.set_version_flag("--version", SCALEOUT_VERSION);
  int exit_code = cmd::kOk;

  cmd::EngineOptions engine;
  CLI::App* command = app.add_subcommand("engine", "Run the engine in the foreground");
  command->add_option("--listen", engine.listen, "Address and port of the API")->capture_default_str();
  command->add_option("--state", engine.state, "State directory (default: scaleout below $XDG_STATE_HOME)");
  command->add_option("--runtime", engine.runtime, "What runs tasks")
      ->check(CLI::IsMember({"auto", "process", "docker", "fake"}))->capture_default_str();
  command->add_option("--balancer", engine.balancer, "What carries traffic; fake: nothing, for tests of the API")
      ->check(CLI::IsMember({"haproxy", "fake"}))->capture_default_str();
  command->add_option("--time-scale", engine.time_scale, "Divide the durations of control loops by this")
      ->check(CLI::Range(0.01, 1000.0))->capture_default_str();
  command->add_option("--cores-per-vcpu", engine.cores_per_vcpu, "Real cores that one vCPU of a node stands for")
      ->check(CLI::Range(0.001, 64.0))->capture_default_str();
  command->add_option("--account", engine.account, "AWS account id to speak for")->capture_default_str();
  command->add_option("--region", engine.region, "AWS region to speak for")->capture_default_str();
  command->add_flag("--auth", engine.auth, "Check request signatures");
  command->add_flag("--allow-reset", engine.allow_reset, "Let POST /_scaleout/reset empty the state");
  command->add_flag("--verbose", engine.verbose, "Log more");
  command->callback([&] { exit_code = cmd::run_engine(engine); });

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? cmd::kOk : cmd::kUsage;
  }
  return exit_code;
}
