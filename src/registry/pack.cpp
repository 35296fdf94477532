#include "registry/pack.h"

#include <fmt/format.h>
#include <zlib.h>

#include <boost/json.hpp>
#include <cstring>

#include "base/ustar.h"
#include "registry/digest.h"
#include "registry/durable_file.h"

namespace registry {
namespace fs = std::filesystem;
namespace json = boost::json;

namespace {
constexpr std::size_t kBinaryLimit = 1u << 30;  // it is read into memory; larger ones want a real image build

/// A ustar archive with one file: time 0, owner 0, so that only name and content decide its digest.
std::string tar_of(const std::string& name, std::string_view content) {
  std::string archive = ustar_header(name, content.size(), "0000755");
  archive += content;
  archive.append((kUstarBlock - content.size() % kUstarBlock) % kUstarBlock, '\0');
  archive.append(2 * kUstarBlock, '\0');
  return archive;
}

/// gzip with an empty header (no time, no name).
Result<std::string> gzip(std::string_view bytes) {
  z_stream stream{};
  if (deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    return fail("InternalError", "zlib cannot start");
  std::string packed(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  const int ended = deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  if (ended != Z_STREAM_END) return fail("InternalError", "zlib could not compress the layer");
  return packed;
}

json::object descriptor(std::string_view media_type, std::string_view digest, std::size_t size) {
  return {{"mediaType", media_type}, {"digest", digest}, {"size", size}};
}

std::string config_json(const PackRequest& request, const std::string& name, std::string_view layer_diff_id) {
  json::array entry_point{"/" + name}, environment;
  for (const std::string& argument : request.arguments) entry_point.emplace_back(argument);
  for (const auto& [key, value] : request.environment) environment.emplace_back(key + "=" + value);
  json::object ports, labels;
  for (const int port : request.exposed_ports) ports[fmt::format("{}/tcp", port)] = json::object();
  for (const auto& [key, value] : request.labels) labels[key] = value;
  json::object config{{"Entrypoint", std::move(entry_point)}, {"Env", std::move(environment)}, {"WorkingDir", "/"}};
  if (!ports.empty()) config["ExposedPorts"] = std::move(ports);
  if (!labels.empty()) config["Labels"] = std::move(labels);
#if defined(__aarch64__)
  constexpr const char* kArchitecture = "arm64";
#else
  constexpr const char* kArchitecture = "amd64";
#endif
  return json::serialize(json::object{{"architecture", kArchitecture},
                                      {"os", "linux"},
                                      {"config", std::move(config)},
                                      {"rootfs", {{"type", "layers"}, {"diff_ids", json::array{layer_diff_id}}}}});
}
}  // namespace

Result<PackedImage> pack_binary(const PackRequest& request) {
  std::error_code error;
  if (!fs::exists(request.binary, error))
    return fail("InvalidBinary", fmt::format("there is no file {}", request.binary.string()));
  if (!fs::is_regular_file(request.binary, error))
    return fail("InvalidBinary", fmt::format("{} is not a file", request.binary.string()));
  const std::string name = request.name.empty() ? request.binary.filename().string() : request.name;
  if (name.empty() || name.size() > 99 || name.find('/') != std::string::npos || name == "." || name == "..")
    return fail("InvalidBinary", fmt::format("'{}' cannot be the program's name in the image: 1 to 99 characters without /", name));
  TRY(const std::string binary, read_file(request.binary, kBinaryLimit));
  TRY_VOID(check_static_binary(binary, request.binary.string()));

  const std::string archive = tar_of(name, binary);
  PackedImage image;
  TRY(image.layer, gzip(archive));
  image.layer_digest = digest_of(image.layer);
  image.config = config_json(request, name, digest_of(archive));
  image.config_digest = digest_of(image.config);
  image.manifest = json::serialize(json::object{
      {"schemaVersion", 2},
      {"mediaType", "application/vnd.oci.image.manifest.v1+json"},
      {"config", descriptor("application/vnd.oci.image.config.v1+json", image.config_digest, image.config.size())},
      {"layers", json::array{descriptor("application/vnd.oci.image.layer.v1.tar+gzip", image.layer_digest, image.layer.size())}}});
  image.digest = digest_of(image.manifest);
  return image;
}

}  // namespace registry
