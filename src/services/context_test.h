// A state in memory and the context that every handler gets, for the tests of all services.
#pragma once

#include <memory>

#include "services/context.h"
#include "state/store.h"

namespace services {

struct ContextFixture {
  std::unique_ptr<state::Store> store = state::Store::in_memory();
  state::State state{*store};
  std::unique_ptr<state::LogStore> logs = state::LogStore::in_memory();
  std::unique_ptr<state::MetricStore> metrics = state::MetricStore::in_memory();
  Random random{7};
  AddressPlan addresses{"services-test"};
  Context context{.state = state,
                  .logs = *logs,
                  .metrics = *metrics,
                  .random = random,
                  .addresses = addresses,
                  .account = {},
                  .pace = {},
                  .now = instant_from_ms(1'700'000'000'000),
                  .endpoint = "http://127.0.0.1:4566",
                  .access_key = "test"};
};

}  // namespace services
