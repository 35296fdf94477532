#include "client/aws_client.h"

#include <doctest/doctest.h>

#include <atomic>
#include <set>
#include <vector>

#include "api/ecs.h"
#include "api/elbv2.h"
#include "net/http_server.h"
#include "net/test_peer.h"

namespace client {
namespace {

using net::Request;
using net::Responder;
using net::Response;

Settings settings_for(std::uint16_t port) {
  Surroundings nothing{[](const std::string&) { return std::nullopt; }, [](const std::string&) { return std::nullopt; }};
  return *Settings::load({.endpoint_url = "http://127.0.0.1:" + std::to_string(port), .region = {}, .profile = {}}, nothing);
}

CallOptions quick(std::vector<std::int64_t>* delays = nullptr) {
  CallOptions options;
  options.sleep = [delays](std::chrono::milliseconds delay) {
    if (delays) delays->push_back(delay.count());
  };
  return options;
}

Response json(int status, std::string body) {
  return {status, {{"Content-Type", "application/x-amz-json-1.1"}}, std::move(body), nullptr};
}

}  // namespace

TEST_CASE("a call is a signed request of the service's protocol, its answer a struct") {
  std::vector<std::string> seen;
  net::RunningServer server([&](Request&& request, Responder respond) {
    seen = {request.method, std::string(request.headers.get("X-Amz-Target")),
            std::string(request.headers.get("Authorization")), request.body};
    respond(json(200, R"({"cluster":{"clusterName":"web","status":"ACTIVE"}})"));
  });
  AwsClient aws(settings_for(server.port()), quick());
  api::ecs::op::CreateCluster::Input input;
  input.cluster_name = "web";
  const auto output = aws.call<api::ecs::op::CreateCluster>(input);
  REQUIRE(output);
  CHECK(output->cluster->cluster_name == "web");
  CHECK(seen[0] == "POST");
  CHECK(seen[1] == "AmazonEC2ContainerServiceV20141113.CreateCluster");
  CHECK(seen[2].starts_with("AWS4-HMAC-SHA256 Credential=test/"));
  CHECK(seen[2].find("/us-east-1/ecs/aws4_request") != std::string::npos);
  CHECK(seen[3] == R"({"clusterName":"web"})");
}

TEST_CASE("a Query service's call and error") {
  std::string body;
  net::RunningServer server([&](Request&& request, Responder respond) {
    body = request.body;
    respond({400, {{"Content-Type", "text/xml"}},
             "<ErrorResponse><Error><Type>Sender</Type><Code>LoadBalancerNotFound</Code><Message>no such</Message></Error>"
             "<RequestId>1</RequestId></ErrorResponse>",
             nullptr});
  });
  AwsClient aws(settings_for(server.port()), quick());
  api::elbv2::op::DescribeLoadBalancers::Input input;
  input.names.emplace().push_back("web");
  const auto output = aws.call<api::elbv2::op::DescribeLoadBalancers>(input);
  REQUIRE_FALSE(output);
  CHECK(output.error().message == "no such");
  CHECK(body.find("Action=DescribeLoadBalancers") != std::string::npos);
  CHECK(body.find("Names.member.1=web") != std::string::npos);
}

TEST_CASE("server errors and throttling are retried with one invocation id, other errors are not") {
  std::vector<std::string> ids, attempts;
  std::vector<Response> answers;
  net::RunningServer server([&](Request&& request, Responder respond) {
    ids.emplace_back(request.headers.get("amz-sdk-invocation-id"));
    attempts.emplace_back(request.headers.get("amz-sdk-request"));
    respond(std::move(answers.at(ids.size() - 1)));
  });
  answers.push_back(json(500, R"({"__type":"ServerException","message":"oops"})"));
  answers.push_back(json(400, R"({"__type":"ThrottlingException","message":"slow"})"));
  answers.push_back(json(200, R"({"clusterArns":[]})"));
  answers.push_back(json(400, R"({"__type":"InvalidParameterException","message":"no"})"));
  std::vector<std::int64_t> delays;
  AwsClient aws(settings_for(server.port()), quick(&delays));
  CHECK(aws.call<api::ecs::op::ListClusters>({}));
  CHECK(ids.size() == 3);
  CHECK(std::set(ids.begin(), ids.end()).size() == 1);
  CHECK(ids[0].size() == 36);
  CHECK(attempts == std::vector<std::string>{"attempt=1; max=3", "attempt=2; max=3", "attempt=3; max=3"});
  REQUIRE(delays.size() == 2);
  CHECK(delays[0] <= 100);
  CHECK(delays[1] <= 200);
  CHECK(aws.call<api::ecs::op::ListClusters>({}).error().code == "InvalidParameterException");
  CHECK(ids.size() == 4);
  CHECK(ids[3] != ids[0]);
}

TEST_CASE("a connection cut before the answer is asked again") {
  int count = 0;
  net::RunningServer* running = nullptr;
  std::vector<Responder> never;
  net::RunningServer server([&](Request&&, Responder respond) {
    if (++count > 1) return respond(json(200, "{}"));
    never.push_back(std::move(respond));
    net::HttpServer::Options options;
    options.listen = {"127.0.0.1:" + std::to_string(running->port())};
    // The server dies with the request in its hands, and comes back at the same port.
    running->loop.post([&, options]() mutable {
      running->server.reset();
      running->server = *net::HttpServer::start(running->loop, options, [&](Request&&, Responder again) {
        ++count;
        again(json(200, R"({"clusterArns":["back"]})"));
      });
    });
  });
  running = &server;
  AwsClient aws(settings_for(server.port()), quick());
  const auto output = aws.call<api::ecs::op::ListClusters>({});
  REQUIRE(output);
  CHECK(output->cluster_arns->front() == "back");
  CHECK(count == 2);
}

TEST_CASE("an endpoint nobody listens at has a code of its own, and the message says what to do") {
  std::uint16_t port = 0;
  {
    net::RunningServer server([](Request&&, Responder) {});
    port = server.port();
  }
  AwsClient aws(settings_for(port), quick());
  const auto output = aws.call<api::ecs::op::ListClusters>({});
  REQUIRE_FALSE(output);
  CHECK(output.error().code == kUnreachable);
  CHECK(unreachable_or_unauthorised(output.error()));
  CHECK(output.error().message.find("scaleout up") != std::string::npos);
  CHECK(output.error().message.find("--endpoint-url") != std::string::npos);
  CHECK(unreachable_or_unauthorised({"SignatureDoesNotMatch", ""}));
  CHECK_FALSE(unreachable_or_unauthorised({"ClusterNotFoundException", ""}));
}

TEST_CASE("pages are followed to the last, and a token that repeats is an error") {
  std::vector<std::string> bodies;
  bool loops = false;
  net::RunningServer server([&](Request&& request, Responder respond) {
    bodies.push_back(request.body);
    const bool last = !loops && bodies.size() == 3;
    respond(json(200, R"({"clusterArns":["a)" + std::to_string(bodies.size()) + R"("])" +
                          (last ? "}" : R"(,"nextToken":"t)" + std::to_string(loops ? 0 : bodies.size()) + R"("})")));
  });
  AwsClient aws(settings_for(server.port()), quick());
  std::vector<std::string> arns;
  const auto collect = [&](const api::ecs::op::ListClusters::Output& page) {
    arns.insert(arns.end(), page.cluster_arns->begin(), page.cluster_arns->end());
    return true;
  };
  CHECK(aws.each_page<api::ecs::op::ListClusters>({}, collect));
  CHECK(arns == std::vector<std::string>{"a1", "a2", "a3"});
  CHECK(bodies[2] == R"({"nextToken":"t2"})");
  loops = true;
  CHECK(aws.each_page<api::ecs::op::ListClusters>({}, collect).error().code == "PaginationLoop");
}

TEST_CASE("idempotency tokens are made where the model has them, and the caller's are kept") {
  std::string body;
  net::RunningServer server([&](Request&& request, Responder respond) {
    body = request.body;
    respond(json(200, "{}"));
  });
  AwsClient aws(settings_for(server.port()), quick());
  REQUIRE(aws.call<api::ecs::op::RunTask>({}));
  CHECK(body.find("\"clientToken\":\"") != std::string::npos);
  api::ecs::op::RunTask::Input input;
  input.client_token = "mine";
  REQUIRE(aws.call<api::ecs::op::RunTask>(input));
  CHECK(body.find("\"clientToken\":\"mine\"") != std::string::npos);
}

}  // namespace client
