// What the daemon says of a container becomes what we know of it, and what the engine is told.
#include <fmt/format.h>

#include "base/crash_point.h"
#include "base/log.h"
#include "drivers/docker/docker_loop.h"
#include "drivers/docker/network_holder.h"

namespace drivers::docker {
namespace json = boost::json;

namespace {
constexpr int kKilled = 137;
/// The kernel's word that memory ran out may come after the exit.
constexpr Duration kCauseWait{200};
/// An exit is told when the container's last output is in its file; a daemon that does not end the stream is not waited for.
constexpr Duration kOutputWait{3'000};

const json::object& object_at(const json::object& object, std::string_view key) {
  static const json::object none;
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_object() ? value->as_object() : none;
}
std::string text_at(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
}
std::uint64_t number_at(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  if (value == nullptr || !value->is_number()) return 0;
  json::error_code error;
  const auto number = value->to_number<std::uint64_t>(error);
  return error ? 0 : number;
}
bool flag_at(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_bool() && value->as_bool();
}

/// In the first of its networks; newer daemons name it there alone.
std::string address_in(const json::object& settings) {
  for (const auto& [name, network] : object_at(settings, "Networks")) {
    const std::string address = network.is_object() ? text_at(network.as_object(), "IPAddress") : "";
    if (!address.empty()) return address;
  }
  return text_at(settings, "IPAddress");
}
}  // namespace

void DockerDriver::Loop::tell(Event event) {
  // The holder of a task's network is none of the engine's containers; what happens before adopt() has answered is in its answer.
  const bool of_holder = std::visit([](const auto& one) { return one.container == kHolderName; }, event);
  if (!adopt_done_ && !of_holder) sink_.on_event(std::move(event));
}

void DockerDriver::Loop::look(const Ref& ref, bool releases) {
  const Found found = find(ref);
  if (!found || found.record->id.empty()) return;
  api_.ask("/containers/" + found.record->id + "/json", [this, ref, releases](const Result<Answer>& answer) {
    if (!answer) return lost(answer.error());
    const Found now = find(ref);
    if (!now) return;
    if (releases) {
      now.container->busy = false;
      adopting_ = std::max(adopting_ - 1, 0);
    }
    if (answer->ok()) observe(ref, answer->object());
    else if (answer->status == 404) vanished(ref);
    else log_warning("docker runtime: container {} of task {}: {}", now.spec->name, ref.task_id, answer->message());
    if (adopt_done_) answer_adopt_if_over();
    else advance(ref.task_id);
  });
}

void DockerDriver::Loop::observe(const Ref& ref, const json::object& inspected) {
  const Found found = find(ref);
  if (found.container->phase == Phase::exited || found.container->end) return;
  const json::object& state = object_at(inspected, "State");
  const std::string status = text_at(state, "Status");
  if (status.empty()) return;
  found.container->unconfirmed = false;
  if (const std::string id = text_at(inspected, "Id"); found.record->id != id) {
    found.record->id = id;
    save(*found.task);
  }
  const std::int64_t started = parse_docker_time(text_at(state, "StartedAt"));
  if (started == 0) {
    found.container->phase = Phase::created;
    const std::string error = text_at(state, "Error");
    if (!error.empty()) never_ran(ref, "CannotStartContainerError: " + error);  // its start was answered to a dead engine
    return;
  }
  found.container->phase = Phase::running;
  if (started < found.record->run_ms) return;  // an answer of before its restart
  if (found.record->started_ms == 0) {
    found.record->started_ms = found.record->run_ms = started;
    found.record->address = address_in(object_at(inspected, "NetworkSettings"));
    save(*found.task);
    tell(started_event(*found.task, ref.index));
  } else if (started > found.record->run_ms) {
    found.record->address = address_in(object_at(inspected, "NetworkSettings"));
    restarted(ref, started);
  }
  if (!found.container->log_open && !found.container->log_done) open_log(ref);
  if (status != "running" && status != "paused" && status != "restarting") return observe_exit(ref, state);
  const std::string word = text_at(object_at(state, "Health"), "Status");
  const std::string health = word == "healthy" ? "HEALTHY" : word == "unhealthy" ? "UNHEALTHY" : "";
  if (health.empty() || health == found.record->health) return;
  found.record->health = health;
  found.record->health_ms = to_ms(clock_.now());
  save(*found.task);
  tell(ContainerHealthChanged{ref.task_id, found.spec->name, health, instant_from_ms(found.record->health_ms)});
}

void DockerDriver::Loop::restarted(const Ref& ref, std::int64_t at) {
  const Found found = find(ref);
  found.record->run_ms = at;
  ++found.record->restarts;
  found.record->health.clear();
  found.container->cpu_ns = 0;
  found.container->looked_again = false;
  found.container->end_due.cancel();
  found.container->log_open = found.container->log_done = false;  // its output goes on, from the line where it ended
  save(*found.task);
  tell(restarted_event(*found.task, ref.index));
}

void DockerDriver::Loop::observe_exit(const Ref& ref, const json::object& state) {
  const Found found = find(ref);
  ContainerRecord end = *found.record;
  end.exit_code = static_cast<int>(number_at(state, "ExitCode"));
  end.exited_ms = std::max(parse_docker_time(text_at(state, "FinishedAt")), end.started_ms);
  const bool out_of_memory = flag_at(state, "OOMKilled");
  if (end.exit_code == kKilled && !out_of_memory && found.spec->memory && !found.container->stop_sent &&
      !std::exchange(found.container->looked_again, true)) {
    found.container->end_due = loop_.call_after(kCauseWait, [this, ref] { look(ref, false); });
    return;
  }
  if (restart(ref, end)) return;
  if (out_of_memory) end.reason = "OutOfMemoryError: Container killed due to memory usage";
  else if (const std::string error = text_at(state, "Error"); !error.empty()) end.reason = "ContainerRuntimeError: " + error;
  else if (found.task->network_lost) end.reason = "ContainerVanishedError: the container that held the task's network was ended by someone else";
  found.container->end = std::move(end);
  if (found.container->log_done) return finish_exit(ref);
  found.container->end_due = loop_.call_after(kOutputWait, [this, ref] { finish_exit(ref); });
}

void DockerDriver::Loop::finish_exit(const Ref& ref) {
  const Found found = find(ref);
  if (!found || !found.container->end) return;
  *found.record = *std::exchange(found.container->end, std::nullopt);
  found.container->phase = Phase::exited;
  found.container->end_due.cancel();
  found.container->log_done = true;
  save(*found.task);
  crash_point("after_docker_exit");
  if (!found.task->record.forgotten) tell(exited_event(*found.task, ref.index));
  if (adopt_done_) answer_adopt_if_over();
  else advance(ref.task_id);
}

void DockerDriver::Loop::vanished(const Ref& ref) {
  const Found found = find(ref);
  if (found.container->phase == Phase::exited || found.container->end) return;
  if (found.container->unconfirmed) {
    // Another's creating it was given up after all: it is ours to create.
    found.container->unconfirmed = false;
    found.container->phase = Phase::waiting;
    found.record->id.clear();
    return;
  }
  const char* const reason = "ContainerVanishedError: the container was removed from Docker by someone else";
  found.record->id.clear();
  if (found.record->started_ms == 0) return never_ran(ref, reason);
  ContainerRecord end = *found.record;
  end.exit_code = kKilled;
  end.exited_ms = std::max(to_ms(clock_.now()), end.started_ms);
  end.reason = reason;
  found.container->end = std::move(end);
  finish_exit(ref);
}

void DockerDriver::Loop::open_log(const Ref& ref) {
  const Found found = find(ref);
  std::error_code ignored;
  std::filesystem::create_directories(logs_.of_task(ref.task_id), ignored);
  if (!found.container->log)
    found.container->log = std::make_unique<LogStream>(logs_.file(ref.task_id, found.spec->name), options_.log_limit);
  found.container->log_open = true;
  const std::string& since = found.container->log->since();
  api_.stream("GET",
              fmt::format("/containers/{}/logs?follow=1&stdout=1&stderr=1&timestamps=1{}{}", found.record->id, since.empty() ? "" : "&", since),
              [this, ref](std::string_view bytes) {
                if (const Found now = find(ref); now && now.container->log) now.container->log->take(bytes);
              },
              [this, ref](const Result<Answer>& answer) {
                if (!answer) return lost(answer.error());
                // The stream ends with the container, also where it cannot be read (a daemon without logs).
                const Found now = find(ref);
                if (!now) return;
                now.container->log_done = true;
                now.container->log.reset();
                if (now.container->end) finish_exit(ref);
                else look(ref, false);
              });
}

void DockerDriver::Loop::sample_usage() {
  for (auto& [task_id, task] : tasks_) {
    for (std::size_t i = 0; i < task.containers.size(); ++i) {
      Container& container = task.containers[i];
      if (container.phase != Phase::running || container.end || is_holder(task.record.spec.containers[i]) || std::exchange(container.asking_usage, true)) continue;
      const Ref ref{task_id, i};
      api_.ask("/containers/" + task.record.containers[i].id + "/stats?stream=false&one-shot=true", [this, ref](const Result<Answer>& answer) {
        if (!answer) return lost(answer.error());
        const Found now = find(ref);
        if (!now) return;
        now.container->asking_usage = false;
        if (answer->ok() && now.container->phase == Phase::running) tell_usage(ref, answer->object());
      });
    }
  }
}

void DockerDriver::Loop::tell_usage(const Ref& ref, const json::object& stats) {
  const Found found = find(ref);
  Usage usage{ref.task_id, found.spec->name, found.task->record.spec.node_id, clock_.now(), 0, 0, 0, 0};
  usage.cpu_ns = number_at(object_at(object_at(stats, "cpu_stats"), "cpu_usage"), "total_usage");
  // Of a container that is just ending the daemon has no numbers any more.
  if (usage.cpu_ns == 0 || usage.cpu_ns < found.container->cpu_ns) return;
  found.container->cpu_ns = usage.cpu_ns;
  // Working set: without the page cache that can go at any time (cgroup v1's and v2's name of it).
  const json::object& memory = object_at(stats, "memory_stats");
  const json::object& detail = object_at(memory, "stats");
  const std::uint64_t used = number_at(memory, "usage");
  const std::uint64_t inactive = number_at(detail, detail.contains("total_inactive_file") ? "total_inactive_file" : "inactive_file");
  usage.memory_bytes = used - std::min(inactive, used);
  for (const auto& [name, network] : object_at(stats, "networks")) {
    if (!network.is_object()) continue;
    usage.network_rx_bytes += number_at(network.as_object(), "rx_bytes");
    usage.network_tx_bytes += number_at(network.as_object(), "tx_bytes");
  }
  tell(std::move(usage));
}

Event DockerDriver::Loop::started_event(const Task& task, std::size_t index) const {
  const ContainerRecord& known = task.record.containers[index];
  return ContainerStarted{task.record.spec.task_id, task.record.spec.containers[index].name, known.id, instant_from_ms(known.started_ms),
                          known.address};
}

Event DockerDriver::Loop::restarted_event(const Task& task, std::size_t index) const {
  const ContainerRecord& known = task.record.containers[index];
  return ContainerRestarted{task.record.spec.task_id, task.record.spec.containers[index].name, known.restarts, instant_from_ms(known.run_ms)};
}

Event DockerDriver::Loop::exited_event(const Task& task, std::size_t index) const {
  const ContainerRecord& known = task.record.containers[index];
  return ContainerExited{task.record.spec.task_id, task.record.spec.containers[index].name, known.exit_code, known.reason,
                         instant_from_ms(known.exited_ms)};
}

}  // namespace drivers::docker
