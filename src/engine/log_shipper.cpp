#include "engine/log_shipper.h"

#include <algorithm>
#include <utility>

#include "base/arn.h"

namespace engine {

namespace {

// A pump of these takes some milliseconds of the owner thread.
constexpr std::size_t kBytesOfOne = 128 * 1024;
constexpr std::size_t kBytesOfAll = 1024 * 1024;
// What may wait for the log store's disk.
constexpr std::size_t kBytesWaiting = 8 * 1024 * 1024;

std::string option(const model::ContainerDefinition& container, const std::string& name) {
  const auto found = container.log_options.find(name);
  return found == container.log_options.end() ? std::string() : found->second;
}

}  // namespace

LogShipper::LogShipper(state::State& state, state::LogStore& logs, const drivers::Driver& driver)
    : state_(state), logs_(logs), driver_(driver) {
  state_.tasks.observe(*this);
}

void LogShipper::follow(const std::string& task_id) {
  const model::Task* task = state_.tasks.find(task_id);
  // Of a task whose record is gone, the rest of its files is still carried.
  const bool ended = !task || task->stopped();
  for (auto at = outputs_.lower_bound(task_id + " "); at != outputs_.end() && at->second.task_id == task_id; ++at) {
    at->second.ended = ended;
  }
  if (!task || task->last_status == "PROVISIONING") return;
  const model::TaskDefinition* definition =
      state_.task_definitions.find(model::TaskDefinition::key_of(task->task_definition_arn));
  if (!definition) return;
  for (const model::ContainerDefinition& container : definition->containers) {
    if (container.log_driver != "awslogs") continue;
    const std::string key = task_id + " " + container.name;
    if (outputs_.contains(key)) continue;
    const auto record = std::ranges::find(task->containers, container.name, &model::Container::name);
    Output output{.task_id = task_id, .container = container.name, .group = option(container, "awslogs-group"),
                  .stream = {}, .create_group_arn = {}, .ended = ended, .reader = nullptr};
    if (const auto arn = Arn::parse(task->arn); arn && option(container, "awslogs-create-group") == "true") {
      output.create_group_arn = make_arn({arn->account, arn->region}, "logs", "log-group:" + output.group);
    }
    const std::string prefix = option(container, "awslogs-stream-prefix");
    if (!prefix.empty()) {
      output.stream = prefix + "/" + container.name + "/" + task_id;
    } else if (record != task->containers.end()) {
      output.stream = record->runtime_id.empty() ? record->id : record->runtime_id;  // as the awslogs driver names it
    }
    if (output.group.empty() || output.stream.empty()) continue;
    outputs_.emplace(key, std::move(output));
  }
}

bool LogShipper::find_file(Output& output) {
  if (output.reader) return true;
  for (const drivers::LogFile& file : driver_.log_files(output.task_id)) {
    if (file.container != output.container) continue;
    output.reader = std::make_unique<LogFileReader>(file.path);
    const auto times = logs_.times(output.group, output.stream);
    if (!times) return true;
    output.stored_until_ms = times->last_ms;
    state::LogRead query;
    query.group = output.group;
    query.streams = {output.stream};
    query.start_ms = times->last_ms;
    for (bool more = true; more;) {
      const state::LogPage page = logs_.read(query);
      output.stored_at_that_ms += page.events.size();
      query.after = page.reached;
      more = page.more && page.reached.has_value();
    }
    return true;
  }
  return false;
}

bool LogShipper::have_stream(const Output& output, Instant now) {
  if (state_.log_streams.find(output.group + ":" + output.stream)) return true;
  const model::LogGroup* group = state_.log_groups.find(output.group);
  // Without its group the output waits in the file: whoever makes the group gets it.
  if (!group && output.create_group_arn.empty()) return false;
  if (!group) {
    state_.log_groups.put({.name = output.group, .arn = output.create_group_arn, .created_at = now});
    group = state_.log_groups.find(output.group);
  }
  state_.log_streams.put({.group = output.group,
                          .name = output.stream,
                          .arn = group->arn + ":log-stream:" + output.stream,
                          .created_at = now});
  state_.store.commit();
  return true;
}

std::size_t LogShipper::carry(Output& output, Instant now) {
  std::vector<state::LogEvent> events;
  const std::size_t bytes = output.reader->read(kBytesOfOne, [&](Instant at, std::string message) {
    if (message.empty()) return;  // CloudWatch has no empty events
    const std::int64_t ms = to_ms(at);
    if (ms < output.stored_until_ms) return;
    if (ms == output.stored_until_ms && output.stored_at_that_ms > 0) {
      --output.stored_at_that_ms;
      return;
    }
    events.push_back({ms, std::move(message)});
  });
  if (events.empty()) return bytes;
  std::size_t size = 0;
  for (const state::LogEvent& event : events) size += sizeof event + event.message.size();
  *waiting_ += size;
  const auto number =
      logs_.append(output.group, output.stream, std::move(events), now, state::LogDurability::task_output);
  logs_.when_durable(number, [waiting = waiting_, size](const Result<void>&) { *waiting -= size; });
  return bytes;
}

bool LogShipper::pump(Instant now) {
  for (const std::string& id : std::exchange(changed_, {})) follow(id);
  if (outputs_.empty() || *waiting_ >= kBytesWaiting) return false;
  std::size_t left = kBytesOfAll;
  bool more = false;
  auto at = outputs_.upper_bound(last_served_);
  for (std::size_t count = outputs_.size(); count > 0 && left > 0; --count) {
    if (at == outputs_.end()) at = outputs_.begin();
    Output& output = at->second;
    last_served_ = at->first;
    const bool ended = output.ended;
    std::size_t bytes = 0;
    if (find_file(output) && have_stream(output, now)) bytes = carry(output, now);
    left -= std::min(left, bytes);
    more = more || bytes > 0;
    at = ended && bytes == 0 ? outputs_.erase(at) : std::next(at);
  }
  return more;
}

}  // namespace engine
