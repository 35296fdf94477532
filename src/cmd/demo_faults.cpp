// `scaleout demo --faults`: steady traffic while tasks, a node and the engine are killed. Not one request may fail.
#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>

#include <filesystem>
#include <iostream>
#include <map>

#include "api/ec2.h"
#include "api/ecs.h"
#include "cmd/demo_load.h"
#include "cmd/demo_site.h"
#include "drivers/docker/docker_driver.h"
#include "drivers/files.h"
#include "drivers/process/container_files.h"
#include "load/rendering.h"

namespace cmd {

namespace {

namespace ecs = api::ecs::op;

constexpr int kSeconds = 30;  // of load

class FaultStory {
 public:
  FaultStory(const DemoOptions& options, const DemoInterruption& interruption)
      : options_(options), site_(options, interruption) {}

  Result<void> tell() {
    TRY_VOID(site_.open());
    return site_.close(chapters());
  }

 private:
  Result<void> chapters() {
    TRY_VOID(site_.start_engine());
    site_.stack.tasks = 6;
    site_.stack.nodes = 3;
    site_.stack.autoscaling = false;
    site_.say("up: 6 tasks of http-api on 3 nodes behind a load balancer");
    TRY_VOID(site_.bring_up());

    site_.say(fmt::format("{} requests a second for {} seconds; meanwhile:", options_.rate, kSeconds));
    const auto begin = std::chrono::steady_clock::now();
    TRY(DemoLoad load, DemoLoad::start(site_.url() + "/api", fmt::format("{}:{}s", options_.rate, kSeconds)));
    const auto at = [&](double part) {  // the load's own time decides, not how long a step took
      return site_.pause_until(begin + std::chrono::duration_cast<std::chrono::steady_clock::duration>(
                                           std::chrono::duration<double>(kSeconds * part)));
    };
    TRY_VOID(at(0.10));
    TRY_VOID(kill_task());
    TRY_VOID(at(0.25));
    TRY_VOID(kill_task());
    TRY_VOID(at(0.40));
    TRY_VOID(kill_node());
    TRY_VOID(at(0.65));
    TRY_VOID(kill_engine());
    TRY_VOID(at(0.80));
    TRY_VOID(kill_task());
    while (!load.ended()) TRY_VOID(site_.pause(milliseconds(100)));
    TRY(const load::Outcome outcome, load.wait());
    TRY_VOID(site_.await_ready("all tasks healthy again"));
    TRY_VOID(print_service_events(site_));
    std::cout << "\n" << load::outcome_text(outcome);
    TRY_VOID(none_failed(outcome));
    warn_if_saturated(site_, outcome);
    return load_kept(outcome);
  }

  /// The RUNNING tasks by the instance below them.
  Result<std::map<std::string, std::vector<std::string>>> tasks_by_instance() {
    std::map<std::string, std::vector<std::string>> found;
    TRY(const auto list, site_.aws().call<ecs::ListTasks>({.cluster = site_.stack.cluster, .service_name = site_.stack.service}));
    const auto arns = list.task_arns.value_or(std::vector<std::string>());
    if (arns.empty()) return found;
    TRY(const auto tasks, site_.aws().call<ecs::DescribeTasks>({.cluster = site_.stack.cluster, .tasks = arns}));
    TRY(const auto nodes, site_.aws().call<ecs::ListContainerInstances>({.cluster = site_.stack.cluster}));
    TRY(const auto described, site_.aws().call<ecs::DescribeContainerInstances>(
                                  {.cluster = site_.stack.cluster, .container_instances = nodes.container_instance_arns}));
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
    const std::filesystem::path state = std::filesystem::path(site_.directory()) / "state";
    int killed = 0;
    if (options_.runtime == "docker") {
      TRY(killed, drivers::docker::kill_task(state, task));
      if (killed == 0) return fail("NotKilled", "task " + task + " has no container to kill");
      return {};
    }
    const std::filesystem::path directory = state / "tasks" / task;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
      if (entry.path().filename() != drivers::process::kStatusFile) continue;
      const auto text = drivers::read_whole(entry.path().string());
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
      site_.say("kill -9 task " + ids.front());
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
    site_.say(fmt::format("kill -9 all {} tasks of node {}, and terminate it", tasks.at(victim).size(), victim));
    for (const std::string& task : tasks.at(victim)) TRY_VOID(kill_processes(task));
    TRY_VOID(site_.aws().call<api::ec2::op::TerminateInstances>({.instance_ids = std::vector{victim}}));
    return {};
  }

  Result<void> kill_engine() {
    site_.say(fmt::format("kill -9 the engine, pid {}; nobody decides now, tasks and load balancer serve on", site_.engine().pid));
    kill(site_.engine().pid, SIGKILL);
    waitpid(site_.engine().pid, nullptr, 0);
    TRY_VOID(site_.pause(seconds(2)));  // the outage itself, not a wait for something
    return site_.start_engine();
  }

  DemoOptions options_;
  DemoSite site_;
};

}  // namespace

Result<void> demo_faults(const DemoOptions& options, const DemoInterruption& interruption) {
  return FaultStory(options, interruption).tell();
}

}  // namespace cmd
