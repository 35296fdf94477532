#include "cmd/task_door.h"

#include <fmt/format.h>
#include <openssl/rand.h>

#include <boost/json.hpp>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <thread>

#include "base/log.h"
#include "cmd/json_answer.h"
#include "cmd/listening.h"
#include "drivers/docker/docker_driver.h"
#include "drivers/files.h"
#include "net/host_address.h"
#include "services/task_metadata/variables.h"
#include "services/task_role.h"

namespace cmd {

namespace metadata = services::task_metadata;

namespace {

constexpr std::size_t kSecretSize = 32;
const net::LoopbackAddress kTaskLoopback{kTaskAddress, "lo:scaleout"};

Result<std::string> read_or_make_secret(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string secret(kSecretSize, '\0');
  if (file.read(secret.data(), static_cast<std::streamsize>(kSecretSize))) return secret;
  if (RAND_bytes(reinterpret_cast<unsigned char*>(secret.data()), static_cast<int>(kSecretSize)) != 1) {
    return fail("NoRandomness", "the system gives no random bytes for the secret of tasks' tokens");
  }
  // Durable before it is used: a task's environment lives as long as the task, and must stay true.
  if (!drivers::replace_whole(path, secret, true, 0600)) {
    return fail("StateUnusable", fmt::format("cannot write {}: {}", path, std::strerror(errno)));
  }
  return secret;
}

/// Answers "127.0.0.1:4566" for "0.0.0.0:4566": what listens everywhere listens there.
std::string on_this_machine(const std::string& address) {
  if (address.starts_with("unix:")) return {};
  if (address.starts_with("0.0.0.0:")) return "127.0.0.1" + address.substr(address.rfind(':'));
  if (address.starts_with("[::]:")) return "[::1]" + address.substr(address.rfind(':'));
  return address;
}

metadata::Sample sample(const engine::TaskUsage& usage) {
  return {usage.at, usage.cpu_ns, usage.memory_bytes, usage.network_rx_bytes, usage.network_tx_bytes};
}

net::Response refusal(const std::string& message) {
  return json_answer(403, boost::json::serialize(boost::json::object{{"message", message}}));
}

double uptime() {
  double seconds = 0;
  std::ifstream("/proc/uptime") >> seconds;
  return seconds;
}

}  // namespace

void remove_task_address() { net::remove_unused_loopback_address(kTaskLoopback); }

Result<std::unique_ptr<TaskDoor>> TaskDoor::open(Options options, const services::Context& context,
                                                 const engine::Engine& engine, const Clock& clock) {
  TRY(std::string secret, read_or_make_secret(options.directory + "/task-secret"));
  return std::unique_ptr<TaskDoor>(new TaskDoor(std::move(options), std::move(secret), context, engine, clock));
}

TaskDoor::TaskDoor(Options options, std::string secret, const services::Context& context, const engine::Engine& engine,
                   const Clock& clock)
    : options_(std::move(options)),
      secret_(std::move(secret)),
      context_(context),
      clock_(clock),
      endpoint_(context, secret_, sources(engine)) {}

metadata::Sources TaskDoor::sources(const engine::Engine& engine) const {
  metadata::Sources sources;
  sources.observed = [&engine](const std::string& task_id, const std::string& container) {
    metadata::Observed out;
    const engine::ContainerSeen* seen = engine.measurements().of_container(task_id, container);
    if (!seen) return out;
    out.started_at = seen->started_at;
    out.finished_at = seen->ended_at;
    out.address = seen->address;
    if (seen->usage.at != Instant{}) out.last = sample(seen->usage);
    if (seen->before.at != Instant{}) out.before = sample(seen->before);
    return out;
  };
  sources.docker_name = [docker = options_.docker, directory = options_.directory](const model::Task& task,
                                                                                   const std::string& container) {
    return docker ? drivers::docker::container_name_of(directory, task.id, container) : task.id + "-" + container;
  };
  sources.booted_at = clock_.now() - std::chrono::duration_cast<Duration>(std::chrono::duration<double>(uptime()));
  sources.cores = std::max(1u, std::thread::hardware_concurrency());
  return sources;
}

void TaskDoor::handle(const net::Request& request, net::Responder respond) {
  if (request.method != "GET") {
    respond(json_answer(405, R"("Task metadata and credentials are read with GET.")"));
    return;
  }
  metadata::Answer answer = endpoint_.answer(request.path(), clock_.now());
  respond(json_answer(answer.status, std::move(answer.body)));
}

void TaskDoor::listen(net::EventLoop& loop, const net::HttpServer::Options& options, const std::string& address,
                      const Handler& handler) {
  machine_address_ = on_this_machine(address);
  if (!options_.docker || machine_address_.empty()) return;
  const std::string wanted = kTaskAddress + address.substr(address.rfind(':'));
  const bool everywhere = address.starts_with("0.0.0.0:");
  const Result<void> listening =
      everywhere ? net::add_loopback_address(kTaskLoopback) : listen_for_containers(loop, options, wanted, handler);
  if (listening) {
    container_address_ = wanted;
  } else {
    log_warning("containers cannot reach the engine at {}, so they are told neither metadata nor credentials: {}",
                wanted, listening.error().message);
  }
}

/// Others may have a route to the address, so it is asked who comes.
Result<void> TaskDoor::listen_for_containers(net::EventLoop& loop, net::HttpServer::Options options,
                                             const std::string& wanted, const Handler& handler) {
  options.listen = {wanted};
  const auto guarded = [this, handler](net::Request&& request, net::Responder respond) {
    if (!net::is_own_peer(request.peer)) {
      respond(refusal(fmt::format("{} answers only containers of this machine.", kTaskAddress)));
    } else if (!options_.serve_apis && !serves(request.path())) {
      respond(refusal("This engine was started with --no-task-apis: tasks get metadata and credentials only."));
    } else {
      handler(std::move(request), std::move(respond));
    }
  };
  TRY_VOID(net::add_loopback_address(kTaskLoopback));
  auto started = listen_patiently(loop, options, guarded);
  if (!started) {  // the last engine that had the address may just have taken it away
    TRY_VOID(net::add_loopback_address(kTaskLoopback));
    started = listen_patiently(loop, options, guarded);
  }
  TRY(server_, std::move(started));
  return {};
}

void TaskDoor::stop(net::Task drained) {
  if (server_) {
    server_->stop(std::move(drained));
  } else {
    drained();
  }
}

void TaskDoor::introduce(drivers::TaskSpec& spec, const model::Task& task) const {
  if (spec.network_mode == "none") return;
  // A process that gets a network of its own is led to the machine's address by its runtime.
  const bool shares = !options_.docker || spec.network_mode == "host";
  const std::string& address = shares ? machine_address_ : container_address_;
  if (address.empty()) return;
  const metadata::Introduction told{.address = address,
                                    .region = context_.account.region,
                                    .has_role = !services::task_role_arn(context_.state, task).empty(),
                                    .tell_apis = options_.serve_apis};
  for (drivers::ContainerSpec& container : spec.containers) {
    for (auto& [name, value] : metadata::agent_variables(task, container.name, secret_, told))
      container.environment[name] = value;
    for (auto& [name, value] : metadata::default_variables(told)) container.environment.emplace(name, value);
  }
}

std::optional<std::string> TaskDoor::secret_of(std::string_view access_key) const {
  return secret_.secret_of(context_.state, access_key, clock_.now());
}

}  // namespace cmd
