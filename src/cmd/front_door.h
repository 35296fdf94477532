// The engine's HTTP side: an AWS request becomes a handler's call, a transaction and an answer. Runs on the thread that
// owns the state.
//
// What always holds: an answer that acknowledges a change leaves after the change is durable, and shows nothing that is
// not; a handler that fails changes nothing, and undoes nothing but its own; a repeated request (same
// amz-sdk-invocation-id) gets its first answer.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/random.h"
#include "base/time.h"
#include "net/http.h"
#include "net/http_server.h"
#include "services/context.h"
#include "state/store.h"
#include "wire/dispatch.h"
#include "wire/sigv4.h"

namespace cmd {

class FrontDoor {
 public:
  struct Hooks {
    std::function<void()> changed;                ///< the state changed: tick
    std::function<std::string()> health;          ///< JSON of /_scaleout/health
    std::function<std::string()> usage;           ///< JSON of /_scaleout/usage
    std::function<std::string()> scaling;         ///< JSON of /_scaleout/scaling
    std::function<std::string()> metrics;         ///< Prometheus text of /metrics, without what the front door counts
    std::function<void()> reset;                  ///< POST /_scaleout/reset; empty: not allowed
    std::function<void()> shut_down;              ///< POST /_scaleout/shutdown
  };

  /// `secret_of`: checks signatures (--auth); empty: any credentials are taken.
  FrontDoor(state::Store& store, services::Context& context, const Clock& clock, Random& random,
            wire::SecretOf secret_of, Hooks hooks);
  void handle(net::Request&& request, net::Responder respond);

 private:
  void handle_aws(net::Request&& request, net::Responder respond);
  bool handle_own(const net::Request& request, net::Responder& respond);
  /// An answer on its way, and how to word a refusal in its client's protocol should the disk have no room for it.
  struct Answer {
    net::Response response;
    net::Responder respond;
    const api::ServiceModel* service = nullptr;
    api::Protocol protocol = api::Protocol::json11;
    std::string request_id;
    state::LogStore::Number logged = 0;  ///< of the log events that it acknowledges; 0: of none
    void refuse(const Error& error);
  };
  void send_when_durable(state::Commit commit, Answer answer);
  void send_when_logged(Answer answer);

  state::Store& store_;
  services::Context& context_;
  const Clock& clock_;
  Random& random_;
  wire::SecretOf secret_of_;
  Hooks hooks_;
  wire::Dispatcher dispatcher_;
  std::uint64_t requests_ = 0, errors_ = 0, repeats_ = 0;
};

}  // namespace cmd
