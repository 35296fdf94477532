// Restart policies and links, when a definition is registered.
#include <doctest/doctest.h>

#include "services/context_test.h"
#include "services/ecs/handlers.h"

namespace services::ecs {

namespace {

op::RegisterTaskDefinition::Input definition_of(std::initializer_list<const char*> containers) {
  op::RegisterTaskDefinition::Input in;
  in.family = "web";
  auto& list = in.container_definitions.emplace();
  for (const char* name : containers) {
    auto& container = list.emplace_back();
    container.name = name;
    container.image = "image";
    container.memory = 64;
  }
  return in;
}

struct Registering : services::ContextFixture {
  std::string answer(const op::RegisterTaskDefinition::Input& in) {
    const auto registered = register_task_definition(context, in);
    if (registered) return "";
    CHECK(registered.error().code == "ClientException");
    return registered.error().message;
  }
};

}  // namespace

TEST_CASE_FIXTURE(Registering, "RestartPolicy_IsAnsweredAsGivenAndItsBoundsAreAws") {
  auto in = definition_of({"web"});
  auto& policy = in.container_definitions->front().restart_policy.emplace();
  policy.enabled = true;
  policy.ignored_exit_codes = {0, 7};
  const auto registered = register_task_definition(context, in);
  REQUIRE(registered);
  const auto& echoed = *registered->task_definition->container_definitions->front().restart_policy;
  CHECK(*echoed.enabled);
  CHECK(*echoed.ignored_exit_codes == std::vector<int>{0, 7});
  CHECK_FALSE(echoed.restart_attempt_period);
  for (const int good : {60, 300, 1800}) {
    policy.restart_attempt_period = good;
    CHECK(answer(in) == "");
  }
  for (const int bad : {0, 59, 1801}) {
    policy.restart_attempt_period = bad;
    CHECK(answer(in).find("restartAttemptPeriod") != std::string::npos);
  }
  policy.restart_attempt_period = 60;
  policy.ignored_exit_codes = std::vector<int>(51, 1);
  CHECK(answer(in).find("ignoredExitCodes") != std::string::npos);
}

TEST_CASE_FIXTURE(Registering, "Links_LeadToOtherContainersOfABridgeTask") {
  auto in = definition_of({"web", "db"});
  auto& links = in.container_definitions->front().links;
  for (const char* good : {"db", "db:database"}) {
    links = std::vector<std::string>{good};
    CHECK(answer(in) == "");
  }
  for (const char* bad : {"web", "cache", "db:", ""}) {
    links = std::vector<std::string>{bad};
    CHECK_MESSAGE(answer(in).find("has the link") != std::string::npos, bad);
  }
  links = std::vector<std::string>{"db"};
  for (const char* mode : {"awsvpc", "host", "none"}) {
    in.network_mode = mode;
    CHECK(answer(in) == std::string("Links are not supported when networkMode=") + mode + ".");
  }
}

TEST_CASE_FIXTURE(Registering, "Links_AndDependenciesMakeNoCircle") {
  auto in = definition_of({"a", "b", "c"});
  auto& containers = *in.container_definitions;
  containers[0].links = std::vector<std::string>{"b"};
  auto& dependency = containers[1].depends_on.emplace().emplace_back();
  dependency.container_name = "c";
  dependency.condition = "START";
  CHECK(answer(in) == "");
  containers[2].links = std::vector<std::string>{"a"};
  CHECK(answer(in) == "Links and dependencies between containers must not be circular: a -> b -> c -> a.");
}

}  // namespace services::ecs
