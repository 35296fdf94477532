#include "control/autoscaling/group_details.h"

#include "base/record_codec.h"

namespace control {
namespace {

namespace json = boost::json;

json::array datapoints_of(const Evaluation& evaluation) {
  json::array points;
  for (const AlarmPoint& point : evaluation.points) {
    json::object one{{"at", to_iso8601(point.start)}};
    one["value"] = point.value ? json::value(*point.value) : json::value(nullptr);
    points.push_back(std::move(one));
  }
  return points;
}

json::object shown(const Proposal& proposal) {
  const Evaluation& evaluation = *proposal.evaluation;
  json::object alarm{{"name", proposal.alarm->name},
                     {"state", evaluation.state},
                     {"threshold", proposal.alarm->threshold},
                     {"value", *evaluation.value},
                     {"evaluatedAt", to_iso8601(evaluation.at)},
                     {"breaching", evaluation.breaching},
                     {"needed", evaluation.needed},
                     {"datapoints", datapoints_of(evaluation)}};
  json::object one{{"policy", proposal.policy->name},
                   {"type", proposal.policy->type},
                   {"direction", proposal.kind == Proposal::Kind::in ? "in" : "out"},
                   {"alarm", std::move(alarm)},
                   {"warming", proposal.at.warming},
                   {"terminating", proposal.at.terminating},
                   {"base", proposal.base},
                   {"formula", proposal.formula},
                   {"wanted", proposal.wanted}};
  if (proposal.policy->tracking) one["target"] = proposal.policy->tracking->target_value;
  return one;
}

}  // namespace

std::string group_details(const model::AutoScalingGroup& group, const Proposal& winner,
                          const std::vector<Proposal>& proposals, Change change) {
  json::array all;
  for (const Proposal& proposal : proposals) all.push_back(shown(proposal));
  return json::serialize(json::object{{"group", group.name},
                                      {"decidedAt", to_iso8601(change.now)},
                                      {"from", change.from},
                                      {"to", change.to},
                                      {"min", group.min_size},
                                      {"max", group.max_size},
                                      {"clamped", winner.wanted != change.to},
                                      {"winner", winner.policy->name},
                                      {"proposals", std::move(all)}});
}

}  // namespace control
