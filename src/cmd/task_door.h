// Where tasks reach the engine, and what they are told there: metadata and credentials at the engine's port, for tasks
// of this machine's own network at its address, for containers with a network of their own at 169.254.170.2. Owned by
// the engine's wiring.
//
// What always holds: a task is told only of an address that listens; the listener at 169.254.170.2 answers this machine
// and its bridges alone.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/time.h"
#include "drivers/driver.h"
#include "engine/engine.h"
#include "net/http_server.h"
#include "services/context.h"
#include "services/task_metadata/endpoint.h"
#include "services/task_metadata/task_secret.h"

namespace cmd {

/// The ECS agent's, one of the few that SDKs take credentials from over http.
inline constexpr const char* kTaskAddress = "169.254.170.2";

/// Takes the address from this machine when no engine listens at it any more, if one of ours gave it.
void remove_task_address();

class TaskDoor {
 public:
  struct Options {
    std::string directory;   ///< the state's; the secret lies there
    bool docker = false;     ///< tasks have networks of their own
    bool serve_apis = true;  ///< to tasks too, not to the machine alone
  };
  using Handler = std::function<void(net::Request&&, net::Responder)>;

  /// All outlive it. Fails if the secret can neither be read nor made.
  static Result<std::unique_ptr<TaskDoor>> open(Options options, const services::Context& context,
                                                const engine::Engine& engine, const Clock& clock);

  static bool serves(std::string_view path) { return services::task_metadata::Endpoint::serves(path); }
  void handle(const net::Request& request, net::Responder respond);

  /// Once the engine listens: at `address` for tasks of this machine's network; containers get a listener of their own,
  /// with the same port and handler. Where that cannot be, the log says so and they are told nothing.
  void listen(net::EventLoop& loop, const net::HttpServer::Options& options, const std::string& address,
              const Handler& handler);
  /// "127.0.0.1:4566": what tasks of this machine's network are told. Empty: no TCP there.
  const std::string& machine_address() const { return machine_address_; }
  /// As HttpServer::stop.
  void stop(net::Task drained);
  /// The environment of a task's containers.
  void introduce(drivers::TaskSpec& spec, const model::Task& task) const;
  /// The secret of a task's access key.
  std::optional<std::string> secret_of(std::string_view access_key) const;

 private:
  TaskDoor(Options options, std::string secret, const services::Context& context, const engine::Engine& engine,
           const Clock& clock);
  Result<void> listen_for_containers(net::EventLoop& loop, net::HttpServer::Options options, const std::string& wanted,
                                     const Handler& handler);
  services::task_metadata::Sources sources(const engine::Engine& engine) const;

  Options options_;
  services::task_metadata::TaskSecret secret_;
  const services::Context& context_;
  const Clock& clock_;
  services::task_metadata::Endpoint endpoint_;
  std::string machine_address_;
  std::string container_address_;  ///< "169.254.170.2:4566"; empty: not reached
  std::unique_ptr<net::HttpServer> server_;
};

}  // namespace cmd
