// What each subcommand is told on its command line. main.cpp fills them; one file a subcommand runs them.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "cmd/connect.h"
#include "stack/stack.h"

namespace report {
struct Run;
}

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
  bool task_apis = true;  ///< tasks are told where the AWS APIs are
};
int run_engine(const EngineOptions& options);

struct PushOptions {
  Connection connection;
  std::string binary, repository, tag = "latest";
  bool fixed_port = false;  ///< the program does not listen where HOST and PORT say
};
int run_push(const PushOptions& options);
/// Answers the manifest's digest.
Result<std::string> push_binary(client::AwsClient& aws, const PushOptions& options);

struct UpOptions {
  Connection connection;
  EngineOptions engine;          ///< for one that has to be started
  std::set<std::string> given;   ///< the flags that were: "--runtime"; one that answers must be as they say
  stack::Options stack;
  std::string binary;    ///< empty: the http-api beside this program
  bool wait = true;
  int timeout = 600;     ///< seconds
};
int run_up(const UpOptions& options);

struct DownOptions {
  Connection connection;
  stack::Options stack;
  std::string state;
  int timeout = 120;  ///< seconds, for each step
};
int run_down(const DownOptions& options);

struct DemoOptions {
  std::string runtime = "auto";
  double time_scale = 20;
  std::string stages = "250:30s,500:30s,750:30s,1000:30s";  ///< requests a second
  int work_us = 250;  ///< CPU of each request
  std::string html = "report.html", png = "report.png";
  bool faults = false;  ///< kill things under load instead of scaling
  int rate = 1000;      ///< requests a second of --faults
};
int run_demo(const DemoOptions& options);

/// http-api beside this program, as `make build` and `make install` leave it.
std::string http_api_binary();

struct LoadOptions {
  std::string url;
  std::string rate, duration = "30s", stages;  ///< rate: a number or "max"
  int connections = 0;                         ///< 0: load's own default
  std::string method = "GET", body;            ///< body: text, or @file
  std::vector<std::string> headers;
  std::string timeout = "10s", arrival = "uniform", slo, output = "text", json_file;
  std::string report_file;  ///< HTML; empty: none
  std::uint64_t seed = 1;
  bool retry = false;
};
int run_load(const LoadOptions& options);

struct ReportOptions {
  std::string run;        ///< file of a saved run
  std::string html, png;  ///< files to write; both empty: report.html
};
int run_report(const ReportOptions& options);
/// Before a run: a long one must not end in a file that cannot be written. An old one stays until then.
Result<void> check_writable(const std::string& file);
/// Writes those of the two files that are named.
Result<void> write_report(const report::Run& run, const std::string& html, const std::string& png);

struct StatusOptions {
  Connection connection;
  std::string cluster, service;
  bool watch = false;
};
int run_status(const StatusOptions& options);

struct EventsOptions {
  Connection connection;
  std::string cluster, service;
  bool follow = false;
  bool explain = false;       ///< each scaling decision with its inputs and arithmetic
  bool service_only = false;  ///< only what ECS's own list has
  int limit = 100;  ///< of those there are at the start
};
int run_events(const EventsOptions& options);

struct LogsOptions {
  Connection connection;
  std::string cluster, service;
  std::string task;           ///< its id or the beginning of it; empty: all of the service
  std::string since = "10m";
  bool follow = false;
  int limit = 0;              ///< of those there are at the start; 0: all
};
int run_logs(const LogsOptions& options);

struct EnvOptions {
  Connection connection;
};
int run_env(const EnvOptions& options);

struct DoctorOptions {
  Connection connection;
  std::string state;
};
int run_doctor(const DoctorOptions& options);

/// Exit codes (design): what every subcommand returns.
enum ExitCode {
  kOk = 0,
  kFailure = 1,
  kUsage = 2,
  kCheckFailed = 3,
  kUnreachable = 4,
  kTimedOut = 7,
  kLockHeld = 8,
  kInterrupted = 130,  ///< 128 and SIGINT, as shells have it
  kTerminated = 143,   ///< 128 and SIGTERM
};

/// Error code of a state directory that another engine has.
inline constexpr const char* kStateLocked = "StateLocked";

/// Where the service's load balancer really answers: the declared port, or the one the kernel let us bind. Waits until
/// it is bound.
Result<std::string> service_url(client::AwsClient& aws, const stack::Options& options);

/// $XDG_STATE_HOME/scaleout, else ~/.local/state/scaleout.
std::string default_state_directory();

}  // namespace cmd
