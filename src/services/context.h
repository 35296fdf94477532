// What a handler gets besides its input. Made by the engine for each request; every service takes the same one.
//
// A handler validates, reads or changes the state, and answers. It never blocks, never calls another service and starts
// nothing itself: it writes what is desired, and the engine closes the gap. If it answers an error, all its changes are
// undone; if it answers, they are one transaction.
#pragma once

#include <functional>
#include <set>
#include <string>

#include "base/address_plan.h"
#include "base/arn.h"
#include "base/random.h"
#include "base/result.h"
#include "base/time.h"
#include "state/log_store.h"
#include "state/metric_store.h"
#include "state/state.h"

namespace services {

struct Context {
  state::State& state;
  state::LogStore& logs;
  state::MetricStore& metrics;
  Random& random;
  const AddressPlan& addresses;
  Account account;
  Pace pace;                 ///< --time-scale: a period of P seconds is P/N real ones, in alarms and queries alike
  Instant now{};
  std::string endpoint;      ///< "http://127.0.0.1:4566": for answers that name the registry
  std::string access_key;    ///< of the caller, as sts names it
  /// The password that the registry takes until then. Empty: it takes any.
  std::function<std::string(Instant until)> registry_password{};
  /// A manifest's text from the registry's store: a local file of at most 4 MiB. Empty where there is no registry.
  std::function<Result<std::string>(const std::string& digest)> read_manifest{};
};

/// The first address of the plan that no load balancer has.
Result<std::string> free_balancer_address(const Context& context);

}  // namespace services
