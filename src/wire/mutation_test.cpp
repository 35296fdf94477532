// Every parser takes thousands of damaged inputs: it must answer, not crash (the ASan build is what makes this sharp).
#include <doctest/doctest.h>

#include "api/cloudwatch.h"
#include "api/ec2.h"
#include "api/elbv2.h"
#include "base/testing/damage.h"
#include "wire/cbor.h"
#include "wire/dispatch.h"
#include "wire/fault.h"
#include "wire/gzip.h"
#include "wire/json.h"
#include "wire/query.h"
#include "wire/sigv4.h"
#include "wire/validate.h"
#include "wire/xml.h"

namespace {

namespace cw = api::cloudwatch;
const api::Operation& kPut = cw::op::PutMetricData::operation();
constexpr int kRounds = 2000;

cw::PutMetricDataInput metrics() {
  cw::PutMetricDataInput in;
  in.namespace_ = "App";
  auto& datum = in.metric_data.emplace().emplace_back();
  datum.metric_name = "M\xc3\xa9";
  datum.value = 1.25;
  datum.timestamp = api::Timestamp{1'700'000'000'500};
  datum.counts = {1, 2};
  datum.dimensions.emplace().emplace_back().name = "d";
  return in;
}

template <class Read>
void survives(const std::string& good, std::uint64_t seed, Read read) {
  testing::feed_damaged(good, seed, kRounds, read);
}

}  // namespace

TEST_CASE("damaged JSON, CBOR, form, gzip and XML are answered") {
  const auto in = metrics();
  std::string json, cbor, form;
  wire::encode_json(*kPut.input, &in, json);
  wire::encode_cbor(*kPut.input, &in, cbor);
  const auto check = [](const Result<void>& done, const void* value) {
    if (done) (void)wire::validate(cw::model(), *kPut.input, value);
    else CHECK_FALSE(done.error().code.empty());
  };
  survives(json, 1, [&](const std::string& body) {
    cw::PutMetricDataInput out;
    check(wire::decode_json(*kPut.input, body, &out), &out);
    (void)wire::decode_error(api::Protocol::json11, 400, body);
  });
  survives(cbor, 2, [&](const std::string& body) {
    cw::PutMetricDataInput out;
    check(wire::decode_cbor(*kPut.input, body, &out), &out);
    (void)wire::decode_error(api::Protocol::cbor, 400, body);
  });
  survives("Action=PutMetricData&Version=2010-08-01&Namespace=App&MetricData.member.1.MetricName=M%C3%A9&MetricData.member.1.Value=1.5"
           "&MetricData.member.1.Timestamp=2023-11-14T22%3A13%3A20Z&MetricData.member.1.Dimensions.member.1.Name=d",
           3, [&](const std::string& body) {
             net::Request request;
             request.method = "POST";
             request.headers.add("Content-Type", "application/x-www-form-urlencoded");
             request.body = body;
             const api::ServiceModel* models[] = {&cw::model()};
             const auto call = wire::identify(request, models);
             if (!call || call->operation != &kPut) return;
             cw::PutMetricDataInput out;
             check(wire::decode_input(*call, &out), &out);
           });
  survives(wire::gzip(json), 4, [&](const std::string& body) { (void)wire::gunzip(body, 1 << 20); });

  api::elbv2::DescribeTargetGroupsOutput groups;
  groups.target_groups.emplace().emplace_back().port = 80;
  std::string xml;
  wire::encode_xml(api::elbv2::model(), api::elbv2::op::DescribeTargetGroups::operation(), &groups, "id", xml);
  survives(xml, 5, [&](const std::string& body) {
    api::elbv2::DescribeTargetGroupsOutput out;
    (void)wire::decode_xml(api::elbv2::op::DescribeTargetGroups::operation(), body, &out);
    (void)wire::decode_error(api::Protocol::query, 400, body);
  });
}

TEST_CASE("damaged EC2 queries are answered") {
  const api::Operation& run = api::ec2::op::RunInstances::operation();
  int read = 0, refused = 0;
  survives("ImageId=ami-1&MinCount=1&MaxCount=2&SecurityGroupId.1=sg-1&SecurityGroupId.2=sg-2&TagSpecification.1.ResourceType=instance"
           "&TagSpecification.1.Tag.1.Key=Name&TagSpecification.1.Tag.1.Value=%C3%A9&LaunchTemplate.LaunchTemplateId=lt-1",
           7, [&](const std::string& body) {
             wire::Form form;
             Result<void> done = wire::parse_form(body, form);
             api::ec2::op::RunInstances::Input out;
             if (done) {
               wire::sort_form(form);
               done = wire::decode_query(*run.input, form, true, &out);
             }
             done ? ++read : ++refused;
             if (done) (void)wire::validate(api::ec2::model(), *run.input, &out);
             else CHECK_FALSE(done.error().code.empty());
           });
  CHECK(read > 100);
  CHECK(refused > 100);
}

TEST_CASE("damaged Authorization headers are answered") {
  net::Request request;
  request.method = "POST";
  request.target = "/?a=1";
  request.headers.add("Host", "localhost");
  const Instant now = instant_from_ms(1'700'000'000'000);
  wire::sign(request, {"AKID", "secret", ""}, {"us-east-1", "ecs"}, now);
  const std::string good(request.headers.get("Authorization"));
  const auto secret = [](std::string_view) { return std::optional<std::string>("secret"); };
  REQUIRE(wire::verify(request, secret, now));
  survives(good, 6, [&](const std::string& damaged) {
    request.headers.set("Authorization", damaged);
    const auto who = wire::verify(request, secret, now);
    if (!who) CHECK_FALSE(who.error().code.empty());
  });
}
