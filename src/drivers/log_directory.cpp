#include "drivers/log_directory.h"

#include <algorithm>

#include "drivers/files.h"

namespace drivers {
namespace fs = std::filesystem;

std::vector<LogFile> LogDirectory::files(const std::string& task_id) const {
  std::vector<LogFile> files;
  if (!is_safe_name(task_id)) return files;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(of_task(task_id), error))
    if (entry.path().extension() == ".log") files.push_back({task_id, entry.path().stem().string(), entry.path().string()});
  std::sort(files.begin(), files.end(), [](const LogFile& a, const LogFile& b) { return a.container < b.container; });
  return files;
}

void LogDirectory::prune(std::uint64_t limit, const std::function<bool(const std::string& task_id)>& known) const {
  struct Old {
    fs::file_time_type at;
    fs::path path;
    std::uint64_t size;
  };
  std::vector<Old> olds;
  std::uint64_t total = 0;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(logs_, error)) {
    std::uint64_t size = 4096;  // the directory itself: a million empty ones fill a disk too
    for (const auto& file : fs::directory_iterator(entry.path(), error)) size += file.file_size(error);
    total += size;
    if (!known(entry.path().filename().string()))
      olds.push_back({fs::last_write_time(entry.path(), error), entry.path(), size});
  }
  std::sort(olds.begin(), olds.end(), [](const Old& a, const Old& b) { return a.at < b.at; });
  for (const Old& old : olds) {
    if (total <= limit) return;
    fs::remove_all(old.path, error);
    total -= old.size;
  }
}

}  // namespace drivers
