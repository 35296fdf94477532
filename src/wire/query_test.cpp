#include "wire/query.h"

#include <doctest/doctest.h>

#include "api/ec2.h"
#include "api/elbv2.h"

namespace {

template <class Op>
Result<typename Op::Input> parse(std::string_view text, bool ec2) {
  wire::Form form;
  TRY_VOID(wire::parse_form(text, form));
  wire::sort_form(form);
  typename Op::Input out;
  TRY_VOID(wire::decode_query(*Op::operation().input, form, ec2, &out));
  return out;
}
const auto elb = [](std::string_view text) { return parse<api::elbv2::op::CreateTargetGroup>(text, false); };
const auto ec2 = [](std::string_view text) { return parse<api::ec2::op::RunInstances>(text, true); };

}  // namespace

TEST_CASE("Query lists and structures reach the struct's members") {
  const auto in = elb("Action=CreateTargetGroup&Version=2015-12-01&Name=web%20x&Port=80&HealthCheckEnabled=true&Matcher.HttpCode=200-299"
                      "&Tags.member.1.Key=a&Tags.member.1.Value=b&Tags.member.10.Key=z&Tags.member.2.Key=c+d&Unknown.1=x");
  REQUIRE(in);
  CHECK(in->name == "web x");
  CHECK(in->port == 80);
  CHECK(in->health_check_enabled == true);
  CHECK(in->matcher->http_code == "200-299");
  REQUIRE(in->tags->size() == 3);
  CHECK(in->tags->at(1).key == "c d");
  CHECK(in->tags->at(2).key == "z");
}

TEST_CASE("an empty list parameter is an empty list") {
  const auto in = elb("Tags=");
  REQUIRE(in);
  CHECK(in->tags.has_value());
  CHECK(in->tags->empty());
}

TEST_CASE("EC2 lists have no member part and capitalised names") {
  const auto in = ec2("ImageId=ami-1&MinCount=1&MaxCount=2&SecurityGroupId.1=sg-1&SecurityGroupId.2=sg-2&TagSpecification.1.ResourceType=instance"
                      "&TagSpecification.1.Tag.1.Key=Name&TagSpecification.1.Tag.1.Value=n&LaunchTemplate.LaunchTemplateId=lt-1");
  REQUIRE(in);
  CHECK(in->security_group_ids == std::vector<std::string>{"sg-1", "sg-2"});
  CHECK(in->tag_specifications->at(0).tags->at(0).value == "n");
  CHECK(in->launch_template->launch_template_id == "lt-1");
}

TEST_CASE("a huge list index costs one element") {
  const auto in = ec2("SecurityGroupId.999999999=sg-1&SecurityGroupId.3=sg-0");
  REQUIRE(in);
  CHECK(in->security_group_ids == std::vector<std::string>{"sg-0", "sg-1"});
}

TEST_CASE("malformed Query input is an error with an AWS code") {
  for (const char* text : {"Port=x", "Port=99999999999", "Port=", "HealthCheckEnabled=maybe", "Tags.member.x.Key=a", "Tags.member..Key=a",
                           "Tags.member.-1.Key=a", "Tags.member.99999999999999999999.Key=a", "Tags.member.1=a&Tags.member.1b.Key=x", "Tags.=1", "Tags.member=1"}) {
    CAPTURE(text);
    const auto in = elb(text);
    REQUIRE_FALSE(in);
    CHECK(in.error().code == "MalformedInput");
  }
  for (const char* text : {"MinCount=one", "SecurityGroupId.x=1", "DryRun=2"}) {
    CAPTURE(text);
    const auto in = ec2(text);
    REQUIRE_FALSE(in);
    CHECK(in.error().code == "InvalidParameterValue");
  }
  for (const char* text : {"Name=%", "Name=%f", "Name=%zz", "Name=%ff", "%c3=1"}) {
    CAPTURE(text);
    const auto in = elb(text);
    REQUIRE_FALSE(in);
    CHECK(in.error().code == "MalformedQueryString");
  }
}

TEST_CASE("odd but legal forms do no harm") {
  for (const char* text : {"", "&", "&&&", "=", "==", "=x", "a", "a=b=c", ".=1", "..=2", "Name.x=1", "Matcher=1"}) {
    CAPTURE(text);
    CHECK(elb(text).has_value());
  }
}

TEST_CASE("too many parameters are refused") {
  std::string text;
  for (std::size_t i = 0; i <= wire::kMaxParameters; ++i) text += "a=1&";
  CHECK(elb(text).error().code == "MalformedQueryString");
}

TEST_CASE("what encode_query writes, decode_query reads") {
  api::elbv2::CreateRuleInput in;
  in.listener_arn = "arn:a/b c&d=é";
  in.priority = 5;
  auto& condition = in.conditions.emplace().emplace_back();
  condition.field = "path-pattern";
  condition.path_pattern_config.emplace().values = {"/a", "/b"};
  in.tags.emplace();
  std::string text;
  wire::encode_query(*api::elbv2::op::CreateRule::operation().input, &in, false, text);
  const auto out = parse<api::elbv2::op::CreateRule>(text.substr(1), false);
  REQUIRE(out);
  CHECK(out->listener_arn == in.listener_arn);
  CHECK(out->conditions->at(0).path_pattern_config->values == in.conditions->at(0).path_pattern_config->values);
  CHECK(out->tags->empty());
}
