// `scaleout push`: an image of a static binary, straight into the engine's image store, without Docker.
#include <fmt/format.h>

#include <boost/json.hpp>
#include <filesystem>
#include <iostream>

#include "api/ecr.h"
#include "cmd/local_engine.h"
#include "cmd/options.h"
#include "registry/pack.h"

namespace cmd {

Result<std::string> engine_state_directory(const client::Settings& settings) {
  TRY(const std::string health, ask_engine(settings, "GET", "/_scaleout/health"));
  boost::system::error_code error;
  const boost::json::value tree = boost::json::parse(health, error);
  if (error || !tree.is_object() || !tree.get_object().contains("state")) {
    return fail("NotAnEngine", "the endpoint's answer does not name a state directory");
  }
  return std::string(tree.at("state").as_string());
}

Result<std::string> push_binary(client::AwsClient& aws, const PushOptions& options) {
  TRY(const std::string state, engine_state_directory(aws.settings()));
  const auto created = aws.call<api::ecr::op::CreateRepository>({.repository_name = options.repository});
  if (!created && created.error().code != "RepositoryAlreadyExistsException") return tl::unexpected(created.error());
  TRY(const registry::ImageStore store, registry::ImageStore::open(std::filesystem::path(state) / "images"));
  registry::PackRequest request;
  request.binary = options.binary;
  TRY(const registry::PackedImage image, registry::pack_binary(store, request));
  return store.put_manifest(options.repository, options.tag, image.manifest, SteadyWallClock().now());
}

int run_push(const PushOptions& options) {
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
