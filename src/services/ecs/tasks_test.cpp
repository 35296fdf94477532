#include <doctest/doctest.h>

#include "services/context_test.h"
#include "services/ecs/handlers.h"

namespace services::ecs {

TEST_CASE_FIXTURE(services::ContextFixture, "UpdateTaskProtection_EndsAtPace") {
  context.pace = Pace{20};
  model::Cluster cluster;
  cluster.name = "c";
  cluster.status = "ACTIVE";
  state.clusters.put(cluster);
  model::Task task;
  task.id = "t";
  task.arn = "arn:t";
  task.cluster = "c";
  task.service = "web";
  task.desired_status = "RUNNING";
  state.tasks.put(task);
  const auto put = update_task_protection(
      context,
      {.cluster = "c", .tasks = std::vector<std::string>{"t"}, .protection_enabled = true, .expires_in_minutes = 10});
  REQUIRE(put);
  CHECK(state.tasks.find("t")->protected_until == context.now + seconds(30));
  REQUIRE(put->protected_tasks->size() == 1);
  const auto shown = [&] {
    const auto got = get_task_protection(context, {.cluster = "c", .tasks = std::vector<std::string>{"t"}});
    return got->protected_tasks->at(0);
  };
  CHECK(shown().expiration_date == put->protected_tasks->front().expiration_date);  // a clock's time, like every other
  context.now += seconds(30);
  CHECK(shown().protection_enabled == false);
}

}  // namespace services::ecs
