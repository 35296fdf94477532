// An image is made known to the daemon once, however many containers wait for it: from the engine's own store, else the
// daemon has it, else the daemon pulls it.
#include <fmt/format.h>

#include "base/log.h"
#include "drivers/docker/docker_loop.h"

namespace drivers::docker {
namespace json = boost::json;

namespace {
std::string text_at(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
}

/// The manifest's digest under which a registry had it; empty for an image that was built or loaded.
std::string digest_of(const json::object& image) {
  const json::value* digests = image.if_contains("RepoDigests");
  if (digests == nullptr || !digests->is_array() || digests->as_array().empty() || !digests->as_array()[0].is_string()) return {};
  const std::string name(digests->as_array()[0].as_string());
  const std::size_t at = name.find('@');
  return at == std::string::npos ? std::string() : name.substr(at + 1);
}

/// "repository", "tag" or digest, as the pull call wants them apart.
std::pair<std::string, std::string> split_tag(const std::string& name) {
  if (name.find('@') != std::string::npos) return {name, ""};
  const std::size_t slash = name.rfind('/'), colon = name.rfind(':');
  if (colon == std::string::npos || (slash != std::string::npos && colon < slash)) return {name, "latest"};
  return {name.substr(0, colon), name.substr(colon + 1)};
}
}  // namespace

void DockerDriver::Loop::ensure_image(const ContainerSpec& container, ImageDone done) {
  const std::string name = container.image + " " + container.manifest_digest;
  std::vector<ImageDone>& waiting = images_[name];
  waiting.push_back(std::move(done));
  if (waiting.size() > 1) return;
  std::optional<ImageFiles> files;
  if (options_.find_image) {
    auto found = options_.find_image(container);
    if (!found) return image_ready(name, tl::unexpected(found.error()));
    files = *std::move(found);
  }
  const std::string reference = files ? files->config_digest : container.image;
  api_.ask("/images/" + url_encode(reference) + "/json",
           [this, name, files = std::move(files), image = container.image](const Result<Answer>& answer) {
             if (!answer) return lost(answer.error());
             const json::object known = answer->object();
             if (answer->ok()) image_ready(name, ReadyImage{text_at(known, "Id"), files ? files->manifest_digest : digest_of(known)});
             else if (answer->status != 404) image_ready(name, fail("ImageError", answer->message()));
             else if (files) load_image(name, *files);
             else pull_image(name, image);
           });
}

void DockerDriver::Loop::image_ready(const std::string& name, const Result<ReadyImage>& image) {
  const auto found = images_.find(name);
  if (found == images_.end()) return;
  const std::vector<ImageDone> waiting = std::move(found->second);
  images_.erase(found);
  for (const ImageDone& done : waiting) done(image);
}

void DockerDriver::Loop::load_image(const std::string& name, ImageFiles files) {
  const ReadyImage ready{files.config_digest, files.manifest_digest};
  const std::uint64_t serial = ++last_upload_;
  uploads_[serial] = std::make_unique<ImageUpload>(daemon_.unix_path, std::move(files), [this, name, ready, serial](Result<void> loaded) {
    post([this, name, ready, serial, loaded = std::move(loaded)] {
      if (uploads_.erase(serial) == 0) return;  // cut off with the daemon: it is asked for again
      if (loaded) return image_ready(name, ready);
      const bool away = loaded.error().code == "ConnectFailed" || loaded.error().code == "ConnectionClosed";
      away ? lost(loaded.error()) : image_ready(name, tl::unexpected(loaded.error()));
    });
  });
}

void DockerDriver::Loop::pull_image(const std::string& name, const std::string& image) {
  const auto [repository, tag] = split_tag(image);
  log_info("docker runtime: pulling {}", image);
  // Progress as JSON lines; an error comes among them, after a 200.
  const auto problem = std::make_shared<std::string>();  // shared by the stream's two callbacks
  const auto line = std::make_shared<std::string>();
  api_.stream("POST", fmt::format("/images/create?fromImage={}&tag={}", url_encode(repository), url_encode(tag)),
              [problem, line](std::string_view bytes) {
                line->append(bytes);
                for (std::size_t end; (end = line->find('\n')) != std::string::npos; line->erase(0, end + 1)) {
                  json::error_code error;
                  const json::value step = json::parse(std::string_view(*line).substr(0, end), error);
                  if (!error && step.is_object() && step.as_object().contains("error")) *problem = text_at(step.as_object(), "error");
                }
              },
              [this, name, image, problem](const Result<Answer>& answer) {
                if (!answer) return lost(answer.error());
                if (!answer->ok()) return image_ready(name, fail("PullFailed", answer->message()));
                if (!problem->empty()) return image_ready(name, fail("PullFailed", *problem));
                api_.ask("/images/" + url_encode(image) + "/json", [this, name](const Result<Answer>& known) {
                  if (!known) return lost(known.error());
                  if (!known->ok()) return image_ready(name, fail("PullFailed", known->message()));
                  image_ready(name, ReadyImage{text_at(known->object(), "Id"), digest_of(known->object())});
                });
              });
}

}  // namespace drivers::docker
