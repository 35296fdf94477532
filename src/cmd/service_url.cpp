#include <boost/json.hpp>

#include "cmd/options.h"

namespace cmd {

Result<std::string> service_url(client::AwsClient& aws, const stack::Options& options) {
  // Only our engine knows this page; on AWS the load balancer's name and the declared port are the whole truth.
  if (const auto usage = ask_engine(aws.settings(), "GET", "/_scaleout/usage")) {
    const stack::Names names(options);
    const boost::json::value tree = boost::json::parse(*usage);
    for (const auto& listener : tree.at("listeners").as_array()) {
      if (listener.at("load_balancer").as_string() != names.load_balancer) continue;
      if (const auto& error = listener.at("error").as_string(); !error.empty()) {
        return fail("ListenerNotBound", std::string(error));
      }
      if (listener.at("bound_port").as_int64() == 0) continue;
      return stack::http_url(listener.at("address").as_string(), listener.at("bound_port").as_int64());
    }
  }
  return stack::url(aws, options);
}

}  // namespace cmd
