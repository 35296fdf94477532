#include "wire/json.h"

#include <doctest/doctest.h>

#include "api/ecs.h"

namespace {

namespace ecs = api::ecs;
const api::Type& input_of(const api::Operation& operation) { return *operation.input; }
const api::Type& kCreate = input_of(ecs::op::CreateService::operation());

Result<ecs::CreateServiceRequest> parse(std::string_view body) {
  ecs::CreateServiceRequest out;
  TRY_VOID(wire::decode_json(kCreate, body, &out));
  return out;
}

}  // namespace

TEST_CASE("JSON input reaches the struct's members") {
  const auto in = parse(R"({"serviceName":"web","desiredCount":3,"loadBalancers":[{"containerPort":8080}],"enableECSManagedTags":true,
    "deploymentConfiguration":{"maximumPercent":200},"unknown":{"deep":[1]},"cluster":null})");
  REQUIRE(in);
  CHECK(in->service_name == "web");
  CHECK(in->desired_count == 3);
  CHECK(in->load_balancers->at(0).container_port == 8080);
  CHECK(in->enable_ecs_managed_tags == true);
  CHECK(in->deployment_configuration->maximum_percent == 200);
  CHECK_FALSE(in->cluster.has_value());
}

TEST_CASE("JSON input of the wrong shape is a SerializationException, never a guess") {
  for (const char* body : {"[]", "1", "\"x\"", "{", "{\"serviceName\":1}", "{\"serviceName\":[\"a\"]}", "{\"desiredCount\":\"3\"}",
                           "{\"desiredCount\":1.5}", "{\"desiredCount\":99999999999}", "{\"desiredCount\":true}",
                           "{\"loadBalancers\":{}}", "{\"loadBalancers\":\"x\"}", "{\"loadBalancers\":[1]}", "{\"deploymentConfiguration\":[]}",
                           "{\"deploymentConfiguration\":5}", "{\"serviceName\":\"\xff\"}", "{\"serviceName\":\"a\"} x", "{\"a\":1,}", "nul",
                           "{\"enableECSManagedTags\":\"true\"}", "{\"serviceName\":\"\\ud800\"}", "\xef\xbb\xbf{}"}) {
    const auto in = parse(body);
    CAPTURE(body);
    REQUIRE_FALSE(in);
    CHECK(in.error().code == "SerializationException");
  }
}

TEST_CASE("JSON nested deeper than the bound is refused") {
  const std::string deep = "{\"x\":" + std::string(100'000, '[') + std::string(100'000, ']') + "}";
  const auto in = parse(deep);
  REQUIRE_FALSE(in);
  CHECK(in.error().code == "SerializationException");
  CHECK(parse("{\"x\":" + std::string(50, '[') + std::string(50, ']') + "}").has_value());
}

TEST_CASE("an empty body is an empty structure") {
  CHECK(parse("").has_value());
  CHECK(parse(" \r\n").has_value());
}

TEST_CASE("JSON output: set members only, epoch seconds, escapes") {
  ecs::Service service;
  service.service_name = "a\"b\\c\n\x01\xc3\xa9\xff";
  service.created_at = api::Timestamp{1'700'000'000'120};
  service.desired_count = -1;
  service.load_balancers.emplace();
  ecs::DescribeServicesResponse out;
  out.services.emplace().push_back(service);
  std::string text;
  wire::encode_json(*ecs::op::DescribeServices::operation().output, &out, text);
  CHECK(text == "{\"services\":[{\"serviceName\":\"a\\\"b\\\\c\\n\\u0001\xc3\xa9\xEF\xBF\xBD\",\"loadBalancers\":[],"
                "\"desiredCount\":-1,\"createdAt\":1700000000.12}]}");
}

TEST_CASE("JSON timestamps may come as numbers or text") {
  ecs::ListServiceDeploymentsRequest in;
  const api::Type& type = input_of(ecs::op::ListServiceDeployments::operation());
  REQUIRE(wire::decode_json(type, R"({"service":"s","createdAt":{"after":1700000000.5,"before":"2023-11-14T22:13:20Z"}})", &in));
  CHECK(in.created_at->after->ms == 1'700'000'000'500);
  CHECK(in.created_at->before->ms == 1'700'000'000'000);
  CHECK_FALSE(wire::decode_json(type, R"({"createdAt":{"after":1e300}})", &in));
}

TEST_CASE("a character that needs an escape is escaped wherever it stands") {
  for (std::size_t length = 0; length < 20; ++length) {
    for (std::size_t at = 0; at < length; ++at) {
      for (const auto& [special, escaped] : {std::pair<char, std::string>{'"', "\\\""}, {'\\', "\\\\"}, {'\n', "\\n"}, {'\x1f', "\\u001f"},
                                             {'\xff', "\xEF\xBF\xBD"}, {' ', " "}, {'!', "!"}, {'\x7f', "\x7f"}, {'\0', "\\u0000"}}) {
        std::string text(length, 'a'), out;
        text[at] = special;
        wire::append_json_string(text, out);
        CHECK(out == '"' + std::string(at, 'a') + escaped + std::string(length - at - 1, 'a') + '"');
      }
    }
  }
}

TEST_CASE("a small body cannot make a million structures") {
  std::string body = "{\"loadBalancers\":[";
  for (int i = 0; i < 30'000; ++i) body += "{},";
  const auto in = parse(body + "{}]}");
  REQUIRE_FALSE(in);
  CHECK(in.error().code == "SerializationException");
}
