// The settings of http-api, read from the environment. Called by main.cpp once at start.
// Always holds: a Settings value is usable as it is; a bad setting is an error text, never a silent default.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

namespace http_api {

struct Settings {
  std::string host = "0.0.0.0";                      // HOST: an IP address, or localhost
  std::uint16_t port = 8080;                         // PORT: 0 lets the kernel choose
  std::string app_version = "dev";                   // APP_VERSION: told by /version
  std::chrono::microseconds work{0};                 // WORK_US: CPU time burnt for each /api request
  std::chrono::milliseconds client_timeout{10'000};  // CLIENT_TIMEOUT_MS: to send a request, to take its answer
  // IDLE_TIMEOUT_MS: longer than the 60 s a load balancer (ALB) keeps a connection, so that the balancer,
  // not this side, closes it: else a request can meet a connection that has just been closed.
  std::chrono::milliseconds idle_timeout{75'000};
};

/// Looks a variable up; null when it is not set. getenv in the program, a map in tests.
using Environment = std::function<const char*(const char* name)>;

/// The error is one sentence that names the variable, its value and what is allowed.
tl::expected<Settings, std::string> read_settings(const Environment& environment);

/// One line a setting, for --help.
std::string_view settings_help();

}  // namespace http_api
