#include "drivers/process/task_directory.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/log.h"
#include "drivers/files.h"
#include "drivers/spec_json.h"

namespace drivers::process {
namespace fs = std::filesystem;

namespace {
/// overlayfs leaves a directory without any permission in the work directory; an ordinary user must open it first.
void remove_tree(const fs::path& path) {
  std::error_code error;
  fs::remove_all(path, error);
  if (!error) return;
  for (auto at = fs::recursive_directory_iterator(path, fs::directory_options::skip_permission_denied, error);
       !error && at != fs::recursive_directory_iterator(); at.increment(error))
    if (at->symlink_status(error).type() == fs::file_type::directory) ::chmod(at->path().c_str(), 0700);
  fs::remove_all(path, error);
  if (error) log_warning("cannot remove {}: {}", path.string(), error.message());
}
}  // namespace

Result<void> TaskDirectories::create(const TaskSpec& spec, const std::string& boot_id) const {
  const fs::path final_path = task(spec.task_id);
  std::error_code error;
  if (fs::exists(final_path / "spec.json", error)) return {};
  const fs::path partial = tasks_ / (".new-" + spec.task_id);
  fs::remove_all(partial, error);
  fs::create_directories(partial / "c", error);
  for (const ContainerSpec& container : spec.containers) {
    if (!error) fs::create_directory(partial / "c" / container.name, error);
  }
  if (!error) fs::create_directories(logs_.of_task(spec.task_id), error);
  if (error) return fail("FileError", fmt::format("cannot make {}: {}", partial.string(), error.message()));
  const std::string text = fmt::format("{{\"boot_id\":\"{}\",\"spec\":{}}}", boot_id, spec_to_json(spec));
  if (!replace_whole(partial / "spec.json", text, false) || ::rename(partial.c_str(), final_path.c_str()) != 0)
    return fail("FileError", fmt::format("cannot write {}: {}", final_path.string(), std::strerror(errno)));
  return {};
}

std::vector<TaskDirectories::Found> TaskDirectories::find_all() const {
  std::vector<Found> all;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(tasks_, error)) {
    const std::string name = entry.path().filename().string();
    if (!is_safe_name(name)) {
      if (name.starts_with(".new-")) remove_tree(entry.path());
      continue;
    }
    const auto text = read_whole(entry.path() / "spec.json");
    boost::json::error_code broken;
    const boost::json::value whole = boost::json::parse(text.value_or(""), broken);
    Result<TaskSpec> spec = fail("InvalidSpec", "there is no readable spec.json");
    std::string boot;
    if (!broken && whole.is_object() && whole.as_object().contains("spec")) {
      spec = spec_from_json(boost::json::serialize(whole.as_object().at("spec")));
      if (const auto* id = whole.as_object().if_contains("boot_id"); id != nullptr && id->is_string())
        boot = std::string(id->as_string());
    }
    if (!spec || spec->task_id != name) {
      log_warning("{} is not a task that can be adopted: {}", entry.path().string(), spec ? "wrong id" : spec.error().message);
      continue;
    }
    all.push_back({*std::move(spec), boot, fs::exists(entry.path() / "stopping", error)});
  }
  std::sort(all.begin(), all.end(), [](const Found& a, const Found& b) { return a.spec.task_id < b.spec.task_id; });
  return all;
}

std::vector<Bind> TaskDirectories::volumes(const TaskSpec& spec, const ContainerSpec& container) const {
  std::vector<Bind> binds;
  for (const Mount& mount : container.mounts) {
    const bool own = mount.source.starts_with(task_volume_prefix(spec.task_id));
    const fs::path source = mount.source.starts_with('/') ? fs::path(mount.source) : (own ? task(spec.task_id) / "volumes" : volumes_) / mount.source;
    std::error_code error;
    if (!fs::exists(source, error)) fs::create_directories(source, error);  // as Docker does it
    binds.push_back({source, mount.path, mount.read_only});
  }
  return binds;
}

void TaskDirectories::mark_stopping(const std::string& task_id) const {
  const int fd = ::open((task(task_id) / "stopping").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  if (fd >= 0) ::close(fd);
}

void TaskDirectories::remove(const std::string& task_id) const {
  // Renamed first: a crash in the middle must not leave half a task to adopt.
  const fs::path doomed = tasks_ / (".new-" + task_id);
  if (::rename(task(task_id).c_str(), doomed.c_str()) == 0) remove_tree(doomed);
}

bool is_locked(const fs::path& lock_file) {
  const int fd = ::open(lock_file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return errno != ENOENT && errno != ENOTDIR;
  const bool held = ::flock(fd, LOCK_SH | LOCK_NB) != 0;
  ::close(fd);
  return held;
}

}  // namespace drivers::process
