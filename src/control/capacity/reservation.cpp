#include "control/capacity/reservation.h"

#include <fmt/format.h>

#include <algorithm>

namespace control {
namespace {

/// Tasks of one kind on one empty instance; 0: not even one.
int fit_on_one(const ReservationView& view, const WaitingTasks& waiting) {
  if (waiting.needs.cpu > view.cpu || waiting.needs.memory > view.memory) return 0;
  std::int64_t fit = waiting.count;
  if (waiting.needs.cpu.value > 0) fit = std::min(fit, view.cpu.value / waiting.needs.cpu.value);
  if (waiting.needs.memory.value > 0) fit = std::min(fit, view.memory.value / waiting.needs.memory.value);
  if (waiting.one_each || !waiting.needs.ports.empty()) fit = std::min<std::int64_t>(fit, 1);
  return static_cast<int>(fit);
}

}  // namespace

int instances_for(const ReservationView& view) {
  int most = 0;
  for (const WaitingTasks& waiting : view.waiting) {
    const int fit = fit_on_one(view, waiting);
    if (fit > 0) most = std::max(most, (waiting.count + fit - 1) / fit);
  }
  if (most == 0) return 0;
  return std::clamp(most, view.minimum_step, std::max(view.minimum_step, view.maximum_step));
}

Reservation reservation(const ReservationView& view) {
  const int more = instances_for(view);
  Reservation result;
  result.needed = more > 0 ? view.instances + more : view.used;
  if (view.instances == 0) {
    result.percent = result.needed > 0 ? 200 : 100;
    result.formula = fmt::format("no instance, {} needed: {}", result.needed, result.percent);
    return result;
  }
  result.percent = 100.0 * result.needed / view.instances;
  result.formula = fmt::format("100 * {} / {} = {}", result.needed, view.instances, result.percent);
  return result;
}

}  // namespace control
