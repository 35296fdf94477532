#include "wire/dispatch.h"

#include <doctest/doctest.h>

#include <limits>
#include <stdexcept>

#include "api/application_autoscaling.h"
#include "api/autoscaling.h"
#include "api/cloudwatch.h"
#include "api/ec2.h"
#include "api/ecs.h"
#include "api/elbv2.h"
#include "wire/cbor.h"
#include "wire/gzip.h"

namespace {

struct Context {
  int calls = 0;
};

Result<api::ecs::op::CreateCluster::Output> create_cluster(Context& context, const api::ecs::CreateClusterRequest& in) {
  ++context.calls;
  if (in.cluster_name == "bad") return fail("ClusterNotFoundException", "Cluster not found.");
  if (in.cluster_name == "worst") throw std::runtime_error("a mistake of ours");
  if (in.cluster_name == "worse") return fail("ServerException", "Broken.");
  api::ecs::op::CreateCluster::Output out;
  out.cluster.emplace().cluster_name = in.cluster_name;
  return out;
}
Result<api::ecs::op::ListTasks::Output> list_tasks(Context&, const api::ecs::ListTasksRequest&) { return {}; }
Result<api::ecs::op::CreateService::Output> create_service(Context&, const api::ecs::CreateServiceRequest&) { return {}; }

Result<api::elbv2::op::DescribeTargetGroups::Output> describe_target_groups(Context&, const api::elbv2::DescribeTargetGroupsInput& in) {
  if (in.names) return fail("TargetGroupNotFound", "One or more <target groups> not found");
  api::elbv2::op::DescribeTargetGroups::Output out;
  out.target_groups.emplace().emplace_back().target_group_name = "a&b";
  return out;
}
Result<api::elbv2::op::DeleteTargetGroup::Output> delete_target_group(Context&, const api::elbv2::DeleteTargetGroupInput&) {
  throw std::out_of_range("a mistake of ours");
}
Result<api::ec2::op::DescribeVpcs::Output> describe_vpcs(Context&, const api::ec2::DescribeVpcsRequest& in) {
  if (in.vpc_ids) return fail("InvalidVpcID.NotFound", "The vpc ID 'x' does not exist");
  api::ec2::op::DescribeVpcs::Output out;
  out.vpcs.emplace().emplace_back().vpc_id = "vpc-1";
  return out;
}
Result<api::ec2::op::CreateSubnet::Output> create_subnet(Context&, const api::ec2::CreateSubnetRequest&) { return {}; }
Result<api::cloudwatch::op::DeleteAlarms::Output> delete_alarms(Context&, const api::cloudwatch::DeleteAlarmsInput&) {
  return fail("ResourceNotFound", "none");
}

Result<api::cloudwatch::op::PutMetricAlarm::Output> put_metric_alarm(Context& context, const api::cloudwatch::PutMetricAlarmInput&) {
  ++context.calls;
  return {};
}
Result<api::autoscaling::op::PutScalingPolicy::Output> put_group_policy(Context& context, const api::autoscaling::PutScalingPolicyType&) {
  ++context.calls;
  return {};
}
Result<api::application_autoscaling::op::PutScalingPolicy::Output> put_target_policy(
    Context& context, const api::application_autoscaling::PutScalingPolicyRequest&) {
  ++context.calls;
  return {};
}

constexpr api::Route kEcs[] = {api::route<api::ecs::op::CreateCluster, create_cluster>(), api::route<api::ecs::op::ListTasks, list_tasks>(),
                               api::route<api::ecs::op::CreateService, create_service>()};
constexpr api::Route kElb[] = {api::route<api::elbv2::op::DescribeTargetGroups, describe_target_groups>(),
                               api::route<api::elbv2::op::DeleteTargetGroup, delete_target_group>()};
constexpr api::Route kEc2[] = {api::route<api::ec2::op::DescribeVpcs, describe_vpcs>(), api::route<api::ec2::op::CreateSubnet, create_subnet>()};
constexpr api::Route kCloudwatch[] = {api::route<api::cloudwatch::op::DeleteAlarms, delete_alarms>(),
                                      api::route<api::cloudwatch::op::PutMetricAlarm, put_metric_alarm>()};
constexpr api::Route kGroups[] = {api::route<api::autoscaling::op::PutScalingPolicy, put_group_policy>()};
constexpr api::Route kTargets[] = {api::route<api::application_autoscaling::op::PutScalingPolicy, put_target_policy>()};

struct Front {
  Context context;
  wire::Dispatcher dispatcher;
  Front() {
    dispatcher.add(api::ecs::model(), kEcs, context);
    dispatcher.add(api::elbv2::model(), kElb, context);
    dispatcher.add(api::ec2::model(), kEc2, context);
    dispatcher.add(api::cloudwatch::model(), kCloudwatch, context);
    dispatcher.add(api::autoscaling::model(), kGroups, context);
    dispatcher.add(api::application_autoscaling::model(), kTargets, context);
  }
  net::Response post(net::Headers headers, std::string body, std::string target = "/") {
    net::Request request;
    request.method = "POST";
    request.target = std::move(target);
    request.headers = std::move(headers);
    request.body = std::move(body);
    return dispatcher.answer(request, "req-1");
  }
  net::Response ecs(std::string_view action, std::string body) {
    return post({{"X-Amz-Target", "AmazonEC2ContainerServiceV20141113." + std::string(action)}, {"Content-Type", "application/x-amz-json-1.1"}},
                std::move(body));
  }
  net::Response form(std::string body) { return post({{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}}, std::move(body)); }
};

}  // namespace

TEST_CASE("a JSON call reaches its handler and is answered with a request id") {
  Front front;
  const auto answer = front.ecs("CreateCluster", R"({"clusterName":"web"})");
  CHECK(answer.status == 200);
  CHECK(answer.body == R"({"cluster":{"clusterName":"web"}})");
  CHECK(answer.headers.get("content-type") == "application/x-amz-json-1.1");
  CHECK(answer.headers.get("x-amzn-requestid") == "req-1");
}

TEST_CASE("a handler's error has the model's status and both type fields") {
  Front front;
  const auto answer = front.ecs("CreateCluster", R"({"clusterName":"bad"})");
  CHECK(answer.status == 400);
  CHECK(answer.body == R"({"__type":"ClusterNotFoundException","message":"Cluster not found."})");
  CHECK(answer.headers.get("x-amzn-errortype") == "ClusterNotFoundException");
  CHECK(front.ecs("CreateCluster", R"({"clusterName":"worse"})").status == 500);
}

TEST_CASE("a handler that throws is answered in the client's protocol, and what it threw stays in the log") {
  Front front;
  const auto json = front.ecs("CreateCluster", R"({"clusterName":"worst"})");
  CHECK(json.status == 500);
  CHECK(json.headers.get("x-amzn-errortype") == "InternalFailure");
  CHECK(json.body.find("a mistake of ours") == std::string::npos);
  const auto xml = front.form("Action=DeleteTargetGroup&Version=2015-12-01&TargetGroupArn=a");
  CHECK(xml.status == 500);
  CHECK(xml.body.find("<Type>Receiver</Type><Code>InternalFailure</Code>") != std::string::npos);
  CHECK(xml.body.find("a mistake of ours") == std::string::npos);
}

TEST_CASE("input that breaks the model never reaches a handler") {
  Front front;
  const auto missing = front.ecs("CreateService", "{}");
  CHECK(missing.status == 400);
  CHECK(missing.body.find("1 validation error detected: Value null at 'serviceName' failed to satisfy constraint: Member must not be null") !=
        std::string::npos);
  const auto wrong = front.ecs("ListTasks", R"({"launchType":"MOON"})");
  CHECK(wrong.body.find("Value 'MOON' at 'launchType' failed to satisfy constraint: Member must satisfy enum value set: [EC2, FARGATE") !=
        std::string::npos);
  CHECK(front.ecs("CreateCluster", "{").body.find("SerializationException") != std::string::npos);
  CHECK(front.context.calls == 0);
}

TEST_CASE("a number that is not finite never reaches a handler, in no protocol") {
  Front front;
  const net::Headers cbor{{"smithy-protocol", "rpc-v2-cbor"}, {"Content-Type", "application/cbor"}};
  for (const double value : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    api::cloudwatch::PutMetricAlarmInput in;
    in.alarm_name = "a";
    in.evaluation_periods = 1;
    in.comparison_operator = "GreaterThanThreshold";
    in.threshold = value;
    std::string body;
    wire::encode_cbor(*api::cloudwatch::op::PutMetricAlarm::operation().input, &in, body);
    const auto answer = front.post(cbor, body, "/service/GraniteServiceVersion20100801/operation/PutMetricAlarm");
    CHECK(answer.status == 400);
    CHECK(answer.headers.get("x-amzn-query-error") == "InvalidParameterValue;Sender");
    CHECK(wire::decode_cbor_error(answer.body).message.find("at 'threshold' failed to satisfy constraint: Member must be a finite number") !=
          std::string::npos);
  }
  for (const char* value : {"NaN", "Infinity", "-Infinity", "inf", "1e999"}) {
    CAPTURE(value);
    const auto answer = front.form("Action=PutScalingPolicy&Version=2011-01-01&AutoScalingGroupName=g&PolicyName=p&"
                                   "StepAdjustments.member.1.ScalingAdjustment=1&StepAdjustments.member.1.MetricIntervalLowerBound=" +
                                   std::string(value));
    CHECK(answer.status == 400);
  }
  for (const char* value : {R"("NaN")", R"("Infinity")", R"("-Infinity")", "NaN", "Infinity", "1e999"}) {
    CAPTURE(value);
    const std::string body = R"({"PolicyName":"p","ServiceNamespace":"ecs","ResourceId":"service/c/s","ScalableDimension":)"
                             R"("ecs:service:DesiredCount","StepScalingPolicyConfiguration":{"StepAdjustments":[)"
                             R"({"ScalingAdjustment":1,"MetricIntervalLowerBound":)" + std::string(value) + "}]}}";
    const auto answer = front.post({{"X-Amz-Target", "AnyScaleFrontendService.PutScalingPolicy"}, {"Content-Type", "application/x-amz-json-1.1"}}, body);
    CHECK(answer.status == 400);
  }
  CHECK(front.context.calls == 0);
}

TEST_CASE("Query answers are wrapped, escaped and carry the namespace") {
  Front front;
  const auto answer = front.form("Action=DescribeTargetGroups&Version=2015-12-01");
  CHECK(answer.status == 200);
  CHECK(answer.body ==
        "<DescribeTargetGroupsResponse xmlns=\"http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/\"><DescribeTargetGroupsResult>"
        "<TargetGroups><member><TargetGroupName>a&amp;b</TargetGroupName></member></TargetGroups></DescribeTargetGroupsResult>"
        "<ResponseMetadata><RequestId>req-1</RequestId></ResponseMetadata></DescribeTargetGroupsResponse>\n");
}

TEST_CASE("Query errors use the Query code, whichever name the handler gave") {
  Front front;
  const auto answer = front.form("Action=DescribeTargetGroups&Version=2015-12-01&Names.member.1=x");
  CHECK(answer.status == 400);
  CHECK(answer.body.find("<Type>Sender</Type><Code>TargetGroupNotFound</Code><Message>One or more &lt;target groups&gt; not found</Message>") !=
        std::string::npos);
  CHECK(front.form("Action=DeleteTargetGroup&Version=2015-12-01").body.find("<Code>ValidationError</Code>") != std::string::npos);
}

TEST_CASE("EC2 answers and errors have EC2's shape") {
  Front front;
  const auto answer = front.form("Action=DescribeVpcs&Version=2016-11-15");
  CHECK(answer.body.find("<requestId>req-1</requestId><vpcSet><item><vpcId>vpc-1</vpcId></item></vpcSet>") != std::string::npos);
  const auto error = front.form("Action=DescribeVpcs&Version=2016-11-15&VpcId.1=x");
  CHECK(error.status == 400);
  CHECK(error.body.find("<Response><Errors><Error><Code>InvalidVpcID.NotFound</Code>") != std::string::npos);
  const auto missing = front.form("Action=CreateSubnet&Version=2016-11-15");
  CHECK(missing.body.find("<Code>MissingParameter</Code><Message>The request must contain the parameter VpcId</Message>") != std::string::npos);
}

TEST_CASE("query-compatible JSON errors name both codes") {
  Front front;
  const auto answer = front.post({{"X-Amz-Target", "GraniteServiceVersion20100801.DeleteAlarms"}, {"Content-Type", "application/x-amz-json-1.0"}},
                                 R"({"AlarmNames":["a"]})");
  CHECK(answer.status == 404);
  CHECK(answer.headers.get("content-type") == "application/x-amz-json-1.0");
  CHECK(answer.headers.get("x-amzn-query-error") == "ResourceNotFound;Sender");
}

TEST_CASE("RPC v2 CBOR is told by its path") {
  Front front;
  api::cloudwatch::DeleteAlarmsInput in;
  in.alarm_names = {"a"};
  std::string body;
  wire::encode_cbor(*api::cloudwatch::op::DeleteAlarms::operation().input, &in, body);
  const auto answer = front.post({{"smithy-protocol", "rpc-v2-cbor"}, {"Content-Type", "application/cbor"}}, body,
                                 "/service/GraniteServiceVersion20100801/operation/DeleteAlarms");
  CHECK(answer.headers.get("smithy-protocol") == "rpc-v2-cbor");
  CHECK(wire::decode_cbor_error(answer.body).message == "none");
}

TEST_CASE("actions that are not served are refused by name and counted") {
  Front front;
  const auto json = front.ecs("DeleteCluster", "{}");
  CHECK(json.body == R"({"__type":"UnknownOperationException","message":"The action DeleteCluster of Amazon EC2 Container Service is not served by this engine."})");
  const auto query = front.form("Action=CreateTrustStore&Version=2015-12-01");
  CHECK(query.body.find("<Code>InvalidAction</Code><Message>The action CreateTrustStore of Elastic Load Balancing is not served") != std::string::npos);
  const auto service = front.post({{"X-Amz-Target", "DynamoDB_20120810.ListTables"}, {"Content-Type", "application/x-amz-json-1.0"}}, "{}");
  CHECK(service.body.find("UnknownOperationException") != std::string::npos);
  CHECK(service.body.find("ListTables") != std::string::npos);
  front.ecs("DeleteCluster", "{}");
  CHECK(front.dispatcher.unserved().at("ecs:DeleteCluster") == 2);
  CHECK(front.dispatcher.unserved().at("elbv2:CreateTrustStore") == 1);
  front.form("Version=2015-12-01&Action=A%22%7D%201%0Ax%7B");
  CHECK(front.dispatcher.unserved().contains("elbv2:A???1?x?"));
}

TEST_CASE("REST requests of services that are not served are refused in their shape, by the service's name, and counted") {
  Front front;
  const auto send = [&](const std::string& service, const std::string& target) {
    net::Request request;
    request.method = "GET";
    request.target = target;
    request.headers = {{"Authorization", "AWS4-HMAC-SHA256 Credential=AKID/20261123/us-east-1/" + service +
                                             "/aws4_request, SignedHeaders=host, Signature=0"}};
    return front.dispatcher.answer(request, "req-1");
  };
  const auto s3 = send("s3", "/bucket?list-type=2");
  CHECK(s3.status == 501);
  CHECK(s3.body.find("<Error><Code>NotImplemented</Code><Message>The service s3 is not served by this engine.</Message>") != std::string::npos);
  CHECK(s3.body.find("ErrorResponse") == std::string::npos);
  CHECK(send("route53", "/2013-04-01/hostedzone").body.find("<ErrorResponse><Error><Type>Receiver</Type><Code>NotImplemented") == 0);
  const auto lambda = send("lambda", "/2015-03-31/functions/");
  CHECK(lambda.status == 501);
  CHECK(lambda.body == R"({"__type":"NotImplemented","message":"The service lambda is not served by this engine."})");
  CHECK(lambda.headers.get("Content-Type") == "application/json");
  send("s3", "/");
  CHECK(front.dispatcher.unserved().at("s3:GET") == 2);
  CHECK(front.dispatcher.unserved().at("lambda:GET") == 1);
  CHECK(send("ecs", "/").status == 400);  // served, and spoken to otherwise
}

TEST_CASE("gzip bodies are inflated and bounded") {
  Front front;
  const net::Headers headers{{"X-Amz-Target", "AmazonEC2ContainerServiceV20141113.CreateCluster"}, {"Content-Encoding", "gzip"}};
  CHECK(front.post(headers, wire::gzip(R"({"clusterName":"z"})")).body == R"({"cluster":{"clusterName":"z"}})");
  const auto bomb = front.post(headers, wire::gzip(std::string(wire::kMaxInflated + 1, ' ')));
  CHECK(bomb.status == 413);
  std::string broken = wire::gzip("{}");
  for (const std::string& body : {std::string(), std::string("x"), broken.substr(0, 5), broken.substr(0, broken.size() - 1), broken + "tail"}) {
    const auto answer = front.post(headers, body);
    CHECK(answer.status == 400);
    CHECK(answer.body.find("MalformedInput") != std::string::npos);
  }
}

TEST_CASE("requests that are no AWS calls get an answer that says so") {
  Front front;
  net::Request request;
  request.method = "GET";
  request.target = "/";
  CHECK(front.dispatcher.answer(request, "r").status == 400);
  CHECK(front.post({}, "garbage").status == 400);
  CHECK(front.post({{"X-Amz-Target", "."}}, "").status == 400);
  CHECK(front.post({{"X-Amz-Target", "nodot"}}, "").status == 400);
  CHECK(front.form("Action=").status == 400);
  CHECK(front.form("Version=2015-12-01").body.find("MissingAction") != std::string::npos);
  CHECK(front.post({{"smithy-protocol", "rpc-v2-cbor"}}, "", "/service/").status == 400);
}
