#include "control/tasks/waiting.h"

#include <algorithm>
#include <set>
#include <tuple>

namespace control {

std::vector<Assignment> place_waiting(std::vector<WaitingTask> waiting, std::vector<NodeView>& nodes, Random& random) {
  std::ranges::sort(waiting, [](const WaitingTask& one, const WaitingTask& other) {
    return std::tie(one.task->created_at, one.task->id) < std::tie(other.task->created_at, other.task->id);
  });
  std::vector<Assignment> assignments;
  // Where one of a kind found no room, the next of its kind finds none either.
  std::set<std::tuple<std::string, std::string, std::string>> hopeless;
  for (WaitingTask& one : waiting) {
    const auto kind = std::tuple(one.task->group, one.task->task_definition_arn, one.task->capacity_provider);
    if (hopeless.contains(kind)) continue;
    const auto node = place(one.request, nodes, random);
    if (!node) {
      hopeless.insert(kind);
      continue;
    }
    assignments.push_back({one.task->id, nodes[*node].instance});
  }
  return assignments;
}

}  // namespace control
