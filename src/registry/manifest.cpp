// The JSON of OCI (and Docker schema 2) manifests and image configurations.
#include <fmt/format.h>

#include <boost/json.hpp>
#include <charconv>

#include "registry/image_store.h"

namespace registry {
namespace json = boost::json;

namespace {
const json::object* object_at(const json::object& parent, std::string_view key) {
  const json::value* value = parent.if_contains(key);
  return value != nullptr && value->is_object() ? &value->as_object() : nullptr;
}

std::string text_at(const json::object& parent, std::string_view key) {
  const json::value* value = parent.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
}

std::vector<std::string> texts_at(const json::object& parent, std::string_view key) {
  std::vector<std::string> texts;
  if (const json::value* value = parent.if_contains(key); value != nullptr && value->is_array())
    for (const json::value& item : value->as_array())
      if (item.is_string()) texts.emplace_back(item.as_string());
  return texts;
}

Result<json::object> parse_object(std::string_view text, std::string_view what) {
  json::parse_options options;
  options.max_depth = 32;
  json::error_code error;
  json::value value = json::parse(text, error, {}, options);
  if (error || !value.is_object()) return fail("InvalidManifest", fmt::format("the {} is not a JSON object", what));
  return std::move(value.as_object());
}

Result<BlobDescriptor> parse_descriptor(const json::object& object) {
  BlobDescriptor descriptor{text_at(object, "mediaType"), text_at(object, "digest"), 0};
  const json::value* size = object.if_contains("size");
  if (!is_digest(descriptor.digest) || size == nullptr || !size->is_int64() || size->as_int64() < 0)
    return fail("InvalidManifest", "a descriptor of the manifest lacks a sha256 or sha512 digest or a size");
  descriptor.size = static_cast<std::uint64_t>(size->as_int64());
  return descriptor;
}
}  // namespace

Result<Manifest> parse_manifest(std::string_view text) {
  TRY(const json::object object, parse_object(text, "manifest"));
  if (object.contains("manifests"))
    return fail("InvalidManifest", "this is an index of several platforms, not an image");
  Manifest manifest;
  manifest.digest = digest_of(text);
  manifest.media_type = text_at(object, "mediaType");
  const json::object* config = object_at(object, "config");
  const json::value* layers = object.if_contains("layers");
  if (config == nullptr || layers == nullptr || !layers->is_array())
    return fail("InvalidManifest", "the manifest lacks config or layers");
  TRY(manifest.config_blob, parse_descriptor(*config));
  manifest.size = text.size() + manifest.config_blob.size;
  for (const json::value& layer : layers->as_array()) {
    if (!layer.is_object()) return fail("InvalidManifest", "a layer of the manifest is not an object");
    TRY(BlobDescriptor descriptor, parse_descriptor(layer.as_object()));
    manifest.size += descriptor.size;
    manifest.layers.push_back(std::move(descriptor));
  }
  return manifest;
}

namespace {
#if defined(__aarch64__)
constexpr std::string_view kArchitecture = "arm64";
#else
constexpr std::string_view kArchitecture = "amd64";
#endif

/// Layers that a registry need not have: clients fetch them from the URLs they name.
bool fetched_elsewhere(const BlobDescriptor& layer) {
  return layer.media_type.find(".nondistributable.") != std::string::npos ||
         layer.media_type.find(".foreign.") != std::string::npos;
}

Result<std::vector<BlobDescriptor>> parse_descriptors(const json::object& parent, std::string_view key) {
  std::vector<BlobDescriptor> descriptors;
  const json::value* list = parent.if_contains(key);
  if (list == nullptr || !list->is_array())
    return fail("InvalidManifest", fmt::format("the manifest's {} is not a list", key));
  for (const json::value& item : list->as_array()) {
    if (!item.is_object()) return fail("InvalidManifest", fmt::format("an entry of {} is not an object", key));
    TRY(BlobDescriptor descriptor, parse_descriptor(item.as_object()));
    descriptors.push_back(std::move(descriptor));
  }
  return descriptors;
}
}  // namespace

Result<ManifestFacts> parse_manifest_facts(std::string_view text) {
  TRY(const json::object object, parse_object(text, "manifest"));
  const json::value* version = object.if_contains("schemaVersion");
  if (version == nullptr || !version->is_int64() || version->as_int64() != 2)
    return fail("InvalidManifest", "the manifest's schemaVersion is not 2");
  ManifestFacts facts;
  facts.media_type = text_at(object, "mediaType");
  facts.artifact_type = text_at(object, "artifactType");
  facts.index = object.contains("manifests");
  if (const json::object* subject = object_at(object, "subject")) {
    TRY(const BlobDescriptor descriptor, parse_descriptor(*subject));
    facts.subject = descriptor.digest;
  }
  if (const json::object* annotations = object_at(object, "annotations"))
    for (const auto& [key, value] : *annotations)
      if (value.is_string()) facts.annotations[std::string(key)] = std::string(value.as_string());
  if (facts.index) {
    TRY(facts.manifests, parse_descriptors(object, "manifests"));
    for (const json::value& item : object.at("manifests").as_array()) {
      const json::object* platform = object_at(item.as_object(), "platform");
      if (platform == nullptr || !facts.for_this_machine.empty()) continue;
      if (text_at(*platform, "os") == "linux" && text_at(*platform, "architecture") == kArchitecture)
        facts.for_this_machine = text_at(item.as_object(), "digest");
    }
    return facts;
  }
  const json::object* config = object_at(object, "config");
  if (config == nullptr) return fail("InvalidManifest", "the manifest lacks config");
  TRY(BlobDescriptor descriptor, parse_descriptor(*config));
  if (facts.artifact_type.empty()) facts.artifact_type = descriptor.media_type;
  facts.blobs.push_back(std::move(descriptor));
  TRY(const std::vector<BlobDescriptor> layers, parse_descriptors(object, "layers"));
  for (const BlobDescriptor& layer : layers)
    if (!fetched_elsewhere(layer)) facts.blobs.push_back(layer);
  return facts;
}

Result<ImageConfig> parse_image_config(std::string_view text) {
  TRY(const json::object whole, parse_object(text, "image configuration"));
  ImageConfig config;
  const json::object* object = object_at(whole, "config");
  if (object == nullptr) return config;
  config.entry_point = texts_at(*object, "Entrypoint");
  config.command = texts_at(*object, "Cmd");
  config.working_directory = text_at(*object, "WorkingDir");
  config.user = text_at(*object, "User");
  for (const std::string& pair : texts_at(*object, "Env"))
    if (const std::size_t equals = pair.find('='); equals != std::string::npos)
      config.environment[pair.substr(0, equals)] = pair.substr(equals + 1);
  if (const json::object* ports = object_at(*object, "ExposedPorts"))
    for (const auto& port : *ports) {
      int number = 0;
      const std::string_view key = port.key();
      if (std::from_chars(key.data(), key.data() + key.size(), number).ec == std::errc())
        config.exposed_ports.push_back(number);
    }
  if (const json::object* labels = object_at(*object, "Labels"))
    for (const auto& label : *labels)
      if (label.value().is_string()) config.labels[std::string(label.key())] = std::string(label.value().as_string());
  return config;
}

}  // namespace registry
