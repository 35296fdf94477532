#include "control/health/reach.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>

namespace control {

namespace {

constexpr const char* kEverywhere = "0.0.0.0/0";
constexpr const char* kThisMachine = "127.0.0.0/8";

struct Block {
  std::uint32_t first = 0;
  int bits = 0;
};

std::optional<Block> parse_block(const std::string& cidr) {
  unsigned a = 0, b = 0, c = 0, d = 0, bits = 0;
  char rest = 0;
  if (std::sscanf(cidr.c_str(), "%3u.%3u.%3u.%3u/%2u%c", &a, &b, &c, &d, &bits, &rest) != 5) return std::nullopt;
  if (a > 255 || b > 255 || c > 255 || d > 255 || bits > 32) return std::nullopt;
  return Block{(a << 24) | (b << 16) | (c << 8) | d, static_cast<int>(bits)};
}

bool passes_port(const model::SecurityRule& rule, int port) {
  if (rule.protocol == "-1") return true;
  return rule.protocol == "tcp" && rule.from_port <= port && port <= rule.to_port;
}

bool means(const model::SecurityRule& rule, const Side& peer) {
  if (!rule.group.empty()) {
    return std::ranges::any_of(peer.groups, [&](const model::SecurityGroup* group) { return group->id == rule.group; });
  }
  return rule.cidr == kEverywhere ||
         std::ranges::any_of(peer.networks, [&](const std::string& network) { return overlap(rule.cidr, network); });
}

bool lets_through(const Side& side, bool egress, const Side& peer, int port) {
  if (side.groups.empty()) return true;
  return std::ranges::any_of(side.groups, [&](const model::SecurityGroup* group) {
    return std::ranges::any_of(group->rules, [&](const model::SecurityRule& rule) {
      return rule.egress == egress && passes_port(rule, port) && means(rule, peer);
    });
  });
}

std::string named(const Side& side) {
  std::string ids;
  for (const model::SecurityGroup* group : side.groups) ids += (ids.empty() ? "" : ", ") + group->id;
  return fmt::format("the security groups of {} ({})", side.name, ids);
}

}  // namespace

bool overlap(const std::string& cidr, const std::string& other) {
  const auto one = parse_block(cidr), two = parse_block(other);
  if (!one || !two) return false;
  const int bits = std::min(one->bits, two->bits);
  return bits == 0 || (one->first >> (32 - bits)) == (two->first >> (32 - bits));
}

std::string blocked(const Side& from, const Side& to, int port) {
  if (!lets_through(from, true, to, port)) {
    return fmt::format("{} let nothing out to {} on TCP port {}", named(from), to.name, port);
  }
  if (!lets_through(to, false, from, port)) {
    return fmt::format("{} let nothing in from {} on TCP port {}", named(to), from.name, port);
  }
  return "";
}

std::optional<std::vector<std::string>> admitted(const Side& balancer, int port, const std::string& vpc_cidr) {
  if (balancer.groups.empty()) return std::nullopt;
  std::vector<std::string> cidrs;
  const auto add = [&](const std::string& cidr) {
    if (std::ranges::count(cidrs, cidr) == 0) cidrs.push_back(cidr);
  };
  for (const model::SecurityGroup* group : balancer.groups) {
    for (const model::SecurityRule& rule : group->rules) {
      if (rule.egress || !passes_port(rule, port)) continue;
      if (rule.cidr == kEverywhere) return std::nullopt;
      if (!rule.group.empty() || overlap(rule.cidr, vpc_cidr)) add(kThisMachine);
      if (parse_block(rule.cidr)) add(rule.cidr);
    }
  }
  std::ranges::sort(cidrs);  // the same rules in another order are the same
  return cidrs;
}

}  // namespace control
