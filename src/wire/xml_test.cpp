#include "wire/xml.h"

#include <doctest/doctest.h>

#include "api/elbv2.h"
#include "wire/client_call.h"

namespace {
const api::Operation& kDescribe = api::elbv2::op::DescribeTargetGroups::operation();
}

TEST_CASE("what encode_xml writes, decode_xml reads") {
  api::elbv2::DescribeTargetGroupsOutput out;
  auto& group = out.target_groups.emplace().emplace_back();
  group.target_group_name = " a&b<c>\"d\"\r\né ";
  group.port = 80;
  group.health_check_enabled = false;
  group.load_balancer_arns = {"x", "y"};
  std::string text;
  wire::encode_xml(api::elbv2::model(), kDescribe, &out, "id", text);
  api::elbv2::DescribeTargetGroupsOutput back;
  REQUIRE(wire::decode_xml(kDescribe, text, &back));
  REQUIRE(back.target_groups->size() == 1);
  CHECK(back.target_groups->at(0).target_group_name == group.target_group_name);
  CHECK(back.target_groups->at(0).port == 80);
  CHECK(back.target_groups->at(0).health_check_enabled == false);
  CHECK(back.target_groups->at(0).load_balancer_arns == group.load_balancer_arns);
}

TEST_CASE("text that XML cannot say becomes a replacement character") {
  std::string text;
  wire::append_xml_text(std::string_view("a\0b\x1f\xff", 5), text);
  CHECK(text == "a\xEF\xBF\xBD" "b\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST_CASE("malformed XML answers are errors, not crashes") {
  for (const char* body : {"", "x", "<", "<a", "<a>", "<a></b>", "<!DOCTYPE a [<!ENTITY x \"y\">]>",
                           "<R><DescribeTargetGroupsResult><TargetGroups><member><Port>x</Port></member></TargetGroups></DescribeTargetGroupsResult></R>"}) {
    CAPTURE(body);
    api::elbv2::DescribeTargetGroupsOutput out;
    const auto read = wire::decode_xml(kDescribe, body, &out);
    REQUIRE_FALSE(read);
    CHECK(read.error().code == "InvalidResponse");
    CHECK(wire::decode_xml_error(body).code.empty());
  }
}

TEST_CASE("error answers become errors with the service's code") {
  net::Response answer;
  answer.status = 400;
  answer.body = "<ErrorResponse><Error><Type>Sender</Type><Code>TargetGroupNotFound</Code><Message>a &amp; b</Message></Error></ErrorResponse>";
  api::elbv2::DescribeTargetGroupsOutput out;
  const auto read = wire::decode_response(api::elbv2::model(), kDescribe, answer, &out);
  REQUIRE_FALSE(read);
  CHECK(read.error() == Error{"TargetGroupNotFound", "a & b"});
  answer.status = 502;
  answer.body = "<html>";
  CHECK(wire::decode_response(api::elbv2::model(), kDescribe, answer, &out).error().code == "InternalFailure");
}
