#include "cmd/blocked.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "engine/reach.h"

namespace cmd {

std::vector<std::string> blocked_sentences(const state::State& state) {
  std::vector<std::string> sentences;
  const engine::Reach reach(state);
  for (const auto& [arn, listener] : state.listeners.all()) {
    const auto admitted = reach.admitted(listener);
    const auto ours = [](const std::string& cidr) { return control::overlap(cidr, "127.0.0.0/8"); };
    if (!admitted || std::ranges::any_of(*admitted, ours)) continue;
    const model::LoadBalancer* balancer = state.load_balancers.find(listener.load_balancer_arn);
    sentences.push_back(fmt::format("port {} of load balancer {} takes no connection from this machine: its security groups admit {}",
                                    listener.port, balancer ? balancer->name : listener.load_balancer_arn,
                                    admitted->empty() ? "nobody" : fmt::format("{} only", fmt::join(*admitted, ", "))));
  }
  for (const auto& [key, target] : state.targets.all()) {
    if (target.blocked.empty()) continue;
    const model::TargetGroup* group = state.target_groups.find(target.group_arn);
    sentences.push_back(fmt::format("target {} of {} is not reached: {}", target.member_id(),
                                    group ? group->name : target.group_arn, target.blocked));
  }
  return sentences;
}

std::string blocked_json(const state::State& state) {
  boost::json::array list;
  for (const std::string& sentence : blocked_sentences(state)) list.emplace_back(sentence);
  return boost::json::serialize(boost::json::object{{"blocked", std::move(list)}});
}

}  // namespace cmd
