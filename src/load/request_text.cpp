#include "load/request_text.h"

#include <fmt/format.h>
#include <strings.h>

#include <algorithm>

namespace load {

std::string request_text(const Plan& plan) {
  const auto given = [&](const char* name) {
    return std::any_of(plan.headers.begin(), plan.headers.end(),
                       [&](const auto& header) { return strcasecmp(header.first.c_str(), name) == 0; });
  };
  std::string text = fmt::format("{} {} HTTP/1.1\r\n", plan.method, plan.target.path);
  if (!given("Host")) text += "Host: " + plan.target.authority + "\r\n";
  if (!given("User-Agent")) text += "User-Agent: scaleout-load\r\n";
  if (!given("Accept")) text += "Accept: */*\r\n";
  for (const auto& [name, value] : plan.headers) text += name + ": " + value + "\r\n";
  const bool has_body = !plan.body.empty() || plan.method == "POST" || plan.method == "PUT" || plan.method == "PATCH";
  if (has_body) text += fmt::format("Content-Length: {}\r\n", plan.body.size());
  return text + "\r\n" + plan.body;
}

bool idempotent(const std::string& method) {
  static const std::string kMethods[] = {"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"};
  return std::find(std::begin(kMethods), std::end(kMethods), method) != std::end(kMethods);
}

}  // namespace load
