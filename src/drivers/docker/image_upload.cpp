#include "drivers/docker/image_upload.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "base/ustar.h"

namespace drivers::docker {
namespace fs = std::filesystem;
namespace json = boost::json;

namespace {
constexpr std::size_t kBuffer = 256 * 1024;

struct Entry {
  std::string name;
  fs::path file;     ///< its content, or
  std::string text;  ///< this
  std::uint64_t size = 0;
};

std::string hex_of(const std::string& digest) { return digest.substr(digest.find(':') + 1); }

Result<std::vector<Entry>> entries_of(const ImageFiles& image) {
  std::vector<Entry> entries;
  json::array layers;
  entries.push_back({hex_of(image.config_digest) + ".json", image.config, {}, 0});
  for (std::size_t i = 0; i < image.layers.size(); ++i) {
    const std::string name = fmt::format("layer-{}.tar", i);
    layers.emplace_back(name);
    entries.push_back({name, image.layers[i], {}, 0});
  }
  for (Entry& entry : entries) {
    std::error_code error;
    entry.size = fs::file_size(entry.file, error);
    if (error) return fail("FileError", fmt::format("cannot read {}: {}", entry.file.string(), error.message()));
  }
  json::object manifest{{"Config", entries.front().name}, {"Layers", std::move(layers)}};
  manifest["RepoTags"] = image.name.empty() ? json::array() : json::array{image.name};
  Entry last{"manifest.json", {}, json::serialize(json::array{std::move(manifest)}), 0};
  last.size = last.text.size();
  entries.push_back(std::move(last));
  return entries;
}

std::uint64_t padding(std::uint64_t size) { return (kUstarBlock - size % kUstarBlock) % kUstarBlock; }

/// One blocking exchange on a connected socket.
class Exchange {
 public:
  explicit Exchange(int fd) : fd_(fd) {}

  Result<void> run(const ImageFiles& image) {
    TRY(const std::vector<Entry> entries, entries_of(image));
    std::uint64_t size = 2 * kUstarBlock;
    for (const Entry& entry : entries) size += kUstarBlock + entry.size + padding(entry.size);
    TRY_VOID(send(fmt::format("POST /v1.41/images/load?quiet=1 HTTP/1.1\r\nHost: docker\r\nContent-Type: application/x-tar\r\n"
                              "Content-Length: {}\r\nConnection: close\r\n\r\n",
                              size)));
    for (const Entry& entry : entries) {
      TRY_VOID(send(ustar_header(entry.name, entry.size, "0000644")));
      TRY_VOID(entry.text.empty() ? send_file(entry) : send(entry.text));
      TRY_VOID(send(std::string(padding(entry.size), '\0')));
    }
    TRY_VOID(send(std::string(2 * kUstarBlock, '\0')));
    return read_answer();
  }

 private:
  Result<void> send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return fail("ConnectionClosed", std::string("the Docker daemon took only a part of the image: ") + std::strerror(errno));
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return {};
  }

  Result<void> send_file(const Entry& entry) {
    std::ifstream file(entry.file, std::ios::binary);
    std::string buffer(kBuffer, '\0');
    for (std::uint64_t left = entry.size; left > 0;) {
      file.read(buffer.data(), static_cast<std::streamsize>(std::min<std::uint64_t>(left, buffer.size())));
      const auto got = static_cast<std::size_t>(file.gcount());
      if (got == 0) return fail("FileError", "cannot read " + entry.file.string());
      TRY_VOID(send(std::string_view(buffer).substr(0, got)));
      left -= got;
    }
    return {};
  }

  /// Progress as JSON lines; an error comes among them, after a 200.
  Result<void> read_answer() {
    std::string answer;
    char buffer[4096];
    for (;;) {
      const ssize_t n = ::recv(fd_, buffer, sizeof buffer, 0);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return fail("ConnectionClosed", std::string("the Docker daemon's answer was cut: ") + std::strerror(errno));
      if (n == 0) break;
      if (answer.size() < (1u << 20)) answer.append(buffer, static_cast<std::size_t>(n));
    }
    if (answer.empty()) return fail("ConnectionClosed", "the Docker daemon went away while it took the image");
    const std::size_t error = answer.find("\"error\":\"");
    const bool good = answer.starts_with("HTTP/1.1 2") && error == std::string::npos;
    if (good) return {};
    const std::size_t body = answer.find("\r\n\r\n");
    return fail("LoadFailed", "the Docker daemon did not take the image: " +
                                  answer.substr(error != std::string::npos ? error : body == std::string::npos ? 0 : body + 4, 400));
  }

  int fd_;
};
}  // namespace

ImageUpload::ImageUpload(std::string socket, ImageFiles image, std::function<void(Result<void>)> done) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  socket.copy(address.sun_path, sizeof address.sun_path - 1);
  fd_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  thread_ = std::thread([this, address, image = std::move(image), done = std::move(done)] {
    if (fd_ < 0 || ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
      return done(fail("ConnectFailed", std::string("cannot connect to the Docker daemon: ") + std::strerror(errno)));
    done(Exchange(fd_).run(image));
  });
}

ImageUpload::~ImageUpload() {
  if (fd_ >= 0) ::shutdown(fd_, SHUT_RDWR);
  thread_.join();
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace drivers::docker
