#include <doctest/doctest.h>

#include <boost/json.hpp>

#include "services/context_test.h"
#include "services/task_metadata/endpoint.h"
#include "services/task_metadata/variables.h"
#include "services/task_role.h"

namespace services::task_metadata {

namespace json = boost::json;

namespace {

constexpr const char* kTask = "0123456789abcdef0123456789abcdef";
constexpr const char* kNobody = "fedcba9876543210fedcba9876543210";
constexpr const char* kRole = "arn:aws:iam::123456789012:role/apps/reader";

/// A service's task of two containers, running on a node in a VPC.
struct Rig : ContextFixture {
  Rig() {
    model::TaskDefinition definition;
    definition.family = "web";
    definition.revision = 3;
    definition.arn = "arn:aws:ecs:us-east-1:123456789012:task-definition/web:3";
    definition.cpu = CpuUnits{256};
    definition.memory = MiB{512};
    definition.task_role_arn = kRole;
    definition.document =
        R"({"containerDefinitions":[{"name":"app","dockerLabels":{"team":"red"}},{"name":"sidecar","restartPolicy":{"enabled":true}}]})";
    model::ContainerDefinition app;
    app.name = "app";
    app.cpu = {128};
    app.memory = MiB{100};
    app.log_driver = "awslogs";
    app.log_options = {{"awslogs-group", "/web"}, {"awslogs-stream-prefix", "ecs"}};
    model::ContainerDefinition sidecar;
    sidecar.name = "sidecar";
    definition.containers = {app, sidecar};
    state.task_definitions.put(definition);

    model::Instance instance;
    instance.id = "i-1";
    instance.vpc_id = "vpc-1";
    state.instances.put(instance);

    model::Task task;
    task.id = kTask;
    task.arn = make_arn(context.account, "ecs", std::string("task/c/") + kTask);
    task.cluster = "c";
    task.service = "shop";
    task.task_definition_arn = definition.arn;
    task.instance_id = instance.id;
    task.availability_zone = "us-east-1a";
    task.node_address = "127.20.0.64";
    task.last_status = "RUNNING";
    task.pull_started_at = started - seconds(3);
    task.pull_stopped_at = started - seconds(1);
    task.tags = {{"stage", "test"}};
    for (const char* name : {"app", "sidecar"}) {
      model::Container container;
      container.id = std::string("id-of-") + name;
      container.name = name;
      container.image = "registry/web:1";
      container.image_digest = "sha256:manifest";
      container.runtime_id = std::string("runtime-") + name;
      container.last_status = "RUNNING";
      task.containers.push_back(container);
    }
    task.containers[0].network_bindings.push_back({"127.20.0.64", 8080, 32768, "tcp"});
    state.tasks.put(task);
    context.read_manifest = [](const std::string& digest) -> Result<std::string> {
      if (digest != "sha256:manifest") return fail("NotFound", "no such blob");
      return std::string(R"({"config":{"digest":"sha256:config"}})");
    };
  }
  Endpoint endpoint() {
    Sources sources;
    sources.observed = [this](const std::string&, const std::string& container) {
      return container == "app" ? observed : Observed();
    };
    sources.docker_name = [](const model::Task&, const std::string& container) { return "name-of-" + container; };
    sources.booted_at = started - seconds(1000);
    sources.cores = 2;
    return {context, secret, std::move(sources)};
  }
  Answer get(const std::string& path) { return endpoint().answer(path, context.now); }
  /// Below a container's URL.
  json::value metadata(const std::string& what, const char* container = "app", const char* version = "/v4/") {
    const Answer answer = get(version + secret.container_token(kTask, container) + what);
    REQUIRE(answer.status == 200);
    return json::parse(answer.body);
  }
  json::value credentials() {
    const Answer answer = get("/v2/credentials/" + secret.credentials_token(kTask));
    REQUIRE(answer.status == 200);
    return json::parse(answer.body);
  }

  TaskSecret secret{"of this engine"};
  Instant started = instant_from_ms(1'700'000'000'000) - minutes(1);
  Observed observed;
};

// doctest would print what it compares, and cannot print these.
bool same(const json::value& a, const json::value& b) { return a == b; }
std::uint64_t number(const json::value& value) { return value.to_number<std::uint64_t>(); }
std::string text(const json::value& object, const char* member) {
  return json::value_to<std::string>(object.at(member));
}

}  // namespace

TEST_CASE("an access key names its task and its turn, and other keys name none") {
  const std::string key = task_access_key(kTask, 37);
  CHECK(key.size() == 20);
  const auto name = read_task_access_key(key);
  REQUIRE(name);
  CHECK(name->id_prefix == std::string(kTask).substr(0, 18));
  CHECK(name->turn == 37 % 32);
  CHECK(task_access_key("ffffffffffffffffffffffffffffffff", 31) == "ASIA77777777777777Y7");
  CHECK_FALSE(read_task_access_key("AKIAIOSFODNN7EXAMPLE"));
  CHECK_FALSE(read_task_access_key("ASIA"));
  CHECK_FALSE(read_task_access_key("ASIA1111111111111111"));  // no 1 in that alphabet
}

TEST_CASE_FIXTURE(
    Rig,
    "a token opens its own container, whatever engine asks; a changed one and one for something else open nothing") {
  const std::string token = secret.container_token(kTask, "app");
  CHECK(TaskSecret("of this engine").container_of(state, token).container->name == "app");
  CHECK_FALSE(TaskSecret("of another").container_of(state, token).task);
  CHECK_FALSE(secret.container_of(state, secret.credentials_token(kTask)).task);
  CHECK_FALSE(secret.task_of_credentials(state, token));
  for (const std::string& wrong :
       {std::string(kTask), std::string(kTask) + "-", token.substr(0, token.size() - 1), token + "0", std::string()}) {
    CAPTURE(wrong);
    CHECK_FALSE(secret.container_of(state, wrong).task);
    CHECK_FALSE(secret.task_of_credentials(state, wrong));
    CHECK(get("/v4/" + wrong).status == 404);
    CHECK(get("/v2/credentials/" + wrong).status == 400);
  }
}

TEST_CASE("the endpoint's paths are nobody's repository in the registry") {
  CHECK(Endpoint::serves("/v4/token"));
  CHECK(Endpoint::serves("/v3/token/task/stats"));
  CHECK(Endpoint::serves("/v2/credentials/token"));
  CHECK_FALSE(Endpoint::serves("/v2/"));
  CHECK_FALSE(Endpoint::serves("/v2/_catalog"));
  CHECK_FALSE(Endpoint::serves("/v2/credentials/tags/list"));
  CHECK_FALSE(Endpoint::serves("/"));
}

TEST_CASE_FIXTURE(Rig, "a container reads what the ECS agent would tell it") {
  observed.started_at = started;
  const json::value container = metadata("");
  CHECK(text(container, "DockerId") == "runtime-app");
  CHECK(text(container, "DockerName") == "name-of-app");
  CHECK(text(container, "ImageID") == "sha256:config");
  CHECK(text(container, "KnownStatus") == "RUNNING");
  CHECK(text(container, "ContainerARN") ==
        make_arn(context.account, "ecs", std::string("container/c/") + kTask + "/id-of-app"));
  CHECK(same(container.at("Limits"), {{"CPU", 128}, {"Memory", 100}}));
  CHECK(number(container.at("Ports").at(0).at("HostPort")) == 32768);
  CHECK(same(container.at("Networks"), json::parse(R"([{"NetworkMode":"bridge","IPv4Addresses":["127.20.0.64"]}])")));
  CHECK(text(container.at("Labels"), "team") == "red");
  CHECK(text(container.at("Labels"), "com.amazonaws.ecs.task-definition-version") == "3");
  CHECK(text(container, "LogDriver") == "awslogs");
  CHECK(text(container.at("LogOptions"), "awslogs-stream") == std::string("ecs/app/") + kTask);
  CHECK(text(container, "StartedAt") == to_iso8601(started));
  CHECK(text(container, "CreatedAt") == to_iso8601(started - seconds(1)));
  CHECK(text(metadata("/", "sidecar"), "Name") == "sidecar");
  const json::object old = metadata("", "app", "/v3/").as_object();
  CHECK_FALSE(old.contains("ContainerARN"));
  CHECK_FALSE(old.contains("LogDriver"));
}

TEST_CASE_FIXTURE(Rig, "a container with a network of its own tells the address there") {
  observed.address = "172.17.0.2";
  CHECK(same(metadata("").at("Networks").at(0).at("IPv4Addresses"), json::array{"172.17.0.2"}));
}

TEST_CASE_FIXTURE(Rig, "a task tells of all its containers, and its tags only where they are asked for") {
  const json::value task = metadata("/task", "sidecar");
  CHECK(text(task, "Cluster") == "c");
  CHECK(text(task, "Family") == "web");
  CHECK(text(task, "Revision") == "3");
  CHECK(text(task, "ServiceName") == "shop");
  CHECK(text(task, "VPCID") == "vpc-1");
  CHECK(text(task, "LaunchType") == "EC2");
  CHECK(same(task.at("Limits"), {{"CPU", 0.25}, {"Memory", 512}}));  // vCPUs
  CHECK(task.at("Containers").as_array().size() == 2);
  CHECK_FALSE(task.as_object().contains("TaskTags"));
  CHECK(text(metadata("/taskWithTags").at("TaskTags"), "stage") == "test");
  CHECK(get("/v4/" + secret.container_token(kTask, "app") + "/associations").status == 404);
}

TEST_CASE_FIXTURE(Rig,
                  "a task with an interface of its own tells of it, and a Fargate task names its cluster in full") {
  state.subnets.put({.id = "subnet-1", .vpc_id = "vpc-2", .cidr = "10.0.0.0/24"});
  state.task_definitions.update("web:00000003", [](model::TaskDefinition& record) { record.network_mode = "awsvpc"; });
  state.tasks.update(kTask, [](model::Task& task) {
    task.launch_type = "FARGATE";
    task.instance_id.clear();
    task.network_interface = model::TaskInterface{.id = "eni-0123456789abcdef0", .address = "127.20.0.99", .subnet_id = "subnet-1"};
  });
  observed.address = "172.17.0.2";
  const json::value task = metadata("/task");
  CHECK(text(task, "Cluster") == make_arn(context.account, "ecs", "cluster/c"));
  CHECK(text(task, "VPCID") == "vpc-2");
  const json::value network = task.at("Containers").at(1).at("Networks").at(0);
  CHECK(text(network, "NetworkMode") == "awsvpc");
  CHECK(same(network.at("IPv4Addresses"), json::array{"127.20.0.99"}));
  CHECK(text(network, "IPv4SubnetCIDRBlock") == "10.0.0.0/24");
  CHECK(text(network, "MACAddress").size() == 17);
  CHECK(metadata("", "app", "/v3/").at("Networks").at(0).as_object().size() == 2);
}

TEST_CASE_FIXTURE(Rig, "restarts are counted where the definition asks for them") {
  state.tasks.update(kTask, [](model::Task& task) { task.containers[1].restart_count = 2; });
  CHECK(number(metadata("", "sidecar").at("RestartCount")) == 2);
  CHECK_FALSE(metadata("").as_object().contains("RestartCount"));
}

TEST_CASE_FIXTURE(Rig, "an agent's states are coarser than the scheduler's") {
  const auto known = [&](const char* status) {
    state.tasks.update(kTask, [&](model::Task& task) { task.last_status = status; });
    return text(metadata("/task"), "KnownStatus");
  };
  CHECK(known("PENDING") == "CREATED");
  CHECK(known("ACTIVATING") == "RUNNING");
  CHECK(known("DEACTIVATING") == "RUNNING");
  CHECK(known("DEPROVISIONING") == "STOPPED");
}

TEST_CASE_FIXTURE(Rig, "stats hold what was measured twice, and null before") {
  CHECK(metadata("/stats").is_null());
  observed.before = Sample{started, 1'000, 10, 100, 0};
  observed.last = Sample{started + seconds(2), 500'001'000, 20 << 20, 2'100, 0};
  const json::value stats = metadata("/stats");
  CHECK(text(stats, "id") == "runtime-app");
  const json::value &now = stats.at("cpu_stats"), &then = stats.at("precpu_stats");
  CHECK(number(now.at("cpu_usage").at("total_usage")) - number(then.at("cpu_usage").at("total_usage")) == 500'000'000);
  CHECK(number(now.at("system_cpu_usage")) - number(then.at("system_cpu_usage")) == 4'000'000'000);  // 2 s of 2 cores
  CHECK(number(stats.at("memory_stats").at("limit")) == 100u << 20);
  CHECK(number(stats.at("memory_stats").at("usage")) == 20u << 20);
  CHECK(stats.at("network_rate_stats").at("rx_bytes_per_sec").to_number<double>() == 1'000);
  const json::value all = metadata("/task/stats");
  CHECK(same(all.at("runtime-app"), stats));
  CHECK(all.at("runtime-sidecar").is_null());
}

TEST_CASE_FIXTURE(Rig, "credentials are the role's, hold for hours, and change with their turn") {
  const json::value keys = credentials();
  CHECK(text(keys, "RoleArn") == kRole);
  const std::string key = text(keys, "AccessKeyId");
  CHECK(secret.secret_of(state, key, context.now) == text(keys, "SecretAccessKey"));
  const std::string until = text(keys, "Expiration");
  CHECK(until.size() == 20);
  CHECK(until > to_iso8601(context.now + hours(3) - seconds(1)));
  CHECK(until <= to_iso8601(context.now + hours(6) + seconds(1)));

  context.now += hours(3);
  CHECK(text(credentials(), "AccessKeyId") != key);
  CHECK(secret.secret_of(state, key, context.now) == text(keys, "SecretAccessKey"));
  CHECK_FALSE(secret.secret_of(state, key, context.now + hours(3)));
  CHECK(secret.secret_of(state, key, context.now + hours(93)) !=
        text(keys, "SecretAccessKey"));  // 32 turns on: the same name
}

TEST_CASE_FIXTURE(Rig, "a task without a role, one that has ended and one that never was have no credentials") {
  const std::string url = "/v2/credentials/" + secret.credentials_token(kTask);
  const std::string key = text(credentials(), "AccessKeyId");
  state.tasks.update(kTask, [](model::Task& task) { task.last_status = "STOPPED"; });
  CHECK(get(url).status == 400);
  CHECK_FALSE(secret.secret_of(state, key, context.now));
  state.tasks.update(kTask, [](model::Task& task) { task.last_status = "RUNNING"; });
  state.task_definitions.update("web:00000003",
                                [](model::TaskDefinition& definition) { definition.task_role_arn.clear(); });
  const Answer none = get(url);
  CHECK(none.status == 400);
  CHECK(text(json::parse(none.body), "code") == "InvalidIdInRequest");
  CHECK_FALSE(secret.secret_of(state, key, context.now));
  CHECK(get("/v2/credentials/" + secret.credentials_token(kNobody)).status == 400);
  CHECK(text(json::parse(get("/v2/credentials/").body), "code") == "NoIdInRequest");
}

TEST_CASE_FIXTURE(Rig, "a role that RunTask overrides is the task's") {
  state.tasks.update(kTask, [](model::Task& task) {
    task.document = R"({"overrides":{"taskRoleArn":"arn:aws:iam::123456789012:role/other"}})";
  });
  CHECK(text(credentials(), "RoleArn") == "arn:aws:iam::123456789012:role/other");
  const auto role = assumed_role_of(state, text(credentials(), "AccessKeyId"));
  REQUIRE(role);
  CHECK(role->arn == std::string("arn:aws:sts::123456789012:assumed-role/other/") + kTask);
}

TEST_CASE_FIXTURE(Rig, "a container is told URLs that work, and of credentials only where there is a role") {
  const model::Task& task = *state.tasks.find(kTask);
  Introduction told{.address = "127.0.0.1:4566", .region = "eu-west-1", .has_role = true};
  auto variables = agent_variables(task, "app", secret, told);
  const std::string base = "http://127.0.0.1:4566";
  CHECK(get(variables["ECS_CONTAINER_METADATA_URI_V4"].substr(base.size()) + "/task").status == 200);
  CHECK(get(variables["ECS_CONTAINER_METADATA_URI"].substr(base.size())).status == 200);
  CHECK(get(variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"].substr(base.size())).status == 200);
  CHECK(variables["AWS_EXECUTION_ENV"] == "AWS_ECS_EC2");
  CHECK(default_variables(told)["AWS_ENDPOINT_URL"] == base);
  CHECK(default_variables(told)["AWS_REGION"] == "eu-west-1");
  told.has_role = told.tell_apis = false;
  CHECK_FALSE(agent_variables(task, "app", secret, told).contains("AWS_CONTAINER_CREDENTIALS_FULL_URI"));
  CHECK(default_variables(told).empty());
}

}  // namespace services::task_metadata
