#include "app/settings.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace http_api {
namespace {

using Failure = tl::unexpected<std::string>;

constexpr std::size_t kVersionBytesMax = 128;            // it is repeated in answers and metrics
constexpr std::uint64_t kWorkUsMax = 10'000'000;         // 10 s: longer than any client waits
constexpr std::uint64_t kTimeoutMsMin = 10;              // below this, honest clients are cut off
constexpr std::uint64_t kTimeoutMsMax = 24 * 3'600'000;  // a day

Failure refuse(const char* name, std::string_view value, std::string_view allowed) {
  return Failure(std::string(name) + "=\"" + std::string(value) + "\" is not valid: it must be " +
                 std::string(allowed));
}

struct Range {
  std::uint64_t min;
  std::uint64_t max;
};

tl::expected<std::uint64_t, std::string> read_number(const Environment& environment, const char* name,
                                                     std::uint64_t otherwise, Range range) {
  const char* set = environment(name);
  if (set == nullptr) return otherwise;
  const std::string_view text(set);
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number < range.min || number > range.max) {
    return refuse(name, text, "a whole number from " + std::to_string(range.min) + " to " + std::to_string(range.max));
  }
  return number;
}

bool is_ip_address(const std::string& host) {
  in6_addr address{};  // large enough for both families
  return inet_pton(AF_INET, host.c_str(), &address) == 1 || inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

bool is_printable(char c) { return c >= 0x20 && c < 0x7f; }

}  // namespace

tl::expected<Settings, std::string> read_settings(const Environment& environment) {
  Settings settings;
  if (const char* host = environment("HOST")) {
    // A static binary has no name service, so only the one name that needs none is understood.
    settings.host = std::string_view(host) == "localhost" ? "127.0.0.1" : host;
    if (!is_ip_address(settings.host)) {
      return refuse("HOST", host, "an IPv4 or IPv6 address, or localhost");
    }
  }
  if (const char* version = environment("APP_VERSION")) {
    settings.app_version = version;
    const auto& text = settings.app_version;
    if (text.empty() || text.size() > kVersionBytesMax || !std::all_of(text.begin(), text.end(), is_printable)) {
      return refuse("APP_VERSION", text.substr(0, kVersionBytesMax), "1 to 128 printable ASCII characters");
    }
  }
  auto port = read_number(environment, "PORT", settings.port, {0, 65'535});
  if (!port) return Failure(port.error());
  auto work = read_number(environment, "WORK_US", 0, {0, kWorkUsMax});
  if (!work) return Failure(work.error());
  const Range timeouts{kTimeoutMsMin, kTimeoutMsMax};
  auto client = read_number(environment, "CLIENT_TIMEOUT_MS", settings.client_timeout.count(), timeouts);
  if (!client) return Failure(client.error());
  auto idle = read_number(environment, "IDLE_TIMEOUT_MS", settings.idle_timeout.count(), timeouts);
  if (!idle) return Failure(idle.error());
  settings.port = static_cast<std::uint16_t>(*port);
  settings.work = std::chrono::microseconds(*work);
  settings.client_timeout = std::chrono::milliseconds(*client);
  settings.idle_timeout = std::chrono::milliseconds(*idle);
  return settings;
}

std::string_view settings_help() {
  return "  HOST               address to listen on: IPv4, IPv6 or localhost (0.0.0.0)\n"
         "  PORT               port to listen on, 0 to let the kernel choose (8080)\n"
         "  APP_VERSION        what GET /version answers (dev)\n"
         "  WORK_US            CPU microseconds burnt for each GET /api (0)\n"
         "  CLIENT_TIMEOUT_MS  time a client has to send a request, and to take its answer (10000)\n"
         "  IDLE_TIMEOUT_MS    how long an idle keep-alive connection stays open (75000)\n";
}

}  // namespace http_api
