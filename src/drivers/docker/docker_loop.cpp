#include "drivers/docker/docker_loop.h"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <chrono>

#include "base/crash_point.h"
#include "base/log.h"
#include "drivers/docker/container_config.h"
#include "drivers/docker/network_holder.h"
#include "drivers/files.h"
#include "drivers/restart.h"

namespace drivers::docker {
namespace fs = std::filesystem;

namespace {
constexpr int kPruneEvery = 32;
/// A daemon that does not end the stream of an ended container's output is not waited for longer.
constexpr Duration kOutputWait{3'000};

net::Endpoint endpoint_of(const std::string& daemon) {
  auto endpoint = parse_daemon(daemon);
  if (!endpoint) throw std::runtime_error(endpoint.error().message);
  return *std::move(endpoint);
}
}  // namespace

DockerDriver::Loop::Loop(DockerOptions options, const Clock& clock, Sink& sink)
    : options_([&options] {
        std::error_code error;
        fs::create_directories(options.state_directory / "docker", error);
        fs::create_directories(options.state_directory / "logs", error);
        options.state_directory = fs::canonical(options.state_directory);
        return std::move(options);
      }()),
      daemon_(endpoint_of(options_.daemon)),
      clock_(clock),
      sink_(sink),
      key_(state_key(options_.state_directory.native())),
      records_(options_.state_directory),
      logs_(options_.state_directory),
      cgroups_(options_.cgroup_root.empty() ? CgroupTree() : CgroupTree::detect(options_.cgroup_root, key_, CgroupTree::Owner::shared)),
      api_(loop_, daemon_) {
  records_.remember_daemon(options_.daemon);
  thread_ = std::thread([this] {
    // Signals are for the program's main thread; of our children (uploads) too.
    sigset_t all;
    sigfillset(&all);
    ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
    loop_.run();
  });
}

DockerDriver::Loop::~Loop() {
  post([this] { loop_.stop(); });  // after what was asked for before
  thread_.join();
}

DockerDriver::Loop::Found DockerDriver::Loop::find(const Ref& ref) {
  const auto task = tasks_.find(ref.task_id);
  if (task == tasks_.end()) return {};
  return {&task->second, &task->second.record.spec.containers[ref.index], &task->second.record.containers[ref.index],
          &task->second.containers[ref.index]};
}

DockerDriver::Loop::Task& DockerDriver::Loop::add_task(TaskRecord record) {
  Task& task = tasks_[record.spec.task_id];
  task.containers.resize(record.spec.containers.size());
  for (std::size_t i = 0; i < record.containers.size(); ++i) {
    const ContainerRecord& known = record.containers[i];
    Container& container = task.containers[i];
    container.phase = known.exited_ms != 0    ? Phase::exited
                      : known.started_ms != 0 ? Phase::running
                      : !known.id.empty()     ? Phase::created
                                              : Phase::waiting;
    container.log_done = container.phase == Phase::exited || is_holder(record.spec.containers[i]);
  }
  task.stopping = record.stopping || record.forgotten;
  task.record = std::move(record);
  return task;
}

void DockerDriver::Loop::save(const Task& task) {
  if (const auto saved = records_.save(task.record); !saved) log_warning("docker runtime: {}", saved.error().message);
}

void DockerDriver::Loop::start(const TaskSpec& spec) {
  if (tasks_.contains(spec.task_id)) return;
  bool safe = is_safe_name(spec.task_id) && is_safe_name(spec.node_id);
  for (const ContainerSpec& container : spec.containers) safe = safe && is_safe_name(container.name);
  TaskRecord record{with_holder(spec), {}};
  record.containers.resize(record.spec.containers.size());
  Result<void> possible =
      safe ? check_task(spec)
           : fail("InvalidSpec", "CannotCreateContainerError: a name in it is empty, too long, or has other characters than letters, digits, - and _");
  if (safe) {
    std::error_code error;
    fs::create_directories(logs_.of_task(spec.task_id), error);
    // Without its record the next engine would not know of the task while no daemon answers: then it is not begun.
    if (const auto saved = records_.save(record); !saved && possible)
      possible = fail("FileError", "CannotCreateContainerError: " + saved.error().message);
  }
  const std::size_t count = record.containers.size();
  add_task(std::move(record));
  crash_point("after_docker_record");
  if (possible) return advance(spec.task_id);
  for (std::size_t i = 0; i < count; ++i) never_ran({spec.task_id, i}, possible.error().message);
}

void DockerDriver::Loop::stop(const std::string& task_id) {
  const auto found = tasks_.find(task_id);
  if (found == tasks_.end()) return;
  Task& task = found->second;
  task.stopping = true;
  // The next engine must not take the end of a container that this stop ends for one to restart.
  const std::vector<ContainerSpec>& containers = task.record.spec.containers;
  const bool restarts = std::any_of(containers.begin(), containers.end(), [](const ContainerSpec& c) { return c.restart.has_value(); });
  if (restarts && !std::exchange(task.record.stopping, true)) save(task);
  advance(task_id);
}

void DockerDriver::Loop::forget(const std::string& task_id) {
  const auto found = tasks_.find(task_id);
  if (found == tasks_.end()) return;
  Task& task = found->second;
  task.record.forgotten = task.stopping = true;
  save(task);
  advance(task_id);
}

std::vector<ContainerProgress> DockerDriver::Loop::progress(const Task& task) {
  std::vector<ContainerProgress> all;
  for (std::size_t i = 0; i < task.containers.size(); ++i) {
    const ContainerRecord& known = task.record.containers[i];
    ContainerProgress& one = all.emplace_back();
    one.ended = task.containers[i].phase == Phase::exited;
    if (known.started_ms != 0) one.started_at = instant_from_ms(known.started_ms);
    one.exit_code = known.exit_code;
    one.health = known.health;
  }
  return all;
}

void DockerDriver::Loop::advance(const std::string& task_id) {
  const auto entry = tasks_.find(task_id);
  if (entry == tasks_.end()) return;
  Task& task = entry->second;
  if (task.record.forgotten) return remove_if_over(task_id);
  tend_holder(task);
  if (task.stopping) return advance_stop(task_id);
  // A container that never will start may decide about the next: until nothing moves.
  bool moved = true, waiting = false;
  while (moved) {
    moved = waiting = false;
    for (std::size_t i = 0; i < task.containers.size(); ++i) {
      Container& container = task.containers[i];
      if (container.busy) continue;
      if (container.phase == Phase::created && connected_) run({task_id, i});
      if (container.phase != Phase::waiting) continue;
      std::string reason;
      const Readiness now = readiness(task.record.spec, progress(task), i, clock_.now(), reason);
      if (now == Readiness::never) {
        const std::size_t holder = holder_of(task.record.spec);
        const bool no_network = holder < task.containers.size() && task.containers[holder].phase == Phase::exited;
        never_ran({task_id, i}, no_network ? task.record.containers[holder].reason : reason);
        moved = true;
      } else if (now == Readiness::wait) {
        waiting = true;
      } else if (connected_) {
        prepare({task_id, i});
      }
    }
  }
  if (waiting) waiting_tasks_.insert(task_id);
  else waiting_tasks_.erase(task_id);
  tend_holder(task);
  if (task.stopping) advance_stop(task_id);
}

void DockerDriver::Loop::tend_holder(Task& task) {
  const std::vector<ContainerSpec>& specs = task.record.spec.containers;
  const std::size_t holder = holder_of(task.record.spec);
  if (holder == specs.size()) return;
  bool running = false, all_ended = true;
  for (std::size_t i = 0; i < specs.size(); ++i) {
    if (i == holder) continue;
    running = running || task.containers[i].phase == Phase::running;
    all_ended = all_ended && task.containers[i].phase == Phase::exited;
  }
  const bool ended = task.containers[holder].phase == Phase::exited;
  // Nobody needs the network any more, or nobody has it any more: the rest is as if the task were stopped.
  if (ended && running && !task.stopping) task.network_lost = true;
  if (ended ? running : all_ended) task.stopping = true;
}

void DockerDriver::Loop::advance_stop(const std::string& task_id) {
  waiting_tasks_.erase(task_id);
  Task& task = tasks_.at(task_id);
  for (std::size_t i = 0; i < task.containers.size(); ++i) {
    const Container& container = task.containers[i];
    if (container.busy) continue;  // its answer brings us back here
    if (container.phase == Phase::waiting || container.phase == Phase::created) never_ran({task_id, i}, "");
  }
  if (!connected_) return;
  const std::vector<ContainerProgress> now = progress(task);
  for (std::size_t i = 0; i < task.containers.size(); ++i) {
    Container& container = task.containers[i];
    if (container.phase != Phase::running || container.busy || container.stop_sent || container.end || !may_stop(task.record.spec, now, i)) continue;
    send_stop({task_id, i});
  }
}

void DockerDriver::Loop::prepare(const Ref& ref) {
  const Found found = find(ref);
  found.container->busy = true;
  const Instant began = clock_.now();
  ensure_image(*found.spec, [this, ref, began](Result<ReadyImage> image) {
    const Found now = find(ref);
    if (!now) return;
    if (!image || now.task->stopping) {
      now.container->busy = false;
      if (!image && !now.task->stopping) never_ran(ref, "CannotPullContainerError: " + image.error().message);
      return advance(ref.task_id);
    }
    now.record->image_digest = image->digest;
    if (!std::exchange(now.container->pulled_told, true))
      tell(ContainerPulled{ref.task_id, now.spec->name, image->digest, began, clock_.now()});
    create(ref, image->reference);
  });
}

void DockerDriver::Loop::create(const Ref& ref, const std::string& image) {
  const Found found = find(ref);
  const TaskSpec& spec = found.task->record.spec;
  Placement placement{key_, image, {}, options_.log_limit};
  if (cgroup_parents_) {
    const double task_cores = options_.cores_per_vcpu * static_cast<double>(spec.cpu.value) / 1024.0;
    placement.cgroup_parent = cgroups_.make_task(spec, task_cores);
  }
  const std::string name = container_name(key_, ref.task_id, found.spec->name);
  crash_point("before_docker_create");
  api_.command("POST", "/containers/create?name=" + name, container_config(spec, *found.spec, placement),
               [this, ref](const Result<Answer>& answer) { created(ref, answer); });
}

void DockerDriver::Loop::created(const Ref& ref, const Result<Answer>& answer) {
  if (!answer) return lost(answer.error());
  crash_point("after_docker_create");
  const Found found = find(ref);
  found.container->busy = false;
  if (answer->status == 409) {
    // A dead engine, or a call whose answer was lost, has created it: the daemon tells how far it came.
    found.record->id = container_name(key_, ref.task_id, found.spec->name);
    found.container->busy = found.container->unconfirmed = true;
    return look(ref, true);
  }
  const boost::json::object body = answer->object();
  const boost::json::value* id = body.if_contains("Id");
  if (!answer->ok() || id == nullptr || !id->is_string()) {
    never_ran(ref, "CannotCreateContainerError: " + answer->message());
    return advance(ref.task_id);
  }
  found.record->id = std::string(id->as_string());
  found.container->phase = Phase::created;
  save(*found.task);
  advance(ref.task_id);
}

void DockerDriver::Loop::run(const Ref& ref) {
  const Found found = find(ref);
  found.container->busy = true;
  api_.command("POST", "/containers/" + found.record->id + "/start", {}, [this, ref](const Result<Answer>& answer) {
    if (!answer) return lost(answer.error());
    crash_point("after_docker_start");
    const Found now = find(ref);
    if (answer->ok()) return look(ref, true);
    now.container->busy = false;
    if (answer->status == 404) vanished(ref);
    else if (now.record->started_ms == 0) never_ran(ref, "CannotStartContainerError: " + answer->message());
    else look_after_failed_restart(ref, answer->message());
    advance(ref.task_id);
  });
}

bool DockerDriver::Loop::restart(const Ref& ref, const ContainerRecord& end) {
  const Found found = find(ref);
  const std::optional<RestartPolicy>& policy = found.spec->restart;
  if (!policy || found.task->stopping || found.task->record.forgotten || found.container->stop_sent || found.container->no_restart) return false;
  if (!may_restart(policy->period.count(), policy->ignored_exit_codes, end.exited_ms - found.record->run_ms, end.exit_code.value_or(0)))
    return false;
  if (found.container->busy || !connected_) return true;
  if (found.container->log_done) {
    run(ref);
    return true;
  }
  // First its last output: the stream's end brings us back here, and at the latest this.
  found.container->end_due = loop_.call_after(kOutputWait, [this, ref] {
    if (const Found now = find(ref); now && !now.container->end) now.container->log_done = true;
    look(ref, false);
  });
  return true;
}

void DockerDriver::Loop::look_after_failed_restart(const Ref& ref, const std::string& why) {
  const Found found = find(ref);
  log_warning("docker runtime: container {} of task {} cannot be started again: {}", found.spec->name, ref.task_id, why);
  found.container->no_restart = true;  // its end is one
  look(ref, false);
}

void DockerDriver::Loop::send_stop(const Ref& ref) {
  const Found found = find(ref);
  found.container->stop_sent = true;
  // The daemon sees to the whole stop, whether we live or not: its STOPSIGNAL (SIGTERM), the time-out, SIGKILL.
  const auto seconds_left = std::chrono::ceil<std::chrono::seconds>(found.spec->stop_timeout).count();
  api_.command("POST", fmt::format("/containers/{}/stop?t={}", found.record->id, seconds_left), {},
               [this, ref](const Result<Answer>& answer) {
                 if (!answer) return lost(answer.error());
                 const Found now = find(ref);
                 if (!now) return;
                 if (!answer->ok() && answer->status != 404) {
                   log_warning("docker runtime: container {} of task {} could not be stopped: {}", now.spec->name, ref.task_id, answer->message());
                   now.container->stop_sent = false;
                   waiting_tasks_.insert(ref.task_id);
                 }
                 look(ref, false);
               });
}

void DockerDriver::Loop::never_ran(const Ref& ref, std::string reason) {
  const Found found = find(ref);
  found.container->phase = Phase::exited;
  found.record->exited_ms = to_ms(clock_.now());
  found.record->reason = std::move(reason);
  if (is_safe_name(ref.task_id)) save(*found.task);
  if (!found.task->record.forgotten) tell(exited_event(*found.task, ref.index));
}

void DockerDriver::Loop::remove_if_over(const std::string& task_id) {
  waiting_tasks_.erase(task_id);
  if (!connected_) return;
  Task& task = tasks_.at(task_id);
  bool over = true;
  for (std::size_t i = 0; i < task.containers.size(); ++i) {
    over = over && !task.containers[i].busy && task.record.containers[i].id.empty();
    if (task.containers[i].busy || task.record.containers[i].id.empty()) continue;
    task.containers[i].busy = true;
    const Ref ref{task_id, i};
    api_.command("DELETE", "/containers/" + task.record.containers[i].id + "?force=1&v=1", {}, [this, ref](const Result<Answer>& answer) {
      if (!answer) return lost(answer.error());
      const Found now = find(ref);
      now.container->busy = false;
      if (answer->ok() || answer->status == 404) {
        now.record->id.clear();
        return advance(ref.task_id);
      }
      if (answer->status != 409)  // 409: the daemon is at it
        log_warning("docker runtime: container {} of task {} could not be removed: {}", now.spec->name, ref.task_id, answer->message());
      waiting_tasks_.insert(ref.task_id);
    });
  }
  if (over) removed(task_id);
}

void DockerDriver::Loop::removed(const std::string& task_id) {
  const auto found = tasks_.find(task_id);
  for (const ContainerSpec& container : found->second.record.spec.containers)
    for (const Mount& mount : container.mounts)
      if (mount.source.starts_with(task_volume_prefix(task_id)))
        api_.command("DELETE", "/volumes/" + url_encode(mount.source), {}, [](const Result<Answer>&) {});
  if (!cgroups_.remove_task(found->second.record.spec)) cgroups_to_remove_.push_back(found->second.record.spec);
  tasks_.erase(found);
  records_.remove(task_id);
  if (++forgotten_since_prune_ < kPruneEvery) return;
  forgotten_since_prune_ = 0;
  prune_logs();
}

void DockerDriver::Loop::prune_logs() {
  logs_.prune(options_.all_logs_limit, [this](const std::string& task_id) { return tasks_.contains(task_id); });
}

}  // namespace drivers::docker
