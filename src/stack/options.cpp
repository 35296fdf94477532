// The stack's bounds and names: pure.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdint>

#include "stack/stack.h"

namespace stack {

namespace {

constexpr std::size_t kBalancerNameMost = 32;  // AWS's, for load balancers and target groups; letters, digits and hyphens
constexpr std::size_t kFamilyMost = 255;

struct Bounds {
  std::string_view what;
  std::optional<int> wanted;
  int least, most;
};

Result<void> check_bounds(const Bounds& bounds) {
  const auto contradiction = [&](std::string_view flag, int value, std::string_view relation, std::string_view bound, int limit) {
    return fail("InvalidStack", fmt::format("--{}{} {} is {} --{}-{} {}", bounds.what, flag, value, relation, bounds.what, bound, limit));
  };
  if (bounds.least > bounds.most) return contradiction("-min", bounds.least, "above", "max", bounds.most);
  if (!bounds.wanted) return {};
  if (*bounds.wanted > bounds.most) return contradiction("", *bounds.wanted, "above", "max", bounds.most);
  if (*bounds.wanted < bounds.least) return contradiction("", *bounds.wanted, "below", "min", bounds.least);
  return {};
}

/// FNV-1a: the same in every release, since names must be found again.
std::uint32_t hash_of(std::string_view text) {
  std::uint32_t hash = 2166136261u;
  for (const unsigned char c : text) hash = (hash ^ c) * 16777619u;
  return hash;
}

/// The name cut to `most`; its end tells apart what the cut, or joining cluster and service by a hyphen, makes alike.
std::string marked(std::string name, const Options& options, std::size_t most) {
  const std::string mark = fmt::format("-{:08x}", hash_of(options.cluster + "/" + options.service));
  name.resize(std::min(name.size(), most - mark.size()));
  return name + mark;
}

/// The service's name is enough in the default cluster.
std::string scope_of(const Options& options) {
  return options.cluster == kDefaultCluster ? options.service : options.cluster + "-" + options.service;
}

std::string balancer_name(const std::string& prefix, const Options& options) {
  std::string name = prefix + scope_of(options);
  const auto strange = [](unsigned char c) { return !std::isalnum(c) && c != '-'; };
  const bool usable = name.size() <= kBalancerNameMost && std::none_of(name.begin(), name.end(), strange);
  if (usable && options.cluster == kDefaultCluster) return name;
  std::replace_if(name.begin(), name.end(), strange, '-');
  return marked(std::move(name), options, kBalancerNameMost);
}

std::string family_name(const Options& options) {
  return options.cluster == kDefaultCluster ? options.service : marked(scope_of(options), options, kFamilyMost);
}

}  // namespace

Result<void> check(const Options& options) {
  TRY_VOID(check_bounds({"nodes", options.nodes, options.nodes_min, options.nodes_max}));
  if (!options.autoscaling) return {};  // nothing else bounds the tasks
  return check_bounds({"tasks", options.tasks, options.tasks_min, options.tasks_max});
}

Names::Names(const Options& options)
    : load_balancer(balancer_name("ecs-lb-", options)),
      target_group(balancer_name("ecs-tg-", options)),
      launch_template("ecs-lt-" + options.cluster),
      node_group("ecs-nodes-" + options.cluster),
      log_group("/ecs/" + (options.cluster == kDefaultCluster ? "" : options.cluster + "/") + options.service),
      task_family(family_name(options)),
      service_policy("ecs-cpu-" + options.service),
      node_policy("ecs-nodes-cpu-" + options.cluster) {}

}  // namespace stack
