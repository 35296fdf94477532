#include "control/capacity/reservation.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

using namespace control;

namespace {

ReservationView t2_micro(int instances, int used, std::vector<WaitingTasks> waiting = {}) {
  return {.instances = instances, .used = used, .cpu = {1024}, .memory = {983}, .waiting = std::move(waiting)};
}
WaitingTasks waiting(int count, std::int64_t cpu, std::int64_t memory = 128) { return {{{cpu}, {memory}, {}}, count}; }

}  // namespace

TEST_CASE("Reservation_NothingWaits_UsedInstancesInPercentOfThoseThere") {
  CHECK(reservation(t2_micro(4, 4)).percent == 100);
  CHECK(reservation(t2_micro(4, 3)).percent == 75);
  CHECK(reservation(t2_micro(4, 0)).percent == 0);
}

TEST_CASE("Reservation_NoInstance_Is100WithoutNeedAnd200WithNeed") {
  CHECK(reservation(t2_micro(0, 0)).percent == 100);
  CHECK(reservation(t2_micro(0, 0, {waiting(1, 256)})).percent == 200);
  CHECK(reservation(t2_micro(0, 0, {waiting(40, 256)})).percent == 200);
}

TEST_CASE("Reservation_WaitingTasksAreBinpackedOnInstancesOfTheGroupsType") {
  // 1024 / 256 = 4 to an instance: nine need three more
  const Reservation nine = reservation(t2_micro(2, 2, {waiting(9, 256)}));
  CHECK(nine.needed == 5);
  CHECK(nine.percent == 250);
  CHECK(nine.formula == "100 * 5 / 2 = 250");
  CHECK(reservation(t2_micro(2, 2, {waiting(9, 256, 500)})).needed == 11);  // memory: one to an instance
  // empty instances do not make up for it: what waits did not fit them
  CHECK(reservation(t2_micro(2, 1, {waiting(1, 256)})).needed == 3);
}

TEST_CASE("Reservation_GroupsWithIdenticalNeedsAreNotAddedUp_TheLargestCounts") {
  CHECK(instances_for(t2_micro(1, 1, {waiting(8, 256), waiting(3, 1024)})) == 3);
}

TEST_CASE("Reservation_TasksThatFitNoInstanceAreIgnored") {
  CHECK(instances_for(t2_micro(1, 1, {waiting(5, 2048)})) == 0);
  CHECK(reservation(t2_micro(2, 1, {waiting(5, 2048)})).percent == 50);
}

TEST_CASE("Reservation_StepIsBoundedByMinimumAndMaximum") {
  ReservationView view = t2_micro(10, 10, {waiting(1, 256)});
  view.minimum_step = 3;
  CHECK(reservation(view).needed == 13);
  view.waiting = {waiting(400, 256)};
  view.maximum_step = 5;
  CHECK(reservation(view).needed == 15);
}

TEST_CASE("Reservation_FixedPortsAndDistinctInstanceTakeOneInstanceEach") {
  WaitingTasks fixed = waiting(3, 128);
  fixed.needs.ports = {8080};
  CHECK(instances_for(t2_micro(1, 1, {fixed})) == 3);
  WaitingTasks distinct = waiting(3, 128);
  distinct.one_each = true;
  CHECK(instances_for(t2_micro(1, 1, {distinct})) == 3);
}

TEST_CASE("Reservation_Property_SignAgreesWithNeed") {
  CHECK(rc::check("above 100 exactly when something that fits waits; never above 100 otherwise", [] {
    const int instances = *rc::gen::inRange(1, 50);
    const int used = *rc::gen::inRange(0, instances + 1);
    const int count = *rc::gen::inRange(0, 100);
    const int cpu = *rc::gen::inRange(1, 2000);
    const Reservation got = reservation(t2_micro(instances, used, {waiting(count, cpu)}));
    if (count > 0 && cpu <= 1024) {
      RC_ASSERT(got.percent > 100);
    } else {
      RC_ASSERT(got.percent <= 100);
      RC_ASSERT(got.needed == used);
    }
  }));
}
