// http-api: the sample service. Reads its settings, serves until SIGTERM, exits 0.
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <string_view>

#include "app/server.h"
#include "app/settings.h"

namespace {

constexpr int kExitFailure = 1;
constexpr int kExitUsage = 2;

void print(int descriptor, const std::string& text) {
  // Nothing can be done about a log that nobody takes.
  if (::write(descriptor, text.data(), text.size()) < 0) return;
}

int usage(int descriptor, int exit_code) {
  print(descriptor, "usage: http-api\nServes GET /api, /health, /metrics, /version. Settings, by environment:\n" +
                        std::string(http_api::settings_help()));
  return exit_code;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::string_view(argv[1]) == "--help") return usage(STDOUT_FILENO, 0);
  if (argc > 1) return usage(STDERR_FILENO, kExitUsage);

  const auto settings = http_api::read_settings([](const char* name) -> const char* { return std::getenv(name); });
  if (!settings) {
    print(STDERR_FILENO, "http-api: " + settings.error() + "\n");
    return kExitUsage;
  }
  const auto server = http_api::Server::open(*settings);
  if (!server) {
    print(STDERR_FILENO, "http-api: " + server.error() + "\n");
    return kExitFailure;
  }
  print(STDOUT_FILENO, "http-api " + settings->app_version + " listens on " + (*server)->url() + "\n");
  (*server)->run();
  return 0;
}
