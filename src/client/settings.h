// Where to send AWS calls and as whom, by AWS's own conventions: flag > environment > profile > default. Read once by every
// command of the CLI.
//
// Holds always: with nothing configured the local engine is meant (http://127.0.0.1:4566, us-east-1, test/test). Real
// credentials are never needed to reach a loopback address, and missing ones are an error that says what to do.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "api/type.h"
#include "base/result.h"
#include "net/http_client.h"

namespace client {

inline constexpr std::string_view kLocalEndpoint = "http://127.0.0.1:4566";

struct Credentials {
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token;
  std::string source;  // "environment", "profile dev", "local default": for doctor and errors, never a secret
};

struct Flags {
  std::optional<std::string> endpoint_url;  // "aws": AWS's own endpoints
  std::optional<std::string> region;
  std::optional<std::string> profile;
};

/// What the process was started with; tests give their own.
struct Surroundings {
  std::function<std::optional<std::string>(const std::string& name)> environment;
  /// nullopt if there is no such file.
  std::function<std::optional<std::string>(const std::string& path)> read_file;
  static Surroundings of_process();
};

class Settings {
 public:
  static Result<Settings> load(const Flags& flags, const Surroundings& surroundings);

  struct Target {
    net::Endpoint endpoint;
    std::string signing_region;
    std::string source;  // which setting decided: "--endpoint-url", "AWS_ENDPOINT_URL_ECS", "the default"
  };
  Result<Target> target(const api::ServiceModel& service) const;
  /// Those found, or test/test for a loopback endpoint; else an error.
  Result<Credentials> credentials(const net::Endpoint& endpoint) const;

  const std::string& region() const { return region_; }
  const std::string& profile() const { return profile_; }

 private:
  struct Choice {
    std::string url;
    std::string source;
  };
  std::string region_;
  std::string profile_;
  std::optional<Choice> flag_;
  std::map<std::string, Choice> services_;  // by service_id()
  std::optional<Choice> general_;
  Result<Credentials> credentials_ = fail("CredentialsNotFound", "");
};

/// Whether it can be an AWS region's name: letters, digits and hyphens. New regions come, so there is no list.
bool is_region(std::string_view text);

/// As AWS_ENDPOINT_URL_<SERVICE> and the config file name it: "elastic_load_balancing_v2".
std::string service_id(const api::ServiceModel& service);

}  // namespace client
