// What each subcommand is told on its command line. main.cpp fills them; one file a subcommand runs them.
#pragma once

#include <string>

namespace cmd {

struct EngineOptions {
  std::string listen = "127.0.0.1:4566";
  std::string state;               ///< empty: scaleout below XDG_STATE_HOME
  std::string runtime = "auto";    ///< auto, process, docker, fake
  std::string balancer = "haproxy";  ///< haproxy, fake
  double time_scale = 1;
  double cores_per_vcpu = 0.2;
  std::string account = "123456789012", region = "us-east-1";
  bool auth = false, allow_reset = false, verbose = false;
};
int run_engine(const EngineOptions& options);

/// Exit codes (design): what every subcommand returns.
enum ExitCode {
  kOk = 0,
  kFailure = 1,
  kUsage = 2,
  kCheckFailed = 3,
  kUnreachable = 4,
};

/// $XDG_STATE_HOME/scaleout, else ~/.local/state/scaleout.
std::string default_state_directory();

}  // namespace cmd
