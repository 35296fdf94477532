#include "control/tasks/task_tags.h"

#include <doctest/doctest.h>

namespace control {

TEST_CASE("a task's own tags go before those of what it comes from, and AWS's are added on request") {
  const model::Tags definition = {{"of", "definition"}, {"tier", "web"}};
  CHECK(task_tags({.own = {{"of", "me"}}, .propagated = &definition}) == model::Tags{{"of", "me"}, {"tier", "web"}});
  CHECK(task_tags({.managed = true, .cluster = "c"}) == model::Tags{{"aws:ecs:clusterName", "c"}});
}

TEST_CASE("a service's tasks have the tags its document asks for") {
  model::Service service{.cluster = "c", .name = "web"};
  service.tags = {{"of", "service"}};
  model::TaskDefinition definition;
  definition.tags = {{"of", "definition"}};
  CHECK(service_task_tags(service, definition).empty());  // of an older engine: it has no document
  service.document = R"({"propagateTags":"SERVICE"})";
  CHECK(service_task_tags(service, definition) == service.tags);
  service.document = R"({"propagateTags":"TASK_DEFINITION","enableECSManagedTags":true})";
  CHECK(service_task_tags(service, definition) ==
        model::Tags{{"of", "definition"}, {"aws:ecs:clusterName", "c"}, {"aws:ecs:serviceName", "web"}});
  service.document = R"({"propagateTags":"NONE"})";
  CHECK(service_task_tags(service, definition).empty());
}

}  // namespace control
