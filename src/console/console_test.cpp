#include <doctest/doctest.h>

#include <boost/json.hpp>

#include "console/doctor.h"
#include "console/environment.h"
#include "console/event_feed.h"
#include "console/log_feed.h"
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

TEST_CASE("an event that a list lacked for a while is not new when it is back") {
  EventFeed feed;
  CHECK(feed.fresh({{"a", "1", 1}, {"b", "2", 2}}).size() == 2);
  CHECK(feed.fresh({{"a", "1", 1}}).empty());
  CHECK(feed.fresh({}).empty());
  CHECK(feed.fresh({{"a", "1", 1}, {"b", "2", 2}}).empty());
}

TEST_CASE("ages are a number and a unit") {
  CHECK(parse_age("30s").value() == seconds(30));
  CHECK(parse_age("10m").value() == minutes(10));
  CHECK(parse_age("2h").value() == hours(2));
  CHECK(parse_age("1d").value() == hours(24));
  CHECK(parse_age("5").value() == seconds(5));
  for (const char* bad : {"", "m", "-1s", "10 m", "10mm", "1.5h", "99999999999999999999s", "9999999999d"}) {
    CHECK_FALSE(parse_age(bad));
  }
}

TEST_CASE("a log line has its task's short id, and gives a terminal no orders") {
  const LogLine line{"1", "web/web/0123456789abcdef", "clear\x1b[2J\tok", 1000};
  CHECK(log_text(line, false) == "1970-01-01T00:00:01.000Z 01234567  clear.[2J\tok");
  CHECK(log_text(line, true) == "1970-01-01T00:00:01.000Z 01234567  clear\x1b[2J\tok");
}

TEST_CASE("real credentials never go to a loopback endpoint, and another's are left alone") {
  const std::string local = shell_lines(environment_for("http://127.0.0.1:4566", true, "us-east-1"));
  CHECK(local ==
        "export AWS_ENDPOINT_URL=http://127.0.0.1:4566\nexport AWS_REGION=us-east-1\nexport AWS_DEFAULT_REGION=us-east-1\n"
        "export AWS_ACCESS_KEY_ID=test\nexport AWS_SECRET_ACCESS_KEY=test\nexport AWS_EC2_METADATA_DISABLED=true\n"
        "unset AWS_SESSION_TOKEN\nunset AWS_PROFILE\n");
  const Environment remote = environment_for("http://10.0.0.1:4566", false, "it's");
  CHECK(remote.unset.empty());
  CHECK(shell_lines(remote).find("KEY") == std::string::npos);
  CHECK(shell_lines(remote).find("export AWS_REGION='it'\\''s'\n") != std::string::npos);
}

namespace {

Facts healthy() {
  Facts facts;
  facts.kernel = "6.1.0-28-amd64";
  facts.cgroups = "v2";
  facts.cpu_limits = facts.memory_limits = facts.sandbox = facts.low_ports = facts.clock_synchronised = true;
  facts.docker_daemon = "unix:///var/run/docker.sock";
  facts.docker_version = "20.10.24";
  facts.docker_cgroup_driver = "cgroupfs";
  facts.haproxy_path = "/usr/sbin/haproxy";
  facts.haproxy_version = "2.6.12-1+deb12u2";
  facts.open_files = 524288;
  facts.state_directory = "/state";
  facts.disk_free = 50ull << 30;
  facts.now_ms = 1'800'000'000'000;
  facts.endpoint = "http://127.0.0.1:4566";
  facts.endpoint_source = "the default";
  facts.engine = Facts::Engine::answers;
  facts.engine_version = facts.own_version = "0.1.0";
  return facts;
}

std::string verdicts(const Facts& facts) {
  std::string out;
  for (const Check& check : judge(facts)) {
    if (check.verdict == Check::Verdict::ok) continue;
    CHECK_MESSAGE(!check.todo.empty(), check.name);
    out += (check.verdict == Check::Verdict::fail ? "fail " : "warn ") + check.name + ";";
  }
  return out;
}

}  // namespace

TEST_CASE("doctor: a healthy machine has nothing to do") {
  CHECK(verdicts(healthy()) == "");
  CHECK_FALSE(any_failed(judge(healthy())));
}

TEST_CASE("doctor: what is essential fails, what is only less good warns, and each says what to do") {
  const auto with = [](const auto& change) {
    Facts facts = healthy();
    change(facts);
    return verdicts(facts);
  };
  CHECK(with([](Facts& f) { f.kernel = "5.3.0"; }) == "fail kernel;");
  CHECK(with([](Facts& f) { f.cpu_limits = f.memory_limits = false; f.cgroups = "none"; }) == "warn cgroups;");
  CHECK(with([](Facts& f) { f.sandbox = false; }) == "warn sandbox;");
  CHECK(with([](Facts& f) { f.network_problem = "Operation not permitted"; }) == "warn networks;");
  CHECK(with([](Facts& f) { f.docker_cgroup_driver = "systemd"; }) == "warn docker;");
  CHECK(with([](Facts& f) { f.docker_problem = "no such file"; }) == "");
  CHECK(with([](Facts& f) { f.task_address_problem = "only root may add it"; }) == "warn containers;");
  CHECK(with([](Facts& f) { f.docker_problem = f.task_address_problem = "no daemon"; }) == "");
  CHECK(with([](Facts& f) { f.haproxy_version = ""; }) == "fail haproxy;");
  CHECK(with([](Facts& f) { f.haproxy_version = "2.4.1"; }) == "fail haproxy;");
  CHECK(with([](Facts& f) { f.open_files = 1024; }) == "warn open files;");
  CHECK(with([](Facts& f) { f.open_files = 64; }) == "fail open files;");
  CHECK(with([](Facts& f) { f.loopback_problem = "Cannot assign requested address"; }) == "fail addresses;");
  CHECK(with([](Facts& f) { f.low_ports = false; }) == "warn low ports;");
  CHECK(with([](Facts& f) { f.state_problem = "not writable"; }) == "fail state;");
  CHECK(with([](Facts& f) { f.disk_free = 500ull << 20; }) == "warn disk;");
  CHECK(with([](Facts& f) { f.disk_free = 1 << 20; }) == "fail disk;");
  CHECK(with([](Facts& f) { f.now_ms = 0; }) == "warn clock;");
  CHECK(with([](Facts& f) { f.engine = Facts::Engine::none; }) == "warn engine;");
  CHECK(with([](Facts& f) { f.engine = Facts::Engine::other; }) == "fail engine;");
  CHECK(with([](Facts& f) { f.engine_version = "0.0.9"; }) == "warn engine;");
  CHECK(with([](Facts& f) { f.unserved = {{"ecs:ListAttributes", 2}}; }) == "warn actions;");
  CHECK(with([](Facts& f) { f.blocked = parse_blocked(R"({"blocked":["target i-1:80 of web is not reached"]})"); }) ==
        "warn groups;");
}

TEST_CASE("doctor: a check is a line, and what to do one more") {
  CHECK(checks_text({{Check::Verdict::ok, "kernel", "Linux 6.1", ""}, {Check::Verdict::fail, "haproxy", "not found", "install it"}}, {}) ==
        "ok    kernel      Linux 6.1\nfail  haproxy     not found\n                  do: install it\n");
}

TEST_CASE("doctor: unserved actions are read from the engine's metrics") {
  const auto unserved = parse_unserved("# TYPE scaleout_api_unserved_total counter\nscaleout_api_requests_total 3\n"
                                       "scaleout_api_unserved_total{action=\"ecs.ListAttributes\"} 12\n");
  REQUIRE(unserved.size() == 1);
  CHECK(unserved.at("ecs.ListAttributes") == 12);
}

}  // namespace console
