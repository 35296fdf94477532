"""Elastic Load Balancing through boto3 and the aws CLI; each answer is held against the API model by the strict client."""
import uuid

import pytest
from botocore.exceptions import ClientError

ENGINE = dict(runtime="fake", time_scale=60)


@pytest.fixture(scope="module")
def elbv2(engine):
    return engine.client("elbv2")


@pytest.fixture(scope="module")
def network(engine):
    """The default VPC and two of its subnets."""
    subnets = engine.client("ec2").describe_subnets()["Subnets"]
    assert len({s["AvailabilityZone"] for s in subnets}) >= 2
    first = subnets[0]
    second = next(s for s in subnets if s["AvailabilityZone"] != first["AvailabilityZone"] and s["VpcId"] == first["VpcId"])
    return {"vpc": first["VpcId"], "subnets": [first["SubnetId"], second["SubnetId"]]}


def name():
    return "t-" + uuid.uuid4().hex[:12]


@pytest.fixture
def balancer(elbv2, network):
    made = elbv2.create_load_balancer(Name=name(), Subnets=network["subnets"], Tags=[{"Key": "Name", "Value": "web"}])["LoadBalancers"][0]
    yield made
    elbv2.delete_load_balancer(LoadBalancerArn=made["LoadBalancerArn"])


@pytest.fixture
def group(elbv2, network, balancer):
    made = elbv2.create_target_group(Name=name(), Protocol="HTTP", Port=80, VpcId=network["vpc"], HealthCheckPath="/health")["TargetGroups"][0]
    yield made


def refused(code, call, **arguments):
    with pytest.raises(ClientError) as error:
        call(**arguments)
    assert error.value.response["Error"]["Code"] == code
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    return error.value.response["Error"]["Message"]


def test_a_balancer_is_shown_as_aws_shows_it(elbv2, balancer, network):
    shown = elbv2.describe_load_balancers(LoadBalancerArns=[balancer["LoadBalancerArn"]])["LoadBalancers"][0]
    assert {k: v for k, v in shown.items() if k != "State"} == {k: v for k, v in balancer.items() if k != "State"}
    assert shown["DNSName"].startswith("127.") and shown["Type"] == "application" and shown["State"]["Code"] == "active"
    assert [z["SubnetId"] for z in shown["AvailabilityZones"]] == network["subnets"]
    tags = elbv2.describe_tags(ResourceArns=[balancer["LoadBalancerArn"]])["TagDescriptions"][0]["Tags"]
    assert tags == [{"Key": "Name", "Value": "web"}]


def test_a_waiter_finds_a_new_balancer_available(elbv2, balancer):
    elbv2.get_waiter("load_balancer_available").wait(LoadBalancerArns=[balancer["LoadBalancerArn"]], WaiterConfig={"Delay": 1, "MaxAttempts": 5})


def test_listeners_and_rules_round_trip(elbv2, balancer, group):
    listener = elbv2.create_listener(LoadBalancerArn=balancer["LoadBalancerArn"], Protocol="HTTP", Port=80,
                                     DefaultActions=[{"Type": "forward", "TargetGroupArn": group["TargetGroupArn"]}])["Listeners"][0]
    assert listener["DefaultActions"][0]["ForwardConfig"]["TargetGroups"] == [{"TargetGroupArn": group["TargetGroupArn"], "Weight": 1}]
    rule = elbv2.create_rule(
        ListenerArn=listener["ListenerArn"], Priority=10,
        Conditions=[{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/old/*"]}},
                    {"Field": "query-string", "QueryStringConfig": {"Values": [{"Key": "v", "Value": "1"}, {"Value": "*x*"}]}},
                    {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "X-Beta", "Values": ["yes"]}}],
        Actions=[{"Type": "redirect", "RedirectConfig": {"Path": "/new/#{path}", "StatusCode": "HTTP_301"}}])["Rules"][0]
    assert rule["Actions"][0]["RedirectConfig"] == {"Protocol": "#{protocol}", "Port": "#{port}", "Host": "#{host}", "Path": "/new/#{path}",
                                                    "Query": "#{query}", "StatusCode": "HTTP_301"}
    rules = elbv2.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]
    assert [r["Priority"] for r in rules] == ["10", "default"]
    assert rules[0] == rule
    refused("ResourceInUse", elbv2.delete_target_group, TargetGroupArn=group["TargetGroupArn"])
    refused("PriorityInUse", elbv2.create_rule, ListenerArn=listener["ListenerArn"], Priority=10,
            Conditions=[{"Field": "path-pattern", "Values": ["/x"]}], Actions=rule["Actions"])


@pytest.mark.parametrize("action", [
    {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "302"}},
    {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "20"}},
    {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "2xx"}},
    {"Type": "redirect", "RedirectConfig": {"Port": "0", "StatusCode": "HTTP_301"}},
    {"Type": "redirect", "RedirectConfig": {"Port": "65536", "StatusCode": "HTTP_301"}},
    {"Type": "redirect", "RedirectConfig": {"Port": "80#{port}", "StatusCode": "HTTP_301"}},
    {"Type": "redirect", "RedirectConfig": {"Protocol": "FTP", "StatusCode": "HTTP_301"}},
    {"Type": "redirect", "RedirectConfig": {"Path": "/#{way}", "StatusCode": "HTTP_301"}},
    {"Type": "redirect", "RedirectConfig": {"Path": "/#{path", "StatusCode": "HTTP_301"}},
    {"Type": "redirect", "RedirectConfig": {"Host": "#{path}", "StatusCode": "HTTP_301"}},
    {"Type": "redirect", "RedirectConfig": {"Path": "/x", "Query": "a=#{cookie}", "StatusCode": "HTTP_301"}},
])
def test_an_action_that_no_balancer_can_do_is_refused(elbv2, balancer, action):
    refused("ValidationError", elbv2.create_listener, LoadBalancerArn=balancer["LoadBalancerArn"], Protocol="HTTP", Port=80, DefaultActions=[action])


def test_a_redirect_may_use_each_keyword_in_its_place_and_an_empty_query_stays_one(elbv2, balancer):
    given = {"Protocol": "HTTPS", "Port": "443", "Host": "www.#{host}", "Path": "/#{host}/#{path}/#{port}", "Query": "", "StatusCode": "HTTP_302"}
    made = elbv2.create_listener(LoadBalancerArn=balancer["LoadBalancerArn"], Protocol="HTTP", Port=80,
                                 DefaultActions=[{"Type": "redirect", "RedirectConfig": given}])["Listeners"][0]
    assert made["DefaultActions"][0]["RedirectConfig"] == given
    for name in ("Host", "hOST"):
        refused("ValidationError", elbv2.create_rule, ListenerArn=made["ListenerArn"], Priority=1, Actions=made["DefaultActions"],
                Conditions=[{"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": name, "Values": ["x"]}}])


def test_attributes_are_read_back_and_the_rest_keeps_awss_defaults(elbv2, balancer, group):
    def read(answer):
        return {a["Key"]: a["Value"] for a in answer["Attributes"]}
    arn = group["TargetGroupArn"]
    before = read(elbv2.describe_target_group_attributes(TargetGroupArn=arn))
    elbv2.modify_target_group_attributes(TargetGroupArn=arn, Attributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": "10"}])
    assert read(elbv2.describe_target_group_attributes(TargetGroupArn=arn)) == {**before, "deregistration_delay.timeout_seconds": "10"}
    attributes = read(elbv2.describe_load_balancer_attributes(LoadBalancerArn=balancer["LoadBalancerArn"]))
    assert attributes["idle_timeout.timeout_seconds"] == "60" and attributes["routing.http.xff_header_processing.mode"] == "append"


def test_what_is_missing_answers_awss_codes(elbv2, network):
    arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:"
    refused("LoadBalancerNotFound", elbv2.describe_load_balancers, Names=["none"])
    refused("TargetGroupNotFound", elbv2.describe_target_groups, TargetGroupArns=[arn + "targetgroup/none/0123456789abcdef"])
    refused("ListenerNotFound", elbv2.describe_listeners, ListenerArns=[arn + "listener/app/none/0123456789abcdef/0123456789abcdef"])
    refused("RuleNotFound", elbv2.delete_rule, RuleArn=arn + "listener-rule/app/none/0123456789abcdef/0123456789abcdef/0123456789abcdef")
    refused("ValidationError", elbv2.create_load_balancer, Name="no_underscores", Subnets=network["subnets"])
    refused("SubnetNotFound", elbv2.create_load_balancer, Name="x", Subnets=["subnet-none", network["subnets"][0]])


def test_an_action_that_is_not_served_is_named(elbv2):
    message = refused("InvalidAction", elbv2.describe_ssl_policies)
    assert "DescribeSSLPolicies" in message


def test_the_cli_and_boto3_tell_the_same_story(engine, elbv2, balancer, group):
    elbv2.create_listener(LoadBalancerArn=balancer["LoadBalancerArn"], Protocol="HTTP", Port=81,
                          DefaultActions=[{"Type": "forward", "TargetGroupArn": group["TargetGroupArn"]}])
    told = engine.aws("elbv2", "describe-target-groups", "--load-balancer-arn", balancer["LoadBalancerArn"])["TargetGroups"]
    assert [g["TargetGroupArn"] for g in told] == [group["TargetGroupArn"]]
    assert told[0]["LoadBalancerArns"] == [balancer["LoadBalancerArn"]]
    assert engine.aws("elbv2", "describe-target-health", "--target-group-arn", group["TargetGroupArn"]) == {"TargetHealthDescriptions": []}
