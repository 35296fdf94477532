#include "engine/balancer_specs.h"

#include <doctest/doctest.h>

namespace engine {

TEST_CASE("a redirect without a query keeps the request's; one with an empty query drops it") {
  model::Listener listener;
  listener.default_actions.push_back({.type = "redirect"});
  auto& redirect = listener.default_actions[0].redirect;
  const auto query = [&] {
    return std::get<balancer::Redirect>(listener_spec(listener, {}, {}, {}).default_action).query;
  };
  CHECK(query() == "#{query}");
  redirect["Query"] = "";
  CHECK(query() == "");
  redirect["Query"] = "a=b";
  CHECK(query() == "a=b");
}

}  // namespace engine
