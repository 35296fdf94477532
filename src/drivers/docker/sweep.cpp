// `scaleout down`: ends what a state directory's containers left running, without an engine.
#include <fmt/format.h>

#include <chrono>
#include <thread>

#include "drivers/cgroup.h"
#include "drivers/docker/container_config.h"
#include "drivers/docker/docker_driver.h"
#include "drivers/docker/engine_api.h"
#include "drivers/docker/task_record.h"
#include "drivers/files.h"

namespace drivers::docker {
namespace fs = std::filesystem;

namespace {
/// All calls at once, each waited for.
class Sweeper {
 public:
  explicit Sweeper(const net::Endpoint& daemon) : api_(loop_, daemon) {}

  /// Of a task, or of all.
  Result<std::vector<std::string>> ids(const std::string& key, const std::string& task_id = {}) {
    std::vector<std::string> found;
    Result<Answer> listed = fail("Timeout", "the Docker daemon does not answer");
    bool done = false;
    api_.ping("/containers/json?all=1&" + filter_of(key, task_id), [&](Result<Answer> answer) {
      listed = std::move(answer);
      done = true;
    });
    loop_.run_until([&] { return done; }, std::chrono::minutes(1));
    if (!listed) return tl::unexpected(listed.error());
    if (!listed->ok()) return fail("DaemonRefused", listed->message());
    for (const boost::json::value& item : listed->array())
      if (const auto* id = item.is_object() ? item.as_object().if_contains("Id") : nullptr; id != nullptr && id->is_string())
        found.emplace_back(id->as_string());
    return found;
  }

  void all(const std::vector<std::string>& ids, const char* method, const std::string& tail, std::chrono::milliseconds most) {
    std::size_t left = ids.size();
    for (const std::string& id : ids) api_.command(method, "/containers/" + id + tail, {}, [&left](const Result<Answer>&) { --left; });
    loop_.run_until([&] { return left == 0; }, most);
    api_.drop_all();
  }

 private:
  net::EventLoop loop_;
  EngineApi api_;
};
}  // namespace

Result<void> sweep(const fs::path& state_directory, Duration grace, const fs::path& cgroup_root) {
  std::error_code error;
  const fs::path state = fs::canonical(state_directory, error);
  const TaskRecords records(state);
  const auto url = records.daemon();
  if (error || !url) return {};
  TRY(const net::Endpoint daemon, parse_daemon(*url));
  const std::string key = state_key(state.native());
  Sweeper sweeper(daemon);
  TRY(const std::vector<std::string> running, sweeper.ids(key));
  const auto patience = std::chrono::ceil<std::chrono::seconds>(grace);
  constexpr std::chrono::seconds kBeyond{20};  // SIGKILL, and what the daemon does after it
  constexpr int kRemovals = 50;
  constexpr std::chrono::milliseconds kBetweenRemovals{100};
  sweeper.all(running, "POST", fmt::format("/stop?t={}", patience.count()), patience + kBeyond);
  // One that an engine was removing when it ended answers 409, and is gone a moment later.
  std::vector<std::string> left = running;
  for (int tries = 0; !left.empty() && tries < kRemovals; ++tries) {
    if (tries > 0) std::this_thread::sleep_for(kBetweenRemovals);
    sweeper.all(left, "DELETE", "?force=1&v=1", kBeyond);
    TRY(left, sweeper.ids(key));
  }
  if (!left.empty()) return fail("LeftBehind", fmt::format("{} containers could not be removed from Docker, {} among them", left.size(), left.front()));
  if (!cgroup_root.empty()) CgroupTree::detect(cgroup_root, key, CgroupTree::Owner::shared).remove_all();
  fs::remove_all(records.directory(), error);
  return {};
}

Result<int> kill_task(const fs::path& state_directory, const std::string& task_id) {
  std::error_code error;
  const fs::path state = fs::canonical(state_directory, error);
  const auto url = TaskRecords(state).daemon();
  if (error || !url) return 0;
  TRY(const net::Endpoint daemon, parse_daemon(*url));
  Sweeper sweeper(daemon);
  TRY(const std::vector<std::string> ids, sweeper.ids(state_key(state.native()), task_id));
  sweeper.all(ids, "POST", "/kill", std::chrono::seconds(20));
  return static_cast<int>(ids.size());
}

}  // namespace drivers::docker
