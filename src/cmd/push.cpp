// `scaleout push`: an image of a static binary, made without Docker and pushed as Docker would.
#include <fmt/format.h>

#include <boost/json.hpp>
#include <iostream>

#include "api/ecr.h"
#include "cmd/local_engine.h"
#include "cmd/options.h"
#include "registry/pack.h"
#include "registry/push.h"

namespace cmd {

Result<std::string> engine_state_directory(const client::Settings& settings) {
  TRY(const auto health, engine_health(settings));
  std::string directory = text_member(health, "state");
  if (directory.empty()) return fail("NotAnEngine", "the endpoint's answer does not name a state directory");
  return directory;
}

Result<std::string> push_binary(client::AwsClient& aws, const PushOptions& options) {
  registry::PackRequest request;
  request.binary = options.binary;
  // The process runtime tells a program where to listen by HOST and PORT where its image says that it heeds them
  // (drivers/README.md); the values are for where nobody tells it.
  if (!options.fixed_port) request.environment = {{"HOST", "0.0.0.0"}, {"PORT", "8080"}};
  TRY(const registry::PackedImage image, registry::pack_binary(request));
  const auto created = aws.call<api::ecr::op::CreateRepository>({.repository_name = options.repository});
  if (!created && created.error().code != "RepositoryAlreadyExistsException") return tl::unexpected(created.error());
  TRY(const auto token, aws.call<api::ecr::op::GetAuthorizationToken>({}));
  if (!token.authorization_data || token.authorization_data->empty()) {
    return fail("BadResponse", "GetAuthorizationToken gave no token");
  }
  const api::ecr::AuthorizationData& access = token.authorization_data->front();
  // An engine's registry is where its API is, by whatever name we reach it.
  TRY(const client::Settings::Target target, aws.settings().target(api::ecr::model()));
  registry::PushTarget to{target.endpoint, access.authorization_token.value_or(""), options.repository, options.tag};
  if (to.endpoint.tls) {
    TRY(to.endpoint, net::Endpoint::parse(access.proxy_endpoint.value_or("")));
  }
  TRY_VOID(registry::push_image(to, image));
  return image.digest;
}

int run_push(const PushOptions& options) {
  if (const auto named = registry::check_names(options.repository, options.tag); !named) {
    return usage_error(named.error().message, "`scaleout push --help` says what can be written");
  }
  const auto settings = load_settings(options.connection);
  if (!settings) return report(settings.error());
  client::AwsClient aws(*settings);
  const auto digest = push_binary(aws, options);
  if (!digest) return report(digest.error());
  if (options.connection.json()) {
    std::cout << boost::json::serialize(boost::json::object{
                     {"repository", options.repository}, {"tag", options.tag}, {"digest", *digest}})
              << "\n";
  } else {
    std::cout << fmt::format("{}:{} {}\n", options.repository, options.tag, *digest);
  }
  return kOk;
}

}  // namespace cmd
