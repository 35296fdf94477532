#include "control/capacity/user_data.h"

#include <string_view>

namespace control {
namespace {

std::string decode_base64(std::string_view text) {
  std::string out;
  unsigned bits = 0;
  int held = 0;
  for (const char c : text) {
    int value = -1;
    if (c >= 'A' && c <= 'Z') value = c - 'A';
    if (c >= 'a' && c <= 'z') value = c - 'a' + 26;
    if (c >= '0' && c <= '9') value = c - '0' + 52;
    if (c == '+' || c == '-') value = 62;
    if (c == '/' || c == '_') value = 63;
    if (value < 0) continue;  // line breaks and padding
    bits = (bits << 6 | static_cast<unsigned>(value)) & 0xffffff;
    held += 6;
    if (held >= 8) {
      held -= 8;
      out.push_back(static_cast<char>(bits >> held & 0xff));
    }
  }
  return out;
}

bool name_char(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

}  // namespace

std::string cluster_of_user_data(const std::string& base64) {
  constexpr std::string_view kKey = "ECS_CLUSTER";
  const std::string script = decode_base64(base64);
  std::string cluster;
  for (std::size_t at = script.find(kKey); at != std::string::npos; at = script.find(kKey, at + 1)) {
    if (at > 0 && name_char(script[at - 1])) continue;  // the end of another name
    const std::size_t line = script.rfind('\n', at) + 1;  // npos + 1 is 0
    const std::size_t first = script.find_first_not_of(" \t", line);
    if (first != std::string::npos && script[first] == '#') continue;
    std::size_t value = at + kKey.size();
    while (value < script.size() && (script[value] == ' ' || script[value] == '\t')) ++value;
    if (value >= script.size() || script[value] != '=') continue;  // also "ECS_CLUSTER_X"
    ++value;
    while (value < script.size() && (script[value] == ' ' || script[value] == '"' || script[value] == '\'')) ++value;
    std::size_t end = value;
    while (end < script.size() && name_char(script[end])) ++end;
    if (end > value) cluster = script.substr(value, end - value);
  }
  return cluster.empty() ? "default" : cluster;
}

}  // namespace control
