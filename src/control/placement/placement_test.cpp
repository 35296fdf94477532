#include "control/placement/placement.h"

#include <doctest/doctest.h>

#include <map>

#include "control/placement/pattern.h"
#include "control/placement/victims.h"

using namespace control;

namespace {

struct Cluster {
  std::vector<model::ContainerInstance> records;
  std::vector<NodeView> nodes;
  explicit Cluster(int count, int zones = 1, std::int64_t cpu = 1024, std::int64_t memory = 983) {
    for (int i = 0; i < count; ++i) {
      model::ContainerInstance& node = records.emplace_back();
      node.id = "n" + std::to_string(i);
      node.instance_id = "i-" + std::to_string(i);
      node.availability_zone = std::string(1, static_cast<char>('a' + i % zones));
      node.cpu = {cpu};
      node.memory = {memory};
      node.attributes = {{"ecs.instance-type", "t2.micro"}, {"rack", std::to_string(i % 2)}};
    }
    for (const auto& record : records) nodes.push_back(make_node_view(record, {}));
  }
};

PlacementRequest request_for(std::vector<model::PlacementStrategy> strategies = {},
                             std::vector<model::PlacementConstraint> constraints = {}) {
  return {"service:web", {{256}, {128}, {}}, std::move(constraints), std::move(strategies)};
}

std::vector<std::size_t> place_all(Cluster& cluster, const PlacementRequest& request, int count) {
  Random random(1);
  Placer placer(request, cluster.nodes, random);
  std::vector<std::size_t> placed;
  for (int i = 0; i < count; ++i) {
    const auto node = placer.place();
    if (!node) break;
    placed.push_back(*node);
  }
  return placed;
}

bool holds(const std::string& expression, const NodeView& node) {
  const auto query = Query::parse(expression);
  REQUIRE_MESSAGE(query.has_value(), expression << ": " << (query ? "" : query.error().message));
  return query->matches(node);
}

}  // namespace

TEST_CASE("Placement_Binpack_TakesTheLeastRemainingThatStillFits") {
  Cluster cluster(3);
  cluster.nodes[1].cpu_free = {512};
  CHECK(place_all(cluster, request_for({{"binpack", "cpu"}}), 4) == std::vector<std::size_t>{1, 1, 0, 0});
}

TEST_CASE("Placement_FourTasksOf256FillAMicro") {
  Cluster cluster(1);
  CHECK(place_all(cluster, request_for({{"binpack", "cpu"}}), 9).size() == 4);
}

TEST_CASE("Placement_Default_FewestServiceTasksInTheZoneThenOnTheInstance") {
  Cluster cluster(3, 2);  // zones a, b, a
  CHECK(place_all(cluster, request_for(), 4) == std::vector<std::size_t>{0, 1, 2, 1});
}

TEST_CASE("Placement_Spread_CountsTasksOfTheSameServiceOnly") {
  Cluster cluster(2);
  cluster.nodes[0].tasks_by_group["service:other"] = 3;
  cluster.nodes[1].tasks_by_group["service:web"] = 1;
  CHECK(place_all(cluster, request_for({{"spread", "instanceId"}}), 2) == std::vector<std::size_t>{0, 0});
}

TEST_CASE("Placement_ChainedStrategies_ApplyTheNextWithinTheBestPartition") {
  Cluster cluster(4, 2);  // a b a b
  cluster.nodes[2].memory_free = {500};
  cluster.nodes[1].memory_free = {300};
  const auto placed = place_all(cluster, request_for({{"spread", "attribute:ecs.availability-zone"}, {"binpack", "memory"}}), 2);
  CHECK(placed == std::vector<std::size_t>{1, 2});
}

TEST_CASE("Placement_Random_IsTheSameForTheSameSeed") {
  Cluster one(10), two(10);
  CHECK(place_all(one, request_for({{"random", ""}}), 20) == place_all(two, request_for({{"random", ""}}), 20));
}

TEST_CASE("Placement_DistinctInstance_OneOfAServiceOnEachNode") {
  Cluster cluster(2);
  CHECK(place_all(cluster, request_for({}, {{"distinctInstance", ""}}), 5).size() == 2);
}

TEST_CASE("Placement_MemberOf_IsBinding") {
  Cluster cluster(4);
  CHECK(place_all(cluster, request_for({{"binpack", "cpu"}}, {{"memberOf", "attribute:rack == 1"}}), 5) ==
        std::vector<std::size_t>{1, 1, 1, 1, 3});
}

TEST_CASE("Placement_MemberOf_OnCountsIsAskedAgainForEachTask") {
  Cluster cluster(2);
  CHECK(place_all(cluster, request_for({}, {{"memberOf", "runningTasksCount < 2"}}), 9).size() == 4);
}

TEST_CASE("Placement_StaticPortsMustBeFreePerProtocol") {
  Cluster cluster(1);
  PlacementRequest tcp = request_for();
  tcp.needs.ports = {port_slot(80, "tcp")};
  PlacementRequest udp = request_for();
  udp.needs.ports = {port_slot(80, "udp")};
  Random random(1);
  CHECK(place(tcp, cluster.nodes, random));
  CHECK(place(udp, cluster.nodes, random));
  const auto refused = place(tcp, cluster.nodes, random);
  REQUIRE(!refused);
  CHECK(refused.error().code == "RESOURCE:PORTS");
  CHECK(refused.error().event_text().find("The closest matching (container-instance n0) is already using a port "
                                          "required by your task.") != std::string::npos);
}

TEST_CASE("Placement_RefusalNamesTheClosestMatchAndItsReason") {
  Random random(1);
  Cluster cluster(2);
  cluster.nodes[0].cpu_free = {100};
  cluster.nodes[1].cpu_free = {200};
  cluster.nodes[1].memory_free = {1};
  auto refused = place(request_for(), cluster.nodes, random);
  REQUIRE(!refused);
  CHECK(refused.error().code == "RESOURCE:CPU");
  CHECK(refused.error().container_instance == "n0");
  cluster.nodes[0].cpu_free = {1024};
  cluster.nodes[0].memory_free = {10};
  refused = place(request_for(), cluster.nodes, random);
  CHECK(refused.error().event_text() ==
        "was unable to place a task because no container instance met all of its requirements. The closest matching "
        "(container-instance n0) has insufficient memory available. For more information, see the Troubleshooting "
        "section of the Amazon ECS Developer Guide.");
}

TEST_CASE("Placement_EmptyOrDrainingClusterHasNoInstances") {
  Random random(1);
  Cluster cluster(1);
  cluster.records[0].status = "DRAINING";
  const auto refused = place(request_for(), cluster.nodes, random);
  REQUIRE(!refused);
  CHECK(refused.error().event_text().find("Reason: No Container Instances were found in your cluster.") !=
        std::string::npos);
}

TEST_CASE("Placement_OnlyConnectedAgentsTakeTasks") {
  Random random(1);
  Cluster cluster(1);
  cluster.records[0].agent_connected = false;
  const auto refused = place(request_for(), cluster.nodes, random);
  REQUIRE(!refused);
  CHECK(refused.error().code == "AGENT");
  CHECK(refused.error().event_text().find("encountered error \"AGENT\"") != std::string::npos);
}

TEST_CASE("Placement_ReservationsOfTasksNotYetStoppedStand") {
  model::ContainerInstance record;
  record.cpu = {1024};
  model::Task stopping, stopped;
  stopping.cpu = stopped.cpu = {256};
  stopping.desired_status = "STOPPED";
  stopped.last_status = "STOPPED";
  auto use = std::make_shared<model::NodeUse>();
  for (const model::Task* task : {&stopping, &stopped}) use->count(*task, 1);
  const NodeView node = make_node_view(record, use);
  CHECK(node.cpu_free == CpuUnits{768});
  CHECK(node.running_tasks == 0);
}

TEST_CASE("Placement_TenThousandTasksOnAThousandNodes") {
  Cluster cluster(1000, 3, 4096, 8192);
  CHECK(place_all(cluster, request_for({{"spread", "attribute:ecs.availability-zone"}, {"binpack", "cpu"}}), 10'000)
            .size() == 10'000);
}

TEST_CASE("Query_OperatorsAndWordForms") {
  Cluster cluster(1);
  NodeView& node = cluster.nodes[0];
  node.running_tasks = 2;
  node.tasks_by_group["service:web"] = 2;
  CHECK(holds("attribute:ecs.instance-type == t2.micro", node));
  CHECK(holds("attribute:ecs.instance-type equals 't2.micro'", node));
  CHECK(holds("attribute:ecs.instance-type != t3.micro", node));
  CHECK(holds("attribute:ecs.instance-type =~ t2.*", node));
  CHECK(holds("attribute:ecs.instance-type !~ t3.*", node));
  CHECK(holds("attribute:ecs.availability-zone in [b, a]", node));
  CHECK(holds("attribute:ecs.availability-zone !in [\"b\",\"c\"]", node));
  CHECK(holds("attribute:rack exists", node));
  CHECK(holds("attribute:stack !exists", node));
  CHECK(holds("runningTasksCount >= 2 and runningTasksCount < 10", node));
  CHECK(holds("agentConnected == true && ec2InstanceId == i-0", node));
  CHECK(holds("not(task:group == service:db)", node));
  CHECK(holds("task:group == service:web", node));
  CHECK(holds("agentVersion > 1.9.0", node));
  CHECK(holds("registeredAt < 2018-06-18T22:28:28+00:00", node));
  CHECK(holds("attribute:rack == 7 or (attribute:rack == 0 and !(runningTasksCount == 1))", node));
  CHECK(!holds("attribute:stack == x", node));
}

TEST_CASE("Query_BadExpressionsAreInvalidParameters") {
  for (const char* bad : {"", "attribute:", "attribute:x", "attribute:x ==", "colour == red", "(attribute:x == 1",
                          "attribute:x in a", "attribute:x in [a", "attribute:x =~ (", "attribute:x == 1 and",
                          "attribute:x == 'a", "attribute:x == 1)"}) {
    const auto query = Query::parse(bad);
    CAPTURE(bad);
    REQUIRE(!query);
    CHECK(query.error().code == "InvalidParameterException");
  }
  CHECK(!Query::parse(std::string(2001, ' ')));
  CHECK(!Query::parse(std::string(1900, '(')));
  CHECK(!Query::parse(std::string(1900, '!')));
}

TEST_CASE("Query_HostilePatternsMatchInLinearTime") {
  const auto pattern = Pattern::compile("(a*)*(a*)*(a|aa)*b");
  REQUIRE(pattern);
  CHECK(!pattern->matches(std::string(2000, 'a')));
  CHECK(pattern->matches("aab"));
  CHECK(!Pattern::compile("((a{200}){200}){200}"));
  CHECK(!Pattern::compile(std::string(1000, '(')));
  CHECK(Pattern::compile("[a-c]+\\d{2,3}(x|y)?")->matches("abc123y"));
  CHECK(!Pattern::compile("[^a-c]+")->matches("xa"));
  CHECK(Pattern::compile("t[23]\\.(micro|small)")->matches("t3.small"));
  CHECK(Pattern::compile("a||b")->matches(""));
}

TEST_CASE("ScaleIn_PendingTasksGoFirstThenUnhealthyOnes") {
  Random random(1);
  std::vector<VictimCandidate> tasks(3);
  tasks[1].running = false;
  tasks[2].healthy = false;
  CHECK(choose_victims(tasks, 2, {}, {}, random) == std::vector<std::size_t>{1, 2});
}

TEST_CASE("ScaleIn_NoStrategy_ZoneWithMostThenInstanceWithMost") {
  Random random(1);
  const std::vector<VictimCandidate> tasks = {{"n1", "a"}, {"n2", "b"}, {"n3", "b"}, {"n3", "b"}};
  CHECK(choose_victims(tasks, 1, {}, {}, random) == std::vector<std::size_t>{2});
}

TEST_CASE("ScaleIn_Spread_BalancesZones") {
  Random random(7);
  const std::vector<VictimCandidate> tasks = {{"n1", "a"}, {"n2", "b"}, {"n3", "b"}, {"n3", "b"}};
  std::map<std::string, int> left = {{"a", 1}, {"b", 3}};
  for (const std::size_t victim : choose_victims(tasks, 2, {{"spread", "attribute:ecs.availability-zone"}}, {}, random)) {
    --left[tasks[victim].availability_zone];
  }
  CHECK(left == std::map<std::string, int>{{"a", 1}, {"b", 1}});
}

TEST_CASE("ScaleIn_Binpack_TakesFromTheInstanceWithMostLeft") {
  Random random(1);
  Cluster cluster(2);
  cluster.nodes[0].cpu_free = {0};
  cluster.nodes[1].cpu_free = {512};
  const std::vector<VictimCandidate> tasks = {{"n0", "a"}, {"n1", "a"}, {"n0", "a"}};
  CHECK(choose_victims(tasks, 1, {{"binpack", "cpu"}}, cluster.nodes, random) == std::vector<std::size_t>{1});
}

TEST_CASE("ScaleIn_ProtectedTasksCountForTheBalanceButStay") {
  Random random(1);
  std::vector<VictimCandidate> tasks = {{"n1", "a"}, {"n1", "a"}, {"n2", "b"}};
  tasks[0].eligible = tasks[1].eligible = false;
  CHECK(choose_victims(tasks, 2, {}, {}, random) == std::vector<std::size_t>{2});
}
