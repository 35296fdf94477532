#include "cmd/service_url.h"

#include <boost/json.hpp>

#include "cmd/options.h"

namespace cmd {

namespace {

constexpr auto kBindPatience = seconds(10);

}  // namespace

Result<Bound> bound_listener(const boost::json::value& usage, const std::string& load_balancer, int port) {
  for (const auto& listener : usage.at("listeners").as_array()) {
    if (listener.at("load_balancer").as_string() != load_balancer) continue;
    if (listener.at("port").as_int64() != port) continue;
    if (const auto& error = listener.at("error").as_string(); !error.empty()) {
      return fail("ListenerNotBound", std::string(error));
    }
    return Bound{std::string(listener.at("address").as_string()),
                 static_cast<int>(listener.at("bound_port").as_int64())};
  }
  return Bound{};
}

Result<std::string> service_url(client::AwsClient& aws, const stack::Options& options) {
  // Only our engine knows this page; on AWS the load balancer's name and the declared port are the whole truth.
  if (!ask_engine(aws.settings(), "GET", "/_scaleout/usage")) return stack::url(aws, options);
  Bound bound;
  TRY_VOID(stack::wait_until(
      [&]() -> Result<bool> {
        TRY(const std::string usage, ask_engine(aws.settings(), "GET", "/_scaleout/usage"));
        TRY(bound, bound_listener(boost::json::parse(usage), stack::Names(options).load_balancer, options.port));
        return bound.address.empty() || bound.port != 0;
      },
      kBindPatience, "the load balancer to listen"));
  return bound.address.empty() ? stack::url(aws, options) : stack::http_url(bound.address, bound.port);
}

}  // namespace cmd
