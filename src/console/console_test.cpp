#include <doctest/doctest.h>

#include <boost/json.hpp>

#include "console/event_feed.h"
#include "console/screen.h"
#include "console/status_text.h"
#include "console/table.h"

namespace console {

namespace {

Status example() {
  Status status;
  status.name = {"container-cluster", "http-api"};
  status.status = "ACTIVE";
  status.task_definition = "http-api:3";
  status.tasks = {4, 3, 1};
  status.healthy = 3;
  status.url = "http://127.83.12.1:8080";
  status.deployments = {{"ecs-svc/1", "PRIMARY", "IN_PROGRESS", "", "http-api:3", {4, 3, 1}, 0}};
  status.targets = {{"i-0a", "healthy", "", "", 32768},
                    {"i-0b", "draining", "Target.DeregistrationInProgress", "Target deregistration is in progress", 32769}};
  status.nodes = {{"i-0a", "t2.micro", "us-east-1a", "127.1.2.3", "ACTIVE", 2, 1, {12.4, 512, 512}, {3.0, 256, 700}},
                  {"i-0b", "", "", "", "DRAINING", 1, 0, {std::nullopt, 256, 768}, {std::nullopt, 128, 828}}};
  for (int i = 1; i <= 6; ++i) status.events.push_back({"e" + std::to_string(i), "event " + std::to_string(i), i * 1000});
  return status;
}

}  // namespace

TEST_CASE("one screen shows service, deployments, targets, nodes and the newest events") {
  const std::string expected =
      "http-api  ACTIVE  in container-cluster  http://127.83.12.1:8080\n"
      "tasks: 4 desired, 3 running, 1 pending, 3 healthy; task definition http-api:3\n"
      "\n"
      "DEPLOYMENT  STATUS   ROLLOUT      TASK DEFINITION  DESIRED  RUNNING  PENDING  FAILED\n"
      "ecs-svc/1   PRIMARY  IN_PROGRESS  http-api:3             4        3        1       0\n"
      "\n"
      "TARGET      STATE     REASON\n"
      "i-0a:32768  healthy   -\n"
      "i-0b:32769  draining  Target.DeregistrationInProgress: Target deregistration is in progress\n"
      "\n"
      "NODE  TYPE      ZONE        ADDRESS    STATUS             TASKS  CPU used  reserved  free  MiB used  reserved  free\n"
      "i-0a  t2.micro  us-east-1a  127.1.2.3  ACTIVE    2 (+1 pending)        12       512   512         3       256   700\n"
      "i-0b  -         -           -          DRAINING               1         -       256   768         -       128   828\n"
      "\n"
      "EVENTS\n"
      "1970-01-01T00:00:05.000Z  event 5\n"
      "1970-01-01T00:00:06.000Z  event 6\n";
  CHECK(status_text(example(), {}, 2) == expected);
}

TEST_CASE("without colour no escape sequence is written, with it every one is closed") {
  CHECK(status_text(example(), {false}).find('\x1b') == std::string::npos);
  const std::string painted = status_text(example(), {true});
  std::size_t opened = 0, closed = 0;
  for (std::size_t at = painted.find('\x1b'); at != std::string::npos; at = painted.find('\x1b', at + 1)) {
    painted.compare(at, 4, "\x1b[0m") == 0 ? ++closed : ++opened;
  }
  CHECK(opened > 0);
  CHECK(opened == closed);
}

TEST_CASE("a service without load balancer, nodes and events is shown too") {
  Status status;
  status.name = {"c", "s"};
  status.status = "INACTIVE";
  CHECK(status_text(status, {}) ==
        "s  INACTIVE  in c\ntasks: 0 desired, 0 running, 0 pending, 0 healthy; task definition -\n\nno targets\n\n"
        "no nodes in the cluster\n");
}

TEST_CASE("a listener that could not be bound says why") {
  Status status = example();
  status.url.clear();
  status.url_problem = "port 8080 is taken";
  CHECK(status_text(status, {}).find("load balancer: port 8080 is taken\n") != std::string::npos);
}

TEST_CASE("JSON: what is not known is null, numbers are numbers") {
  const boost::json::object json = status_json(example());
  CHECK(json.at("service").at("desired") == 4);
  CHECK(json.at("url") == "http://127.83.12.1:8080");
  CHECK(json.at("urlProblem").is_null());
  CHECK(json.at("nodes").at(0).at("cpuUnits").at("used").as_double() == doctest::Approx(12.4));
  CHECK(json.at("nodes").at(1).at("cpuUnits").at("used").is_null());
  CHECK(json.at("nodes").at(1).at("address").is_null());
  CHECK(json.at("events").as_array().size() == 6);
  CHECK(json.at("events").at(0).at("time") == "1970-01-01T00:00:01.000Z");
}

TEST_CASE("the line for pipes changes when the service does") {
  Status status = example();
  const std::string before = status_line(status);
  CHECK(before == "http-api ACTIVE desired=4 running=3 pending=1 healthy=3 targets=2 nodes=2 deployments=1 "
                  "rollout=IN_PROGRESS task_definition=http-api:3");
  status.healthy = 4;
  CHECK(status_line(status) != before);
}

TEST_CASE("columns are aligned by characters, not by bytes") {
  Table table({{"A"}, {"N", Table::Align::right}});
  table.add({"é", "1"});
  table.add({"xy", "22"});
  CHECK(table.text() == "A    N\né    1\nxy  22\n");
}

TEST_CASE("a frame is drawn over the one before, cut to the terminal") {
  CHECK(redraw("one\ntwo\n", 0, {80, 24}) == "one\x1b[K\ntwo\x1b[K\n\x1b[J");
  CHECK(redraw("x\n", 2, {80, 24}) == "\x1b[2A\rx\x1b[K\n\x1b[J");
  CHECK(redraw("abcdef\n", 0, {3, 24}) == "abc\x1b[K\n\x1b[J");
  CHECK(redraw("\x1b[32mabcdef\x1b[0m\n", 0, {3, 24}) == "\x1b[32mabc\x1b[0m\x1b[K\n\x1b[J");
  CHECK(redraw("1\n2\n3\n4\n", 9, {80, 3}) == "\x1b[2A\r1\x1b[K\n2\x1b[K\n\x1b[J");
  CHECK(lines_drawn("1\n2\n3\n4\n", {80, 3}) == 2);
}

TEST_CASE("each event is told once, whatever the list still holds") {
  EventFeed feed;
  CHECK(feed.fresh({{"a", "1", 1}, {"b", "2", 2}}).size() == 2);
  CHECK(feed.fresh({{"a", "1", 1}, {"b", "2", 2}}).empty());
  const auto fresh = feed.fresh({{"b", "2", 2}, {"c", "3", 3}});
  REQUIRE(fresh.size() == 1);
  CHECK(event_line(fresh[0]) == "1970-01-01T00:00:00.003Z  3");
}

}  // namespace console
