#include "drivers/cgroup.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <set>
#include <sstream>

#include "drivers/files.h"
#include "drivers/process_identity.h"

namespace drivers {
namespace fs = std::filesystem;

namespace {
// Docker sets none; on a machine that is also the user's own a fork bomb should stop somewhere.
constexpr int kPidsLimit = 4096;

bool put(const fs::path& file, const std::string& text) {
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) return false;
  const bool good = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  ::close(fd);
  return good;
}

std::uint64_t number_in(const fs::path& file) {
  const auto text = read_whole(file);
  return text ? std::strtoull(text->c_str(), nullptr, 10) : 0;
}

std::optional<std::uint64_t> field_in(const std::string& text, const char* name) {
  const std::string key = std::string(name) + " ";
  for (std::size_t at = 0; at < text.size();) {
    if (text.compare(at, key.size(), key) == 0) return std::strtoull(text.c_str() + at + key.size(), nullptr, 10);
    at = text.find('\n', at);
    if (at == std::string::npos) break;
    ++at;
  }
  return std::nullopt;
}

bool make_directory(const fs::path& path) { return ::mkdir(path.c_str(), 0755) == 0 || errno == EEXIST; }

/// Child cgroups first. Only directories: a cgroup's files go with it.
bool remove_cgroups(const fs::path& path) {
  std::error_code error;
  for (const auto& child : fs::directory_iterator(path, error))
    if (child.is_directory(error)) remove_cgroups(child.path());
  return ::rmdir(path.c_str()) == 0 || errno == ENOENT;
}

void kill_in(const fs::path& path, const std::string& top) {
  std::error_code error;
  for (const auto& child : fs::directory_iterator(path, error))
    if (child.is_directory(error)) kill_in(child.path(), top);
  // The cgroup is ours alone, so whoever is in it is meant; looked at again once the handle is fixed to one process.
  const std::string pids = read_whole(path / "cgroup.procs").value_or("");
  for (const char* at = pids.c_str();;) {
    char* end = nullptr;
    const long pid = std::strtol(at, &end, 10);
    if (end == at) break;
    const auto start_time = process_start_time(static_cast<int>(pid));
    const ProcessHandle process = ProcessHandle::open(static_cast<int>(pid), start_time.value_or(0));
    if (process && read_whole(fmt::format("/proc/{}/cgroup", pid)).value_or("").find(top) != std::string::npos)
      process.signal(SIGKILL);
    at = end;
  }
}

std::int64_t shares_of(const TaskSpec& task) {
  if (task.cpu.value > 0) return std::max<std::int64_t>(2, task.cpu.value);
  std::int64_t sum = 0;
  for (const ContainerSpec& container : task.containers) sum += std::max<std::int64_t>(2, container.cpu.value);
  return std::max<std::int64_t>(2, sum);
}
}  // namespace

std::uint64_t cpu_weight(std::int64_t shares) {
  const std::int64_t bounded = std::clamp<std::int64_t>(shares, 2, 262'144);
  return static_cast<std::uint64_t>(1 + ((bounded - 2) * 9999) / 262'142);
}

CpuQuota cpu_quota(double cores) {
  const double least_us = 1000;  // the kernel's smallest quota
  const double period = std::clamp(least_us / std::max(cores, 0.001), 10'000.0, 1'000'000.0);
  return {static_cast<std::int64_t>(std::max(least_us, cores * period)), static_cast<std::int64_t>(period)};
}

CgroupTree CgroupTree::detect(const fs::path& root, const std::string& key, Owner owner) {
  CgroupTree tree;
  tree.root_ = root;
  tree.top_ = "scaleout-" + key;
  std::error_code error;
  if (const auto controllers = read_whole(root / "cgroup.controllers"); controllers && !controllers->empty()) {
    std::set<std::string> available;  // whole words: "cpuset" is not "cpu"
    std::istringstream words(*controllers);
    for (std::string word; words >> word;) available.insert(word);
    const auto has = [&](const char* name) { return available.contains(name); };
    tree.cpu_ = tree.cpuacct_ = has("cpu");
    tree.memory_ = has("memory");
    tree.pids_ = has("pids");
    if ((tree.cpu_ || tree.memory_) && make_directory(root / tree.top_)) {
      tree.kind_ = Kind::v2;
      std::string wanted;
      if (tree.cpu_) wanted += "+cpu ";
      if (tree.memory_) wanted += "+memory ";
      if (tree.pids_) wanted += "+pids";
      put(root / "cgroup.subtree_control", wanted);
      if (!put(root / tree.top_ / "cgroup.subtree_control", wanted)) tree.kind_ = Kind::none;
    }
    if (tree.kind_ == Kind::none) tree.cpu_ = tree.cpuacct_ = tree.memory_ = tree.pids_ = false;
    return tree;
  }
  const auto usable = [&](const char* controller) {
    return fs::exists(root / controller / "cgroup.procs", error) && make_directory(root / controller / tree.top_) &&
           ::access((root / controller / tree.top_).c_str(), W_OK) == 0;
  };
  tree.cpu_ = usable("cpu");
  tree.cpuacct_ = usable("cpuacct");
  tree.memory_ = usable("memory");
  tree.pids_ = usable("pids");
  if (tree.cpu_ || tree.memory_ || tree.cpuacct_) tree.kind_ = Kind::v1;
  if (tree.memory_) put(root / "memory" / tree.top_ / "memory.use_hierarchy", "1");
  if (owner == Owner::shared)
    for (const auto& mounted : fs::directory_iterator(root, error))
      if (!mounted.is_symlink(error) && fs::exists(mounted.path() / "cgroup.procs", error))
        tree.others_.push_back(mounted.path() / tree.top_);
  return tree;
}

fs::path CgroupTree::in(const char* controller, const std::string& below) const {
  return (kind_ == Kind::v2 ? root_ : root_ / controller) / top_ / below;
}

std::vector<fs::path> CgroupTree::hierarchies() const {
  if (kind_ == Kind::v2) return {root_ / top_};
  std::vector<fs::path> list;
  if (kind_ == Kind::none) return list;
  if (cpu_) list.push_back(root_ / "cpu" / top_);
  if (cpuacct_) list.push_back(root_ / "cpuacct" / top_);
  if (memory_) list.push_back(root_ / "memory" / top_);
  if (pids_) list.push_back(root_ / "pids" / top_);
  return list;
}

namespace {
void enable_v2_children(const fs::path& path) {
  for (const char* controller : {"+cpu", "+memory", "+pids"}) put(path / "cgroup.subtree_control", controller);
}
}  // namespace

void CgroupTree::set_node(const NodeSpec& node) {
  if (kind_ == Kind::none) return;
  for (const fs::path& hierarchy : hierarchies()) make_directory(hierarchy / node.node_id);
  if (kind_ == Kind::v2) enable_v2_children(root_ / top_ / node.node_id);
  if (cpu_ && node.cores > 0) {
    const CpuQuota limit = cpu_quota(node.cores);
    if (kind_ == Kind::v2) {
      put(in("cpu", node.node_id) / "cpu.max", fmt::format("{} {}", limit.quota_us, limit.period_us));
      put(in("cpu", node.node_id) / "cpu.weight",
          std::to_string(cpu_weight(static_cast<std::int64_t>(node.cores * 1024))));
    } else {
      put(in("cpu", node.node_id) / "cpu.cfs_quota_us", "-1");  // else a shorter period could contradict the old quota
      put(in("cpu", node.node_id) / "cpu.cfs_period_us", std::to_string(limit.period_us));
      put(in("cpu", node.node_id) / "cpu.cfs_quota_us", std::to_string(limit.quota_us));
      put(in("cpu", node.node_id) / "cpu.shares", std::to_string(std::max(2, static_cast<int>(node.cores * 1024))));
    }
  }
  if (memory_ && node.memory.value > 0)
    put(in("memory", node.node_id) / (kind_ == Kind::v2 ? "memory.max" : "memory.limit_in_bytes"),
        std::to_string(node.memory.value << 20));
}

void CgroupTree::remove_node(const std::string& node_id) {
  for (const fs::path& hierarchy : hierarchies_to_clean()) remove_cgroups(hierarchy / node_id);
}

std::vector<fs::path> CgroupTree::hierarchies_to_clean() const {
  std::vector<fs::path> list = hierarchies();
  for (const fs::path& other : others_)
    if (std::find(list.begin(), list.end(), other) == list.end()) list.push_back(other);
  return list;
}

void CgroupTree::set_shares(const std::string& where, std::int64_t shares) const {
  if (kind_ == Kind::v2)
    put(in("cpu", where) / "cpu.weight", std::to_string(cpu_weight(shares)));
  else
    put(in("cpu", where) / "cpu.shares", std::to_string(shares));
}

void CgroupTree::limit_memory(const std::string& where, const std::optional<MiB>& limit) const {
  if (!memory_ || !limit || limit->value <= 0) return;
  const bool v2 = kind_ == Kind::v2;
  const std::string bytes = std::to_string(limit->value << 20);
  put(in("memory", where) / (v2 ? "memory.max" : "memory.limit_in_bytes"), bytes);
  // Without this a machine with swap would swap what should be killed.
  const fs::path swap = in("memory", where) / (v2 ? "memory.swap.max" : "memory.memsw.limit_in_bytes");
  std::error_code error;
  if (fs::exists(swap, error)) put(swap, v2 ? "0" : bytes);
}

std::string CgroupTree::make_task(const TaskSpec& task, double task_cores) {
  const std::string path = task.node_id + "/" + task.task_id;
  for (const fs::path& hierarchy : hierarchies()) {
    make_directory(hierarchy / task.node_id);
    if (kind_ == Kind::v2) enable_v2_children(hierarchy / task.node_id);
    make_directory(hierarchy / path);
    if (kind_ == Kind::v2) enable_v2_children(hierarchy / path);
  }
  if (cpu_) set_shares(path, shares_of(task));
  if (cpu_ && task_cores > 0) {
    const CpuQuota limit = cpu_quota(task_cores);
    if (kind_ == Kind::v2) {
      put(in("cpu", path) / "cpu.max", fmt::format("{} {}", limit.quota_us, limit.period_us));
    } else {
      put(in("cpu", path) / "cpu.cfs_period_us", std::to_string(limit.period_us));
      put(in("cpu", path) / "cpu.cfs_quota_us", std::to_string(limit.quota_us));
    }
  }
  limit_memory(path, task.memory);
  return "/" + top_ + "/" + path;
}

ContainerCgroup CgroupTree::make(const TaskSpec& task, const ContainerSpec& container, double task_cores) {
  ContainerCgroup made;
  if (kind_ == Kind::none) return made;
  make_task(task, task_cores);
  const std::string path = task.node_id + "/" + task.task_id + "/" + container.name;
  // A thread that moves itself waits for nobody; a process that is moved, for a grace period of RCU (10 ms). What joins
  // has one thread.
  const char* const members = kind_ == Kind::v2 ? "cgroup.procs" : "tasks";
  for (const fs::path& hierarchy : hierarchies()) {
    make_directory(hierarchy / path);
    made.procs_files.push_back(hierarchy / path / members);
  }
  if (cpu_) set_shares(path, std::max<std::int64_t>(2, container.cpu.value));
  limit_memory(path, container.memory);
  if (pids_) put(in("pids", path) / "pids.max", std::to_string(kPidsLimit));
  if (memory_) made.oom_file = in("memory", path) / (kind_ == Kind::v2 ? "memory.events" : "memory.oom_control");
  return made;
}

std::optional<ContainerUsage> CgroupTree::usage(const TaskSpec& task, const std::string& container) const {
  if (!cpuacct_ || !memory_) return std::nullopt;
  const std::string path = task.node_id + "/" + task.task_id + "/" + container;
  ContainerUsage used;
  // Working set, as Docker and the ECS agent show it: without the page cache that can go at any time.
  std::uint64_t inactive = 0;
  if (kind_ == Kind::v2) {
    const auto cpu = read_whole(in("cpu", path) / "cpu.stat");
    if (!cpu) return std::nullopt;
    used.cpu_ns = field_in(*cpu, "usage_usec").value_or(0) * 1000;
    used.memory_bytes = number_in(in("memory", path) / "memory.current");
    inactive = field_in(read_whole(in("memory", path) / "memory.stat").value_or(""), "inactive_file").value_or(0);
  } else {
    const auto cpu = read_whole(in("cpuacct", path) / "cpuacct.usage");
    if (!cpu) return std::nullopt;
    used.cpu_ns = std::strtoull(cpu->c_str(), nullptr, 10);
    used.memory_bytes = number_in(in("memory", path) / "memory.usage_in_bytes");
    inactive = field_in(read_whole(in("memory", path) / "memory.stat").value_or(""), "total_inactive_file").value_or(0);
  }
  used.memory_bytes -= std::min(inactive, used.memory_bytes);
  return used;
}

bool CgroupTree::remove_task(const TaskSpec& task) {
  bool all = true;
  // By name, not by listing: a cgroup directory holds dozens of files, and a fleet ends at once.
  for (const fs::path& hierarchy : hierarchies_to_clean()) {
    const fs::path path = hierarchy / task.node_id / task.task_id;
    for (const ContainerSpec& container : task.containers) ::rmdir((path / container.name).c_str());
    all = (::rmdir(path.c_str()) == 0 || errno == ENOENT) && all;
  }
  return all;
}

void CgroupTree::remove_all() {
  for (const fs::path& hierarchy : hierarchies_to_clean()) {
    for (int round = 0; round < 200; ++round) {  // bounded: dying processes hold their cgroup for some milliseconds
      kill_in(hierarchy, top_);
      if (remove_cgroups(hierarchy)) break;
      ::usleep(5'000);
    }
  }
}

ContainerUsage usage_from_proc(int pid) {
  ContainerUsage used;
  const auto stat = read_whole(fmt::format("/proc/{}/stat", pid));
  if (!stat) return used;
  const std::size_t name_end = stat->rfind(')');
  if (name_end == std::string::npos) return used;
  static const long ticks = ::sysconf(_SC_CLK_TCK), page = ::sysconf(_SC_PAGESIZE);
  // After the name: state is field 3; utime, stime, cutime, cstime are 14 to 17, rss is 24.
  const char* at = stat->c_str() + name_end + 2;
  std::uint64_t cpu = 0;
  for (int field = 3; field <= 24 && *at != '\0'; ++field) {
    const std::uint64_t value = std::strtoull(at, nullptr, 10);
    if (field >= 14 && field <= 17) cpu += value;
    if (field == 24) used.memory_bytes = value * static_cast<std::uint64_t>(page);
    at = std::strchr(at, ' ');
    if (at == nullptr) break;
    ++at;
  }
  used.cpu_ns = cpu * (1'000'000'000ull / static_cast<std::uint64_t>(ticks));
  for (const int child : children_of(pid)) {
    const ContainerUsage below = usage_from_proc(child);
    used.cpu_ns += below.cpu_ns;
    used.memory_bytes += below.memory_bytes;
  }
  return used;
}

}  // namespace drivers
