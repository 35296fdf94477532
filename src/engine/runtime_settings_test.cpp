#include "engine/runtime_settings.h"

#include <doctest/doctest.h>

namespace engine {

namespace {
drivers::TaskSpec spec_of(std::initializer_list<const char*> containers) {
  drivers::TaskSpec spec;
  spec.task_id = "0123";
  for (const char* name : containers) spec.containers.emplace_back().name = name;
  return spec;
}
const model::Parameter* nothing(const std::string&) { return nullptr; }
}  // namespace

TEST_CASE("RuntimeSettings_ComeFromTheDocumentOfTheDefinition") {
  model::TaskDefinition definition;
  definition.document = R"({"volumes":[{"name":"host","host":{"sourcePath":"/srv/data"}},{"name":"scratch"},
    {"name":"kept","dockerVolumeConfiguration":{"scope":"shared"}}],
    "containerDefinitions":[{"name":"sidecar"},{"name":"web","linuxParameters":{"initProcessEnabled":true},
    "ulimits":[{"name":"nofile","softLimit":1024,"hardLimit":-1}],"dockerLabels":{"team":"web"},
    "mountPoints":[{"sourceVolume":"host","containerPath":"/data","readOnly":true},{"sourceVolume":"scratch","containerPath":"/tmp"},
    {"sourceVolume":"kept","containerPath":"/kept"}]}]})";
  drivers::TaskSpec spec = spec_of({"web", "sidecar"});
  REQUIRE(add_runtime_settings(spec, definition, nothing));
  const drivers::ContainerSpec& web = spec.containers[0];
  CHECK(web.init_process);
  REQUIRE(web.ulimits.size() == 1);
  CHECK(web.ulimits[0].name == "nofile");
  CHECK(web.ulimits[0].soft == 1024);
  CHECK(web.ulimits[0].hard == -1);
  REQUIRE(web.mounts.size() == 3);
  CHECK(web.mounts[0].source == "/srv/data");
  CHECK(web.mounts[0].path == "/data");
  CHECK(web.mounts[0].read_only);
  CHECK(web.mounts[1].source == drivers::task_volume_prefix("0123") + "scratch");
  CHECK_FALSE(web.mounts[1].read_only);
  CHECK(web.mounts[2].source == "kept");
  CHECK(web.labels.at("team") == "web");
  CHECK(spec.containers[1].mounts.empty());
  CHECK_FALSE(spec.containers[1].init_process);
}

TEST_CASE("RuntimeSettings_LinksAndTheRestartPolicyWhosePeriodFollowsThePace") {
  model::TaskDefinition definition;
  definition.document = R"({"containerDefinitions":[{"name":"web","links":["db","cache:fast"],
    "restartPolicy":{"enabled":true,"ignoredExitCodes":[0,7],"restartAttemptPeriod":60}},
    {"name":"db","restartPolicy":{"enabled":true}},{"name":"cache","restartPolicy":{"enabled":false}}]})";
  drivers::TaskSpec spec = spec_of({"web", "db", "cache"});
  REQUIRE(add_runtime_settings(spec, definition, nothing, Pace{20}));
  CHECK(spec.containers[0].links == std::vector<std::string>{"db", "cache:fast"});
  REQUIRE(spec.containers[0].restart);
  CHECK(spec.containers[0].restart->period == seconds(3));
  CHECK(spec.containers[0].restart->ignored_exit_codes == std::vector<int>{0, 7});
  REQUIRE(spec.containers[1].restart);
  CHECK(spec.containers[1].restart->period == seconds(15));  // of AWS's 300
  CHECK(spec.containers[1].restart->ignored_exit_codes.empty());
  CHECK_FALSE(spec.containers[2].restart);
}

TEST_CASE("RuntimeSettings_SecretsBecomeVariablesByNameAndByArn") {
  model::TaskDefinition definition;
  definition.document = R"({"containerDefinitions":[{"name":"web","secrets":[{"name":"A","valueFrom":"/team/a"},
    {"name":"B","valueFrom":"arn:aws:ssm:us-east-1:123456789012:parameter/team/b"},
    {"name":"C","valueFrom":"arn:aws:ssm:us-east-1:123456789012:parameter/c"}]}]})";
  std::map<std::string, model::Parameter> parameters;
  for (const char* name : {"/team/a", "/team/b", "c"}) {
    parameters[name].name = name;
    parameters[name].versions.push_back({.number = 1, .value = "old"});
    parameters[name].versions.push_back({.number = 2, .value = std::string("value of ") + name});
  }
  const FindParameter find = [&](const std::string& name) {
    const auto found = parameters.find(name);
    return found == parameters.end() ? nullptr : &found->second;
  };
  drivers::TaskSpec spec = spec_of({"web"});
  REQUIRE(add_runtime_settings(spec, definition, find));
  CHECK(spec.containers[0].environment == std::map<std::string, std::string>{
                                              {"A", "value of /team/a"}, {"B", "value of /team/b"}, {"C", "value of c"}});
  parameters.erase("/team/b");
  const auto missing = add_runtime_settings(spec, definition, find);
  REQUIRE_FALSE(missing);
  CHECK(missing.error().message.starts_with("ResourceInitializationError: unable to pull secrets or registry auth: "));
  CHECK(missing.error().message.ends_with("invalid parameters: arn:aws:ssm:us-east-1:123456789012:parameter/team/b"));
}

TEST_CASE("RuntimeSettings_ADefinitionWithoutADocumentHasNone") {
  drivers::TaskSpec spec = spec_of({"web"});
  CHECK(add_runtime_settings(spec, {}, nothing));
  CHECK(spec.containers[0].mounts.empty());
}

}  // namespace engine
