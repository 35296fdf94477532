#include "cmd/front_door.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include "engine/world_test.h"
#include "net/http_client.h"
#include "state/temporary_directory_test.h"

namespace cmd {

namespace {

/// The front door of a World's engine, and a client that comes through it.
struct House {
  net::HttpClient::Done keep(std::optional<net::Response>& answer) {
    return [&answer](Result<net::Response> came) {
      REQUIRE(came);
      answer = *std::move(came);
    };
  }
  /// The answer is there once the loop has run.
  void send(const std::string& service, const std::string& target, const std::string& body,
            std::optional<net::Response>& answer) {
    const std::string scope = fmt::format("AWS4-HMAC-SHA256 Credential=test/20261127/us-east-1/{}/aws4_request, "
                                          "SignedHeaders=host, Signature=0", service);
    client.send(*net::Endpoint::parse("http://" + server->addresses().front()),
                {.method = "POST",
                 .headers = {{"Content-Type", "application/x-amz-json-1.1"},
                             {"X-Amz-Target", target},
                             {"Authorization", scope}},
                 .body = body,
                 .on_body = {}},
                keep(answer));
  }
  int ask(const std::string& service, const std::string& target, const std::string& body) {
    std::optional<net::Response> answer;
    send(service, target, body, answer);
    REQUIRE(loop.run_until([&] { return answer.has_value(); }, seconds(10)));
    return answer->status;
  }
  int ecs(const std::string& action, const std::string& body) {
    return ask("ecs", "AmazonEC2ContainerServiceV20141113." + action, body);
  }
  int logs_api(const std::string& action, const std::string& body) {
    return ask("logs", "Logs_20140328." + action, body);
  }
  std::string event() const {
    return fmt::format(R"({{"logGroupName":"g","logStreamName":"s","logEvents":[{{"timestamp":{},"message":"x"}}]}})",
                       to_ms(world.clock.now()));
  }

  TemporaryDirectory directory;
  net::EventLoop loop;
  engine::World world;
  std::unique_ptr<state::LogStore> logs =
      *state::LogStore::open(directory.path(), {.post = [this](auto task) { loop.post(std::move(task)); }});
  AddressPlan addresses{"front-door-test"};
  services::Context context{.state = world.state,
                            .logs = *logs,
                            .metrics = *world.metrics,
                            .random = world.random,
                            .addresses = addresses,
                            .account = {},
                            .pace = {}};
  FrontDoor door{*world.store, context, world.clock, world.random, {}, {.changed = [] {}}};
  std::unique_ptr<net::HttpServer> server =
      *net::HttpServer::start(loop, {.listen = {"127.0.0.1:0"}},
                              [this](net::Request&& request, net::Responder respond) {
                                door.handle(std::move(request), std::move(respond));
                              });
  net::HttpClient client{loop};
};

/// Another program that keeps the log store from being written.
class LockOnLogs {
 public:
  explicit LockOnLogs(const TemporaryDirectory& directory) {
    REQUIRE(sqlite3_open((directory.path() / "logs.db").c_str(), &database_) == SQLITE_OK);
    REQUIRE(sqlite3_exec(database_, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) == SQLITE_OK);
  }
  ~LockOnLogs() { sqlite3_close(database_); }

 private:
  sqlite3* database_ = nullptr;
};

}  // namespace

TEST_CASE("a refused request undoes nothing of what a runtime has just reported") {
  House house;
  engine::World& world = house.world;
  world.add_cluster("c");
  world.add_node("c");
  world.add_service("web", 1, world.add_task_definition("web"));
  REQUIRE(world.advance_until([&] { return world.running("web") == 1; }, minutes(5)));
  world.machine.kill(*world.state.tasks_by_service.keys("c/web").begin(), "web");
  world.driver->pump();  // reported; the tick that reacts is behind the request
  CHECK(house.ecs("ListTasks", R"({"cluster":"none"})") == 400);
  world.advance(minutes(1));
  CHECK(world.running("web") == 1);
  CHECK(world.machine.running() == 1);
  CHECK(world.machine.starts() == 2);
}

TEST_CASE("a handler that throws leaves none of its writes for the next request to commit") {
  House house;
  engine::World& world = house.world;
  house.context.registry_password = [&](Instant) -> std::string {
    world.add_cluster("half");
    throw std::runtime_error("a mistake of ours");
  };
  CHECK(house.ask("ecr", "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken", "{}") == 500);
  CHECK(world.state.clusters.empty());
  CHECK(house.ecs("CreateCluster", R"({"clusterName":"whole"})") == 200);
  CHECK(world.state.clusters.find("whole") != nullptr);
  CHECK(world.state.clusters.find("half") == nullptr);
}

TEST_CASE("log events that cannot be written are refused, and no other request is refused or waits for them") {
  House house;
  REQUIRE(house.logs_api("CreateLogGroup", R"({"logGroupName":"g"})") == 200);
  REQUIRE(house.logs_api("CreateLogStream", R"({"logGroupName":"g","logStreamName":"s"})") == 200);
  REQUIRE(house.logs_api("PutLogEvents", house.event()) == 200);
  {
    const LockOnLogs lock(house.directory);
    std::optional<net::Response> put;
    house.send("logs", "Logs_20140328.PutLogEvents", house.event(), put);
    CHECK(house.ecs("CreateCluster", R"({"clusterName":"c"})") == 200);
    CHECK_FALSE(put);
    REQUIRE(house.loop.run_until([&] { return put.has_value(); }, seconds(10)));
    CHECK(put->status >= 500);
    CHECK(put->body.find("ServiceUnavailableException") != std::string::npos);
  }
  CHECK(house.ecs("DescribeClusters", R"({"clusters":["c"]})") == 200);
  CHECK(house.logs_api("PutLogEvents", house.event()) == 200);
}

}  // namespace cmd
