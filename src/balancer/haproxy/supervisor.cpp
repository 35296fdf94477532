#include "balancer/haproxy/supervisor.h"

#include <dirent.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "balancer/haproxy/names.h"
#include "base/log.h"

namespace balancer {
namespace {

// Changes of structure come in groups (a load balancer, its group, its listener): one reload for all of them.
constexpr Duration kCoalesce{20};
// And each worker lives long enough to probe its servers: rules that change without end would keep new targets out for
// good.
constexpr Duration kReloadGap{500};
constexpr Duration kRetry{1'000};
// Not a hiccup of a busy machine: several looks in a row, each of which waits for half of options.silence.
constexpr int kSilentLooks = 2;
constexpr std::size_t kLongestSocketDirectory = 70;  // sun_path has 108 bytes, HAProxy appends ".<pid>.tmp"
constexpr off_t kMostOutputBytes = 1 << 20;

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

bool write_file(const std::string& path, const std::string& text) {
  const std::string fresh = path + ".new";
  {
    std::ofstream out(fresh, std::ios::binary | std::ios::trunc);
    out << text;
    if (!out.flush()) return false;
  }
  return std::rename(fresh.c_str(), path.c_str()) == 0;
}

std::set<std::string> certificate_files(const Structure& structure) {
  std::set<std::string> files;
  for (const auto& [id, listener] : structure.listeners)
    for (const std::string& pem : listener.certificates) files.insert(certificate_file(pem));
  return files;
}

// HAProxy takes two descriptors for each connection, and refuses to start above half of the hard limit.
int max_connections() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_max == RLIM_INFINITY) return 20'000;
  const auto half = static_cast<long long>(limit.rlim_max) / 2 - 200;
  return static_cast<int>(std::clamp(half, 100LL, 20'000LL));
}

}  // namespace

Supervisor::Supervisor(HaproxyOptions options, const Clock& clock, Sink& sink)
    : options_(std::move(options)), clock_(clock), sink_(sink), traffic_(options_.report_interval) {
  std::filesystem::create_directories(options_.directory);
  options_.directory = std::filesystem::canonical(options_.directory).string();
  ::chmod(options_.directory.c_str(), 0700);
  runtime_ = options_.directory;
  if (runtime_.size() > kLongestSocketDirectory) {
    runtime_ = "/tmp/scaleout-" + short_hash(options_.directory);
    std::filesystem::create_directories(runtime_);
    ::chmod(runtime_.c_str(), 0700);
  }
}

std::string Supervisor::stats_socket(std::uint64_t generation) const {
  return fmt::format("{}/stats-{}.sock", runtime_, generation);
}

void Supervisor::want(const Wanted& wanted, bool structure_changed) {
  wanted_ = wanted;
  members_dirty_ = true;
  for (auto& [key, server] : servers_)
    if (wanted.left.contains({server.group_id, server.member_id})) server.leaving = true;
  if (structure_changed && !structure_dirty_) {
    structure_dirty_ = true;
    structure_due_ = std::max(clock_.now() + kCoalesce, next_reload_);
  }
}

std::vector<int> Supervisor::descriptors() const {
  std::vector<int> found;
  if (master_) found.push_back(master_.fd());
  if (traffic_.wake_fd() >= 0) found.push_back(traffic_.wake_fd());
  return found;
}

Duration Supervisor::pause() const {
  const Instant now = clock_.now();
  Instant next = now + seconds(1);
  if (master_) next = std::min(next, next_poll_);
  if (structure_dirty_) next = std::min(next, structure_due_);
  next = std::min(next, retry_bind_);
  return std::max(Duration{0}, next - now);
}

void Supervisor::turn() {
  if (!wanted_.ready) return;
  if (!adopted_) {
    if (!traffic_.open(runtime_ + "/log-")) log_warning("balancer: no log sockets at {}: no latencies", runtime_);
    adopt();
    adopted_ = true;
    structure_dirty_ = members_dirty_ = true;
    structure_due_ = clock_.now();
  }
  traffic_.read_log();
  if (master_ && master_.ended()) {
    log_warning("balancer: HAProxy {} ended; starting it again", master_.pid());
    sink_.on_event(BalancerDown{"HAProxy ended", clock_.now()});
    master_.reset();
    up_reported_ = false;
    unanswered_ = 0;
    old_workers_.clear();
    structure_text_.clear();
    structure_dirty_ = true;
    structure_due_ = clock_.now();
  }
  const Instant now = clock_.now();
  if (now >= retry_bind_) {
    retry_bind_ = kNever;
    structure_dirty_ = true;
    structure_due_ = now;
  }
  if (structure_dirty_ && now >= structure_due_) change_structure(now);
  if (members_dirty_) reconcile_members();
  if (master_ && clock_.now() >= next_poll_) poll();
}

void Supervisor::look_again() {
  structure_dirty_ = members_dirty_ = true;
  structure_due_ = clock_.now();
}

std::vector<ProcessHandle> Supervisor::everything() const {
  const std::string config = file("haproxy.cfg");
  const Found found = find_haproxy(config);
  std::vector<ProcessHandle> all;
  for (const auto& pids : {found.masters, found.workers})
    for (const int pid : pids)
      if (auto handle = open_haproxy(pid, config)) all.push_back(std::move(handle));
  return all;
}

/// HAProxy lives and does not answer: after a while it is put out of its misery, all of it, since a hung worker's
/// listening socket would go on swallowing connections. turn() sees the end and starts it again.
void Supervisor::note_silence(Instant since) {
  if (unanswered_++ == 0) silent_since_ = since;
  if (unanswered_ < kSilentLooks || clock_.now() - silent_since_ < options_.silence) return;
  log_error("balancer: HAProxy {} has not answered for {} ms: killing it", master_.pid(),
            (clock_.now() - silent_since_).count());
  unanswered_ = 0;
  for (const auto& handle : everything()) handle.signal(SIGKILL);
  master_.wait_for_end(Duration{1'000});
}

void Supervisor::report_bound(const std::string& listener_id, int port, const std::string& error) {
  const std::string text = fmt::format("{} {}", port, error);
  std::string& reported = reported_bound_[listener_id];
  if (reported == text) return;
  reported = text;
  sink_.on_event(ListenerBound{listener_id, port, error});
}

/// What is wanted, without the listeners whose port a stranger has: one bad bind would make a whole reload fail.
Structure Supervisor::bindable() {
  Structure structure;
  structure.groups = wanted_.groups;
  std::set<std::pair<std::string, int>> taken;
  auto ours = [&](const std::string& address, int port) {
    if (!master_) return false;
    return std::any_of(bound_.begin(), bound_.end(),
                       [&](const auto& entry) { return entry.second.address == address && entry.second.port == port; });
  };
  for (const auto& [id, listener] : wanted_.listeners) {
    const auto known = bound_.find(id);
    int port = 0;
    std::string error;
    if (known != bound_.end() && known->second.address == listener.address && known->second.declared == listener.port &&
        !taken.contains({listener.address, known->second.port})) {
      port = known->second.port;
    } else {
      const TryPort try_port = [&](int candidate, bool& access) -> std::string {
        if (taken.contains({listener.address, candidate}))
          return fmt::format("{}:{}: another listener has it", listener.address, candidate);
        return ours(listener.address, candidate) ? "" : try_bind(listener.address, candidate, access);
      };
      port = choose_port(listener.port, try_port, error);
    }
    if (port == 0) {
      report_bound(id, 0, error);
      retry_bind_ = clock_.now() + kRetry;
      continue;
    }
    taken.insert({listener.address, port});
    structure.listeners.emplace(id, listener);
    structure.ports.emplace(id, port);
  }
  std::erase_if(reported_bound_, [&](const auto& entry) { return !wanted_.listeners.contains(entry.first); });
  return structure;
}

void Supervisor::change_structure(Instant now) {
  structure_dirty_ = false;
  Structure structure = bindable();
  const std::string text = structure_text(structure);
  const bool needed = master_ ? text != structure_text_ : !structure.listeners.empty();
  if (needed && !replace_worker(structure)) {
    structure_dirty_ = true;
    structure_due_ = now + kRetry;
    return;
  }
  if (!needed) structure_ = structure;
  bound_.clear();
  for (const auto& [id, listener] : structure.listeners) {
    const int port = structure.ports.at(id);
    bound_[id] = Bound{listener.address, listener.port, port};
    report_bound(id, port, "");
  }
  if (master_ && !up_reported_) {
    up_reported_ = true;
    sink_.on_event(BalancerUp{clock_.now(), master_.pid()});
  }
  members_dirty_ = true;
}

/// With private keys in them: the directory is ours alone.
bool Supervisor::write_certificates(const Structure& structure) {
  for (const auto& [id, listener] : structure.listeners)
    for (const std::string& pem : listener.certificates) {
      const std::string path = file(certificate_file(pem));
      if (!std::filesystem::exists(path) && !write_file(path, pem)) return false;
    }
  return true;
}

void Supervisor::drop_certificates() {
  const std::set<std::string> kept = certificate_files(structure_);
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(options_.directory, ignored)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("certificate-") && !kept.contains(name)) std::filesystem::remove(entry.path(), ignored);
  }
}

bool Supervisor::write_config(const Structure& structure, std::uint64_t generation) {
  if (!write_certificates(structure)) {
    log_error("balancer: cannot write the certificates to {}", options_.directory);
    return false;
  }
  RenderInput input;
  input.structure = structure;
  input.generation = generation;
  input.stats_socket = stats_socket(generation);
  input.log_sockets = runtime_ + "/log-";
  input.certificates = options_.directory;
  input.connect_timeout = options_.connect_timeout;
  input.max_connections = max_connections();
  input.threads = options_.threads;
  for (const auto& [key, server] : servers_) {
    if (server.leaving || !structure.groups.contains(server.group_id)) continue;
    input.members[server.group_id].push_back(
        {server.name, server.address, server.port, server.phase == Phase::active && server.state != "unhealthy"});
  }
  const std::string candidate = file("haproxy.cfg.candidate");
  if (!write_file(candidate, render_config(input))) {
    log_error("balancer: cannot write {}", candidate);
    return false;
  }
  // A structure that HAProxy accepted once needs no second look: after a crash each millisecond counts.
  if (structure_text(structure) != proven_text_) {
    if (const auto checked = check_config(options_.program, candidate); !checked) {
      log_error("balancer: haproxy -c refuses {}: {}", candidate, checked.error().message);
      return false;
    }
    proven_text_ = structure_text(structure);
  }
  // What this generation will be, for an engine that has to adopt it: before it can be running.
  std::string record;
  for (const auto& [id, listener] : structure.listeners)
    record += fmt::format("bound {} {} {} {}\n", id, listener.address, listener.port, structure.ports.at(id));
  record += "structure\n" + structure_text(structure);
  if (!write_file(file(fmt::format("structure-{}", generation)), record)) return false;
  return std::rename(candidate.c_str(), file("haproxy.cfg").c_str()) == 0;
}

/// Starts HAProxy, or has it reload, with this structure and the servers we know.
bool Supervisor::replace_worker(const Structure& structure) {
  point("before-config");
  const std::uint64_t generation = ++last_generation_;
  if (!write_config(structure, generation)) return false;
  point("after-config");
  const bool fresh = !master_;
  if (fresh) {
    const std::string output = file("haproxy.log");
    struct stat info {};
    if (::stat(output.c_str(), &info) == 0 && info.st_size > kMostOutputBytes && ::truncate(output.c_str(), 0) != 0)
      log_warning("balancer: {} stays long", output);
    auto started = start_haproxy({options_.program, file("haproxy.cfg"), runtime_ + "/master.sock", output});
    if (!started) {
      log_error("balancer: {}", started.error().message);
      return false;
    }
    master_ = std::move(*started);
    point("after-spawn");
  } else {
    // Counted up to here; the rest of this worker's requests is asked for as an old worker's.
    if (const auto rows = run("show stat")) traffic_.add_counters(worker_pid_, parse_stat(*rows));
    (void)runtime_command(runtime_ + "/master.sock", "reload", Duration{1'000});
    point("after-reload-command");
  }
  if (!wait_for_generation(generation, Duration{5'000})) {
    log_error("balancer: HAProxy did not take its new configuration; see {}", file("haproxy.log"));
    if (fresh) {
      master_.signal(SIGKILL);
      master_.wait_for_end(Duration{1'000});
      master_.reset();
    } else {
      find_generation();
    }
    return false;
  }
  next_reload_ = clock_.now() + kReloadGap;
  structure_ = structure;
  structure_text_ = structure_text(structure);
  std::erase_if(servers_, [&](const auto& entry) {
    return entry.second.leaving || !structure_.groups.contains(entry.second.group_id);
  });
  drop_certificates();
  point("after-reload");
  restate_servers();
  refresh_old_workers();
  for (std::uint64_t old = generation > 8 ? generation - 8 : 1; old + 1 < generation; ++old)
    std::filesystem::remove(file(fmt::format("structure-{}", old)));
  return true;
}

void Supervisor::read_worker(const std::string& info) {
  const auto at = info.find("\nPid: ");
  worker_pid_ = at == std::string::npos ? 0 : std::atoi(info.c_str() + at + 6);
}

bool Supervisor::wait_for_generation(std::uint64_t generation, Duration timeout) {
  const Instant deadline = clock_.now() + timeout;
  while (clock_.now() < deadline) {
    const auto info = runtime_command(stats_socket(generation), "show info", Duration{500});
    if (info && info->find(fmt::format("description: gen-{}\n", generation)) != std::string::npos) {
      generation_ = generation;
      read_worker(*info);
      return true;
    }
    if (master_.wait_for_end(Duration{2})) return false;
    traffic_.read_log();
  }
  return false;
}

/// The newest generation that answers: also after a crash in the middle of a reload.
bool Supervisor::find_generation() {
  std::vector<std::uint64_t> generations;
  for (const auto& entry : std::filesystem::directory_iterator(runtime_)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("stats-") && name.ends_with(".sock"))
      generations.push_back(std::strtoull(name.c_str() + 6, nullptr, 10));
  }
  std::sort(generations.rbegin(), generations.rend());
  for (const std::uint64_t generation : generations) {
    const auto info = runtime_command(stats_socket(generation), "show info", Duration{500});
    if (!info || info->find(fmt::format("description: gen-{}\n", generation)) == std::string::npos) {
      if (generation + 5 < generations.front()) ::unlink(stats_socket(generation).c_str());
      continue;
    }
    generation_ = generation;
    read_worker(*info);
    return true;
  }
  return false;
}

void Supervisor::restore_structure() {
  std::istringstream record(read_file(file(fmt::format("structure-{}", generation_))));
  bound_.clear();
  structure_text_.clear();
  for (std::string line; std::getline(record, line) && line != "structure";) {
    std::istringstream fields(line);
    std::string word, id;
    Bound bound;
    if (fields >> word >> id >> bound.address >> bound.declared >> bound.port) bound_[id] = bound;
  }
  structure_text_.assign(std::istreambuf_iterator<char>(record), {});
}

void Supervisor::adopt() {
  // Whatever generation ran last, the next one is higher, so that no left-over socket can be taken for a new worker.
  for (const auto& entry : std::filesystem::directory_iterator(options_.directory)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("structure-"))
      last_generation_ = std::max<std::uint64_t>(last_generation_, std::strtoull(name.c_str() + 10, nullptr, 10));
  }
  const std::string config = file("haproxy.cfg");
  const Found found = find_haproxy(config);
  // A master that executes itself anew (a reload) has no command line for a moment; its socket listens all the same.
  if (found.masters.empty() && !runtime_command(runtime_ + "/master.sock", "show proc", Duration{500})) return;
  const Instant deadline = clock_.now() + seconds(3);
  bool answered = false;
  while (!answered && clock_.now() < deadline) {
    const auto processes = runtime_command(runtime_ + "/master.sock", "show proc", Duration{500});
    const int pid = processes ? parse_processes(*processes).master : 0;
    master_ = open_haproxy(pid > 0 || found.masters.empty() ? pid : found.masters.front(), config);
    answered = master_ && pid > 0 && find_generation() && learn_servers();
    // One that was being started, or was in the middle of a reload, needs a moment.
    if (!answered && ::poll(nullptr, 0, 10) < 0) break;
  }
  // Strays: a second master, or all of one that does not answer (a hung worker would swallow connections).
  std::vector<ProcessHandle> strays;
  if (!answered) strays = everything();
  // (Its workers pass for masters while its own command line is not there.)
  for (const int pid : found.masters)
    if (answered && pid != master_.pid() && parent_of(pid) != master_.pid())
      if (auto stray = open_haproxy(pid, config)) strays.push_back(std::move(stray));
  for (const auto& stray : strays) stray.signal(SIGKILL);
  for (const auto& stray : strays) stray.wait_for_end(Duration{1'000});
  if (!answered) {
    master_.reset();
    return;
  }
  restore_structure();
  // A reload that an engine began and did not live to see may still be under way, or have failed: its generation is
  // above the running one. Have it all made again.
  if (generation_ < last_generation_) structure_text_.clear();
  refresh_old_workers();
  traffic_.adopt(old_workers_);
  traffic_.adopt({worker_pid_});
  if (const auto rows = run("show stat")) traffic_.add_counters(worker_pid_, parse_stat(*rows));
  log_info("balancer: adopted HAProxy {} with {} servers", master_.pid(), servers_.size());
}

void Supervisor::shut_down() {
  const auto all = everything();
  for (const auto& handle : all) handle.signal(SIGTERM);
  for (const auto& handle : all)
    if (!handle.wait_for_end(Duration{2'000})) handle.signal(SIGKILL);
  for (const auto& handle : all) handle.wait_for_end(Duration{2'000});
  master_.reset();
  servers_.clear();
  wanted_ = {};
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(runtime_, ignored))
    if (entry.path().extension() == ".sock") ::unlink(entry.path().c_str());
  if (runtime_ != options_.directory) std::filesystem::remove(runtime_, ignored);
}

}  // namespace balancer
