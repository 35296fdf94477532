// From an HTTP request to a service's handler (api/route.h) and back to an HTTP answer. The engine's wiring adds each
// service's table: dispatcher.add(api::ecs::model(), services::ecs::routes(), context).
//
// Always: a handler sees input that satisfies the model; an action without a handler, and malformed input of any kind, is
// answered in the protocol the client speaks. Synchronous: the caller decides when the answer leaves.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/route.h"
#include "api/type.h"
#include "base/result.h"
#include "net/http.h"
#include "wire/call.h"

namespace wire {

/// Fills the operation's input struct, in any protocol; not validated.
Result<void> decode_input(const Call& call, void* input);
/// The answer to `call` from the operation's output struct.
net::Response encode_output(const Call& call, const void* output, std::string_view request_id);

class Dispatcher {
 public:
  /// `routes` and `context` outlive the dispatcher.
  template <class Context>
  void add(const api::ServiceModel& model, std::span<const api::Route> routes, Context& context) {
    add_erased(model, routes, &context);
  }

  /// Which service, action and protocol a request means; an error names what was not understood. Borrows from `request`.
  Result<Call> identify(const net::Request& request) const;
  /// Runs the handler of an identified call. One that throws is answered as an error like any other.
  net::Response answer(const Call& call, std::string_view request_id);
  /// identify() and answer(), errors included.
  net::Response answer(const net::Request& request, std::string_view request_id);
  /// An error in the protocol of `call`, or of `request` where not even a call could be made of it.
  net::Response refuse(const net::Request& request, const Error& error, std::string_view request_id) const;

  /// How often each action was asked for that this engine does not serve, by "service:Action".
  const std::map<std::string, std::uint64_t>& unserved() const { return unserved_; }

 private:
  struct Service {
    const api::ServiceModel* model;
    void* context;
    std::vector<const api::Route*> routes;  // by index of model->operations; nullptr: not served
  };
  void add_erased(const api::ServiceModel& model, std::span<const api::Route> routes, void* context);
  net::Response count_unserved(const Call& call, std::string_view request_id);

  std::vector<Service> services_;
  std::vector<const api::ServiceModel*> models_;
  std::map<std::string, std::uint64_t> unserved_;
};

}  // namespace wire
