// Carries what tasks print from their drivers' log files to the Logs API, for containers whose definition says awslogs.
// Owned by the wiring (cmd), which calls pump() on the thread that owns the state.
//
// What always holds: each line arrives once, also when the engine is killed. No offset is stored for that: what the log
// store holds of a stream says how far its file was carried, so the two can never disagree. A pump is short; a task's
// file is read to its end after the task ended. While much waits for the log store nothing is read: the files, which
// drivers bound, are the buffer. (What a task prints while the system's clock is set back may be missed if
// the engine is killed before the clock has caught up.)
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/time.h"
#include "drivers/driver.h"
#include "engine/log_file_reader.h"
#include "state/log_store.h"
#include "state/state.h"

namespace engine {

class LogShipper final : private state::Table<model::Task>::Observer {
 public:
  /// All outlive the shipper, and the shipper the state's last change.
  LogShipper(state::State& state, state::LogStore& logs, const drivers::Driver& driver);

  /// Carries some lines; true when there may be more at once.
  bool pump(Instant now);
  /// Whether a task is there whose output is to be carried: pump each kInterval.
  bool has_work() const { return !changed_.empty() || !outputs_.empty(); }

  static constexpr Duration kInterval{200};

 private:
  /// Of one container.
  struct Output {
    std::string task_id, container, group, stream;
    std::string create_group_arn;  ///< of awslogs-create-group; empty: the group must be there
    bool creates_group = false;
    bool ended = false;    ///< its task has stopped: gone after the end of its file
    std::unique_ptr<LogFileReader> reader;  ///< once the file is there
    // What the store held when the file was found: these come first in the file, and are not sent again.
    std::int64_t stored_until_ms = 0;
    std::size_t stored_at_that_ms = 0;
  };

  void added(const model::Task& task) override { changed_.insert(task.id); }
  void removed(const model::Task& task) override { changed_.insert(task.id); }
  void follow(const std::string& task_id);
  bool find_file(Output& output);
  bool have_stream(const Output& output, Instant now);
  std::size_t carry(Output& output, Instant now);

  state::State& state_;
  state::LogStore& logs_;
  const drivers::Driver& driver_;
  std::set<std::string> changed_;            ///< tasks to look at
  std::map<std::string, Output> outputs_;    ///< "task container"
  /// Bytes that the log store has not written yet; its answers may outlive us.
  std::shared_ptr<std::size_t> waiting_ = std::make_shared<std::size_t>(0);
  std::string last_served_;                  ///< so that a chatty task does not starve the others
};

}  // namespace engine
