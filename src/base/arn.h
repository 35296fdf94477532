// Amazon Resource Names: "arn:aws:ecs:us-east-1:123456789012:service/cluster/name".
#pragma once

#include <optional>
#include <string>
#include <string_view>

/// Who and where the engine pretends to be.
struct Account {
  std::string id = "123456789012";
  std::string region = "us-east-1";
};

struct Arn {
  std::string partition, service, region, account, resource;
  std::string text() const;
  static std::optional<Arn> parse(std::string_view text);
};

/// make_arn(account, "ecs", "cluster/web")
std::string make_arn(const Account& account, std::string_view service, std::string_view resource);
