// `scaleout demo`: the stack in a fresh state directory, half a minute of traffic while tasks, a node and the engine
// are killed, and the count of requests that failed: none, or the exit code says so.
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <optional>
#include <sstream>
#include <thread>

#include "api/ec2.h"
#include "api/ecs.h"
#include "cmd/connect.h"
#include "cmd/local_engine.h"
#include "cmd/options.h"
#include "drivers/process/container_files.h"

namespace cmd {

namespace {

namespace ecs = api::ecs::op;

constexpr auto kPatience = seconds(60);

/// A TCP port of 127.0.0.1 that nobody has. (Between this and its use another process could take it; the engine's start
/// would say so.)
int free_port() {
  const int socket_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  int port = 0;
  if (bind(socket_fd, reinterpret_cast<sockaddr*>(&address), length) == 0 &&
      getsockname(socket_fd, reinterpret_cast<sockaddr*>(&address), &length) == 0) {
    port = ntohs(address.sin_port);
  }
  close(socket_fd);
  return port;
}

/// What the load generator counted.
struct Load {
  std::uint64_t answered = 0, failed = 0;
  std::string median, p99, slowest;  ///< seconds
  std::string report;                ///< its own words
};

/// hey's summary: "[200]\t29999 responses" lines, and an "Error distribution:" of "[3]\tGet …" lines.
Load parse_hey(const std::string& report) {
  Load load;
  load.report = report;
  bool errors = false;
  std::istringstream lines(report);
  for (std::string line; std::getline(lines, line);) {
    errors = errors || line.find("Error distribution") != std::string::npos;
    std::istringstream words(line);
    std::string first, second, third;
    words >> first >> second >> third;
    if (first == "Slowest:") load.slowest = second;
    if (first == "50%" && second == "in") load.median = third;
    if (first == "99%" && second == "in") load.p99 = third;
    const std::size_t open = line.find('[');
    const std::size_t close = line.find(']');
    if (open == std::string::npos || close == std::string::npos) continue;
    const std::string inside = line.substr(open + 1, close - open - 1);
    if (errors) {
      load.failed += std::strtoull(inside.c_str(), nullptr, 10);
    } else if (line.find(" responses") != std::string::npos) {
      const std::uint64_t count = std::strtoull(line.c_str() + close + 1, nullptr, 10);
      (inside.starts_with("2") ? load.answered : load.failed) += count;
    }
  }
  return load;
}

/// Requests at a steady rate, in the background.
class Traffic {
 public:
  Traffic(const std::string& url, int rate, int duration_seconds, const std::string& output) : output_(output) {
    constexpr int kWorkers = 50;
    const std::string rate_each = fmt::format("{}", rate / kWorkers), time = fmt::format("{}s", duration_seconds);
    pid_ = fork();
    if (pid_ != 0) return;
    const int out = open(output.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    dup2(out, STDOUT_FILENO);
    dup2(out, STDERR_FILENO);
    execlp("hey", "hey", "-z", time.c_str(), "-c", "50", "-q", rate_each.c_str(), url.c_str(), nullptr);
    _exit(127);
  }
  Result<Load> wait() {
    int status = 0;
    waitpid(pid_, &status, 0);
    std::ifstream file(output_);
    std::stringstream text;
    text << file.rdbuf();
    if (!WIFEXITED(status) || WEXITSTATUS(status) == 127) {
      return fail("NoLoadGenerator",
                  "hey is not installed; it comes with Debian's package hey (make demo installs it)");
    }
    Load load = parse_hey(text.str());
    if (load.answered == 0) return fail("NoTraffic", "no request was answered:\n" + text.str());
    return load;
  }

 private:
  int pid_ = 0;
  std::string output_;
};

class Story {
 public:
  explicit Story(const DemoOptions& options) : options_(options), start_(std::chrono::steady_clock::now()) {}

  Result<void> tell() {
    std::string pattern = (std::filesystem::temp_directory_path() / "scaleout-demo-XXXXXX").string();
    if (!mkdtemp(pattern.data())) return fail("NoDirectory", "cannot make a directory below " + pattern);
    directory_ = pattern;
    connection_.endpoint_url = fmt::format("http://127.0.0.1:{}", free_port());
    TRY(client::Settings settings, load_settings(connection_));
    settings_.emplace(std::move(settings));
    aws_.emplace(*settings_);
    const Result<void> told = chapters();
    say("taking it down");
    if (const auto gone = stack::down(*aws_, stack_, kPatience, progress); !gone) {
      say("warning: " + gone.error().message);
    }
    const auto ended = engine_answers(*settings_) ? end_engine(*settings_) : sweep_state(directory_ + "/state");
    if (!told) {
      std::cout << "What it left: " << directory_ << "\n";
      return told;
    }
    TRY_VOID(ended);
    std::filesystem::remove_all(directory_);
    return told;
  }

 private:
  Result<void> chapters() {
    TRY_VOID(start());
    stack_.tasks = 6;
    stack_.nodes = 3;
    say(fmt::format("up: {} tasks of http-api on {} nodes behind a load balancer", stack_.tasks, stack_.nodes));
    TRY_VOID(push_and_up());
    TRY_VOID(await_ready("healthy tasks"));
    TRY(url_, service_url(*aws_, stack_));
    TRY_VOID(show_answer());

    say(fmt::format("{} requests a second for {} seconds; meanwhile:", options_.rate, options_.seconds));
    const auto begin = std::chrono::steady_clock::now();
    Traffic traffic(url_ + "/api", options_.rate, options_.seconds, directory_ + "/load.txt");
    const auto at = [&](double part) {  // the load's own time decides, not how long a step took
      std::this_thread::sleep_until(begin + std::chrono::duration_cast<std::chrono::steady_clock::duration>(
                                                std::chrono::duration<double>(options_.seconds * part)));
    };
    at(0.10);
    TRY_VOID(kill_task());
    at(0.25);
    TRY_VOID(kill_task());
    at(0.40);
    TRY_VOID(kill_node());
    at(0.65);
    TRY_VOID(kill_engine());
    at(0.80);
    TRY_VOID(kill_task());
    TRY(const Load load, traffic.wait());
    TRY_VOID(await_ready("all tasks healthy again"));
    TRY_VOID(print_events());
    std::cout << fmt::format("\n{} requests answered, {} failed; median {} s, 99 % within {} s, slowest {} s.\n",
                             load.answered, load.failed, load.median, load.p99, load.slowest);
    if (load.failed > 0) {
      return fail("RequestsFailed", fmt::format("{} requests failed:\n{}", load.failed, load.report));
    }
    return {};
  }

  Result<void> start() {
    EngineOptions engine;
    engine.state = directory_ + "/state";
    engine.runtime = options_.runtime;
    engine.time_scale = options_.time_scale;
    TRY(engine_, start_engine(*settings_, engine));
    say(fmt::format("engine at {}, pid {}, time scale {}", connection_.endpoint_url, engine_.pid, options_.time_scale));
    return {};
  }

  Result<void> push_and_up() {
    PushOptions push;
    push.binary = http_api_binary();
    push.repository = stack_.repository;
    push.tag = stack_.version;
    TRY(const std::string digest, push_binary(*aws_, push));
    stack_.image = push.repository + ":" + push.tag;
    return stack::up(*aws_, stack_, progress);
  }

  Result<void> await_ready(const std::string& what) {
    TRY_VOID(stack::wait_until(
        [&]() -> Result<bool> {
          TRY(const stack::Readiness now, stack::readiness(*aws_, stack_));
          return now.ready();
        },
        kPatience, what));
    say(what);
    return {};
  }

  Result<void> show_answer() {
    TRY(const net::Endpoint endpoint, net::Endpoint::parse(url_));
    TRY(const net::Response answer, net::fetch(endpoint, {.target = "/api"}));
    std::cout << fmt::format("\n$ curl {}/api\n{}\n\n", url_, answer.body);
    if (answer.status != 200) return fail("BadAnswer", fmt::format("/api answered {}", answer.status));
    return {};
  }

  /// The RUNNING tasks by the instance below them.
  Result<std::map<std::string, std::vector<std::string>>> tasks_by_instance() {
    std::map<std::string, std::vector<std::string>> found;
    TRY(const auto list, aws_->call<ecs::ListTasks>({.cluster = stack_.cluster, .service_name = stack_.service}));
    const auto arns = list.task_arns.value_or(std::vector<std::string>());
    if (arns.empty()) return found;
    TRY(const auto tasks, aws_->call<ecs::DescribeTasks>({.cluster = stack_.cluster, .tasks = arns}));
    TRY(const auto nodes, aws_->call<ecs::ListContainerInstances>({.cluster = stack_.cluster}));
    TRY(const auto described, aws_->call<ecs::DescribeContainerInstances>(
                                  {.cluster = stack_.cluster, .container_instances = nodes.container_instance_arns}));
    std::map<std::string, std::string> instance_of;
    for (const auto& node : described.container_instances.value_or(std::vector<api::ecs::ContainerInstance>())) {
      instance_of[node.container_instance_arn.value_or("")] = node.ec2_instance_id.value_or("");
    }
    for (const auto& task : tasks.tasks.value_or(std::vector<api::ecs::Task>())) {
      if (task.last_status.value_or("") != "RUNNING") continue;
      const std::string arn = task.task_arn.value_or("");
      found[instance_of[task.container_instance_arn.value_or("")]].push_back(arn.substr(arn.rfind('/') + 1));
    }
    return found;
  }

  /// kill -9 of what the task runs, as a crash would.
  Result<void> kill_processes(const std::string& task) {
    const std::filesystem::path directory = std::filesystem::path(directory_) / "state" / "tasks" / task;
    int killed = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
      if (entry.path().filename() != drivers::process::kStatusFile) continue;
      const auto text = drivers::process::read_whole(entry.path().string());
      const auto status = drivers::process::decode_status(text.value_or(""));
      if (status.init_pid > 0 && !status.exited_ms && kill(status.init_pid, SIGKILL) == 0) ++killed;
    }
    if (killed == 0) return fail("NotKilled", "task " + task + " has no process to kill");
    return {};
  }

  Result<void> kill_task() {
    TRY(const auto tasks, tasks_by_instance());
    for (const auto& [instance, ids] : tasks) {
      if (ids.empty()) continue;
      say("kill -9 task " + ids.front());
      return kill_processes(ids.front());
    }
    return fail("NothingRuns", "no task runs");
  }

  /// The node with the fewest tasks: the service must live on without it.
  Result<void> kill_node() {
    TRY(const auto tasks, tasks_by_instance());
    std::string victim;
    for (const auto& [instance, ids] : tasks) {
      if (victim.empty() || ids.size() < tasks.at(victim).size()) victim = instance;
    }
    if (tasks.size() < 2) return fail("OneNode", "all tasks run on one node");
    say(fmt::format("kill -9 all {} tasks of node {}, and terminate it", tasks.at(victim).size(), victim));
    for (const std::string& task : tasks.at(victim)) TRY_VOID(kill_processes(task));
    TRY_VOID(aws_->call<api::ec2::op::TerminateInstances>({.instance_ids = std::vector{victim}}));
    return {};
  }

  Result<void> kill_engine() {
    say(fmt::format("kill -9 the engine, pid {}; nobody decides now, tasks and load balancer serve on", engine_.pid));
    kill(engine_.pid, SIGKILL);
    waitpid(engine_.pid, nullptr, 0);
    std::this_thread::sleep_for(seconds(2));  // the outage itself, not a wait for something
    TRY_VOID(start());
    return {};
  }

  Result<void> print_events() {
    TRY(const auto found,
        aws_->call<ecs::DescribeServices>({.cluster = stack_.cluster, .services = std::vector{stack_.service}}));
    std::cout << "\nThe service's event log:\n";
    auto events = found.services.value().at(0).events.value_or(std::vector<api::ecs::ServiceEvent>());
    for (auto event = events.rbegin(); event != events.rend(); ++event) {
      std::cout << "  " << to_iso8601(instant_from_ms(event->created_at->ms)) << " " << event->message.value_or("")
                << "\n";
    }
    return {};
  }

  void say(const std::string& text) const {
    const auto elapsed = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    std::cout << fmt::format("[{:5.1f} s] {}", elapsed, text) << std::endl;
  }

  DemoOptions options_;
  std::chrono::steady_clock::time_point start_;
  std::string directory_, url_;
  Connection connection_;
  std::optional<client::Settings> settings_;
  std::optional<client::AwsClient> aws_;
  stack::Options stack_;
  LocalEngine engine_;
};

}  // namespace

int run_demo(const DemoOptions& options) {
  Story story(options);
  const auto told = story.tell();
  return told ? kOk : report(told.error());
}

}  // namespace cmd
