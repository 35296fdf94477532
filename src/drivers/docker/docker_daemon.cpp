// The driver's connection: it is made again and again, and each time everything is looked at before anything is done.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "base/log.h"
#include "drivers/docker/container_config.h"
#include "drivers/docker/docker_loop.h"
#include "drivers/docker/network_holder.h"
#include "drivers/spec_json.h"

namespace drivers::docker {
namespace json = boost::json;

namespace {
constexpr Duration kShortest{100}, kLongest{2'000};
/// An engine that starts without a daemon goes on after this, with what its records say.
constexpr Duration kAdoptPatience{5'000};
/// Events of this time before we listened are told again: none is missed between two connections.
constexpr std::int64_t kEventsBefore = 5;
constexpr std::size_t kLongestEvent = 4u << 20;

std::string text_at(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
}
const json::object* object_at(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_object() ? &value->as_object() : nullptr;
}
}  // namespace

std::optional<DockerDriver::Loop::Ref> DockerDriver::Loop::ref_of(const json::object& labels) const {
  if (text_at(labels, kStateLabel) != key_) return std::nullopt;
  const auto task = tasks_.find(text_at(labels, kTaskLabel));
  if (task == tasks_.end()) return std::nullopt;
  const std::string name = text_at(labels, kContainerLabel);
  const std::vector<ContainerSpec>& containers = task->second.record.spec.containers;
  for (std::size_t i = 0; i < containers.size(); ++i)
    if (containers[i].name == name) return Ref{task->first, i};
  return std::nullopt;
}

void DockerDriver::Loop::adopt(std::function<void(std::vector<Adopted>)> done) {
  for (TaskRecord& record : records_.find_all()) add_task(std::move(record));
  adopt_done_ = std::move(done);
  adopt_due_ = loop_.call_after(kAdoptPatience, [this] { answer_adopt(); });
  connect();
  tick();
}

void DockerDriver::Loop::answer_adopt_if_over() {
  if (!adopt_done_ || !connected_ || adopting_ > 0) return;
  for (const auto& [id, task] : tasks_)
    for (const Container& container : task.containers)
      if (container.end) return;  // its last output is being read
  answer_adopt();
}

void DockerDriver::Loop::answer_adopt() {
  adopt_due_.cancel();
  if (!connected_ && !tasks_.empty())
    log_warning("docker runtime: no daemon answers at {}; {} tasks are adopted as they were last seen", options_.daemon, tasks_.size());
  std::vector<Adopted> adopted;
  for (const auto& [id, task] : tasks_) {
    if (task.record.forgotten) continue;
    Adopted& one = adopted.emplace_back();
    one.spec = without_holder(task.record.spec);
    for (std::size_t i = 0; i < task.containers.size(); ++i) {
      if (is_holder(task.record.spec.containers[i])) continue;
      const ContainerRecord& known = task.record.containers[i];
      if (known.started_ms != 0) one.history.push_back(started_event(task, i));
      if (known.restarts > 0) one.history.push_back(restarted_event(task, i));
      if (!known.health.empty())
        one.history.push_back(ContainerHealthChanged{id, task.record.spec.containers[i].name, known.health, instant_from_ms(known.health_ms)});
      if (known.exited_ms != 0) one.history.push_back(exited_event(task, i));
    }
  }
  std::exchange(adopt_done_, nullptr)(std::move(adopted));
  prune_logs();
  // Only now: what the dead engine had begun goes on, and its events come after the answer.
  std::vector<std::string> ids;
  for (const auto& [id, task] : tasks_) ids.push_back(id);
  for (const std::string& id : ids) advance(id);
}

void DockerDriver::Loop::tick() {
  tick_due_ = loop_.call_after(options_.usage_interval, [this] { tick(); });
  if (connected_) sample_usage();
  const std::set<std::string> waiting = waiting_tasks_;
  for (const std::string& id : waiting) advance(id);
  std::erase_if(cgroups_to_remove_, [this](const TaskSpec& spec) { return cgroups_.remove_task(spec); });
}

void DockerDriver::Loop::connect() {
  api_.ping("/info", [this](const Result<Answer>& answer) {
    if (!answer) return lost(answer.error());
    if (!answer->ok()) return lost({"DaemonRefused", answer->message()});
    const std::string driver = text_at(answer->object(), "CgroupDriver");
    cgroup_parents_ = driver == "cgroupfs" && cgroups_.kind() != CgroupTree::Kind::none;
    if (!cgroup_parents_ && !options_.cgroup_root.empty() && !std::exchange(limits_told_, true))
      log_warning("docker runtime: nodes' and tasks' own limits are not enforced: the daemon's cgroup driver is {}{}", driver,
                  driver == "cgroupfs" ? ", and cgroups cannot be made here" : "; cgroupfs is needed (dockerd --exec-opt native.cgroupdriver=cgroupfs)");
    listen();
    look_at_all();
  });
}

void DockerDriver::Loop::listen() {
  const json::object filters{{"type", json::array{"container"}},
                             {"label", json::array{fmt::format("{}={}", kStateLabel, key_)}},
                             {"event", json::array{"start", "die", "destroy", "health_status"}}};
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const std::int64_t since = std::chrono::duration_cast<std::chrono::seconds>(now).count() - kEventsBefore;
  events_.clear();
  api_.cancel(events_call_);
  events_call_ = api_.stream("GET", fmt::format("/events?since={}&filters={}", since, url_encode(json::serialize(filters))),
              [this](std::string_view bytes) { take_events(bytes); },
              [this](const Result<Answer>& answer) {
                lost(answer ? Error{"ConnectionClosed", "the Docker daemon ended its stream of events"} : answer.error());
              });
}

void DockerDriver::Loop::take_events(std::string_view bytes) {
  events_.append(bytes);
  std::size_t at = 0;
  for (std::size_t end; (end = events_.find('\n', at)) != std::string::npos; at = end + 1) {
    json::error_code error;
    const json::value event = json::parse(std::string_view(events_).substr(at, end - at), error);
    if (error || !event.is_object()) continue;
    const json::object* actor = object_at(event.as_object(), "Actor");
    const json::object* labels = actor ? object_at(*actor, "Attributes") : nullptr;
    if (labels == nullptr) continue;
    if (const auto ref = ref_of(*labels)) look(*ref, false);
  }
  events_.erase(0, at);
  if (events_.size() > kLongestEvent) events_.clear();
}

void DockerDriver::Loop::look_at_all() {
  look_due_ = loop_.call_after(options_.look_interval, [this] { look_at_all(); });
  api_.ping("/containers/json?all=1&" + filter_of(key_), [this](const Result<Answer>& answer) {
    if (!answer) return lost(answer.error());
    if (!answer->ok()) return lost({"DaemonRefused", answer->message()});
    listed(answer->array());
  });
}

void DockerDriver::Loop::listed(const json::array& containers) {
  const bool first = !connected_;
  if (first && silent_) log_info("docker runtime: the daemon at {} answers again", options_.daemon);
  connected_ = true;
  silent_ = false;
  patience_ = kShortest;
  std::map<std::string, std::string> states;  // id -> running, exited…
  for (const json::value& item : containers) {
    if (!item.is_object()) continue;
    const json::object& container = item.as_object();
    const json::object* labels = object_at(container, "Labels");
    const std::string id = text_at(container, "Id");
    if (labels == nullptr || id.empty()) continue;
    states[id] = text_at(container, "State");
    if (!tasks_.contains(text_at(*labels, kTaskLabel))) take_stranger(id, *labels);
    if (const auto ref = ref_of(*labels))
      if (const Found found = find(*ref); found.record->id.empty() && !found.task->record.forgotten) found.record->id = id;
  }
  std::vector<std::string> ids;
  for (auto& [task_id, task] : tasks_) {
    ids.push_back(task_id);
    const bool from_labels = std::exchange(task.from_labels, false);
    for (std::size_t i = 0; i < task.containers.size(); ++i) {
      Container& container = task.containers[i];
      const ContainerRecord& known = task.record.containers[i];
      if (from_labels && known.id.empty()) never_ran({task_id, i}, "ContainerVanishedError: the container was removed from Docker by someone else");
      if (container.phase == Phase::exited || container.end || known.id.empty() || container.busy) continue;
      const auto state = states.find(known.id);
      const bool as_known = state != states.end() && state->second == (container.phase == Phase::running ? "running" : "created");
      if (!first && as_known) continue;
      container.busy = true;  // nothing is done before it is known where it is
      if (adopt_done_) ++adopting_;
      look({task_id, i}, true);
    }
  }
  if (adopt_done_) return answer_adopt_if_over();
  for (const std::string& id : ids) advance(id);
}

void DockerDriver::Loop::take_stranger(const std::string& id, const json::object& labels) {
  auto spec = spec_from_json(text_at(labels, kSpecLabel));
  if (adopt_done_ && spec && spec->task_id == text_at(labels, kTaskLabel)) {
    // Its record was lost, its labels have all of it. What of the task is not there any more will not be started again.
    TaskRecord record{*std::move(spec), {}};
    record.containers.resize(record.spec.containers.size());
    add_task(std::move(record)).from_labels = true;
    return;
  }
  api_.command("DELETE", "/containers/" + id + "?force=1&v=1", {}, [this, id](const Result<Answer>& answer) {
    if (!answer) return lost(answer.error());
    if (answer->ok()) log_warning("docker runtime: container {} belonged to no task of this engine and was removed", id);
  });
}

void DockerDriver::Loop::lost(const Error& error) {
  if (error.code == "Timeout") {
    // A question to a daemon that hangs: commands under way stay as they are, it is asked again.
    if (!std::exchange(silent_, true)) log_warning("docker runtime: {}; waiting for it", error.message);
    if (connected_) return;
    look_due_.cancel();
    connect_due_ = loop_.call_after(patience_, [this] { connect(); });
    return;
  }
  if (!std::exchange(silent_, true)) log_warning("docker runtime: the daemon is away: {}; waiting for it", error.message);
  connected_ = false;
  adopting_ = 0;
  api_.drop_all();
  images_.clear();
  uploads_.clear();
  look_due_.cancel();
  for (auto& [id, task] : tasks_)
    for (Container& container : task.containers) {
      container.busy = container.stop_sent = container.asking_usage = container.log_open = false;
      container.log.reset();
    }
  connect_due_ = loop_.call_after(patience_, [this] { connect(); });
  patience_ = std::min(patience_ * 2, kLongest);
}

}  // namespace drivers::docker
