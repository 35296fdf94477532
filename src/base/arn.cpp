#include "base/arn.h"

#include <fmt/format.h>

std::string Arn::text() const {
  return fmt::format("arn:{}:{}:{}:{}:{}", partition, service, region, account, resource);
}

std::optional<Arn> Arn::parse(std::string_view text) {
  if (!text.starts_with("arn:")) return std::nullopt;
  text.remove_prefix(4);
  Arn arn;
  for (std::string* part : {&arn.partition, &arn.service, &arn.region, &arn.account}) {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    *part = text.substr(0, colon);
    text.remove_prefix(colon + 1);
  }
  if (text.empty()) return std::nullopt;
  arn.resource = text;
  return arn;
}

std::string make_arn(const Account& account, std::string_view service, std::string_view resource) {
  return fmt::format("arn:aws:{}:{}:{}:{}", service, account.region, account.id, resource);
}
