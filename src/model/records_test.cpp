#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "base/record_codec.h"
#include "base/testing/damage.h"
#include "model/alarm.h"
#include "model/cluster.h"
#include "model/container_instance.h"
#include "model/instance.h"
#include "model/instance_type.h"
#include "model/load_balancer.h"
#include "model/log_group.h"
#include "model/network.h"
#include "model/repository.h"
#include "model/service.h"
#include "model/target_group.h"
#include "model/task.h"
#include "model/task_definition.h"

TEST_CASE("a record survives the way to JSON and back") {
  model::Service service;
  service.cluster = "container-cluster";
  service.name = "http-api";
  service.desired_count = 4;
  service.deployments.push_back({.id = "ecs-svc/1", .created_at = instant_from_ms(5)});
  service.steady_since = instant_from_ms(9);
  const auto back = record::from_json<model::Service>(record::to_json(service));
  REQUIRE(back);
  CHECK(back->key() == "container-cluster/http-api");
  CHECK(back->deployments.at(0).id == "ecs-svc/1");
  CHECK(back->steady_since == instant_from_ms(9));
  CHECK(record::to_json(*back) == record::to_json(service));
}

TEST_CASE("numbers that JSON cannot say survive the way to JSON and back, also as older records have them") {
  model::Alarm alarm;
  alarm.name = "says \"NaN\": Infinity";
  for (const double value : {std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()}) {
    alarm.threshold = value;
    const std::string text = record::to_json(alarm);
    const auto back = record::from_json<model::Alarm>(text);
    REQUIRE(back);
    CHECK(back->threshold == value);
    const std::string bare = value > 0 ? "Infinity" : "-Infinity";
    const auto older = record::from_json<model::Alarm>(R"({"name":"a \\\" NaN","threshold":)" + bare + R"(,"state":"OK"})");
    REQUIRE(older);
    CHECK(older->threshold == value);
    CHECK(older->name == "a \\\" NaN");
    CHECK(older->state == "OK");
  }
  alarm.threshold = std::nan("");
  const auto back = record::from_json<model::Alarm>(record::to_json(alarm));
  REQUIRE(back);
  CHECK(back->name == alarm.name);
  CHECK(std::isnan(back->threshold));
  CHECK(record::from_json<model::Alarm>(R"({"threshold":NaN})"));
  CHECK(record::from_json<model::Alarm>(R"({"name":Infinitely})").error().code == "CorruptRecord");
}

TEST_CASE("damaged records are read as far as they make sense, or are CorruptRecord") {
  model::Service service;
  service.name = "http-api\xff";
  service.desired_count = 4;
  service.deployments.push_back({.id = "ecs-svc/1", .created_at = instant_from_ms(5)});
  int read = 0, refused = 0;
  testing::feed_damaged(record::to_json(service), 1, 3000, [&](const std::string& text) {
    const auto back = record::from_json<model::Service>(text);
    back ? ++read : ++refused;
    if (!back) CHECK(back.error().code == "CorruptRecord");
  });
  CHECK(read > 100);
  CHECK(refused > 100);
  for (const char* number : {"1e300", "-1e300", "18446744073709551615", "99999999999", "0.5", "[]"}) {
    CAPTURE(number);
    CHECK(record::from_json<model::Service>("{\"desired_count\":" + std::string(number) + ",\"created_at\":" + number + "}"));
  }
}

TEST_CASE("an older record without a field keeps the default, a newer one with an unknown field is read") {
  const auto group = record::from_json<model::TargetGroup>(R"({"arn":"a","colour":"red"})");
  REQUIRE(group);
  CHECK(group->matcher == "200");
  CHECK(group->deregistration_delay() == seconds(300));
}

TEST_CASE("a task definition needs its task-level size, else the sum of its containers with reservation before limit") {
  model::TaskDefinition definition;
  definition.containers = {{.name = "a", .cpu = {256}, .memory = MiB{128}},
                           {.name = "b", .cpu = {128}, .memory = MiB{512}, .memory_reservation = MiB{64}}};
  CHECK(definition.cpu_needed() == CpuUnits{384});
  CHECK(definition.memory_needed() == MiB{192});
  definition.cpu = CpuUnits{1024};
  CHECK(definition.cpu_needed() == CpuUnits{1024});
}

TEST_CASE("a launch template's version is found by number and by $Default and $Latest") {
  model::LaunchTemplate launch_template;
  launch_template.versions = {{.number = 1}, {.number = 2}};
  launch_template.latest_version = 2;
  CHECK(launch_template.version("")->number == 1);
  CHECK(launch_template.version("$Latest")->number == 2);
  CHECK(launch_template.version("7") == nullptr);
}

TEST_CASE("a t2.micro registers what its agent reports") {
  CHECK(model::find_instance_type("t2.micro")->registered == MiB{983});
  CHECK(model::find_instance_type("t9.huge") == nullptr);
}

TEST_CASE("a task definition is found by family and revision, in a name or an ARN") {
  CHECK(model::TaskDefinition::key_of("web:7") == "web:00000007");
  CHECK(model::TaskDefinition::key_of("arn:aws:ecs:us-east-1:1:task-definition/web:7") == "web:00000007");
  CHECK(model::TaskDefinition::key_of("web") == "");
  CHECK(model::TaskDefinition::key_of("web:x7") == "");
}
