"""The harness itself: a wrong response is refused, a right one passes, a wait ends at its deadline."""
import datetime
import json

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.exceptions import EndpointConnectionError

from harness.strict import NotTheShape, strict
from harness.waiting import NeverHappened, wait_for


def answering(service, body, content_type):
    """A client whose every request is answered with `body`."""
    client = strict(boto3.client(service, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b",
                                 endpoint_url="http://127.0.0.1:1"))

    class Raw:
        def stream(self, *_, **__):
            yield body.encode()
    client.meta.events.register("before-send", lambda **_: AWSResponse("http://127.0.0.1:1", 200, {"Content-Type": content_type}, Raw()))
    return client


def ecs(document):
    return answering("ecs", json.dumps(document), "application/x-amz-json-1.1")


def elbv2(inner):
    return answering("elbv2", f'<DescribeTargetGroupsResponse xmlns="http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/">{inner}'
                              "<ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></DescribeTargetGroupsResponse>", "text/xml")


def test_a_right_json_answer_passes():
    assert ecs({"clusterArns": ["arn:x"]}).list_clusters()["clusterArns"] == ["arn:x"]
    services = ecs({"services": [{"createdAt": 1700000000.5, "desiredCount": 2, "enableECSManagedTags": False}]}).describe_services(services=["x"])
    assert isinstance(services["services"][0]["createdAt"], datetime.datetime)


@pytest.mark.parametrize("document, finding", [
    ({"clusterArns": [], "extra": 1}, "ListClusters.extra is not in the model"),
    ({"clusterArns": "arn:x"}, "clusterArns is str, the model says list"),
    ({"clusterArns": [1]}, r"clusterArns\[0\] is int, the model says string"),
    ({"clusterArns": [], "nextToken": None}, "nextToken is null"),
])
def test_a_wrong_json_answer_is_refused(document, finding):
    with pytest.raises(NotTheShape, match=finding):
        ecs(document).list_clusters()


def test_a_required_member_that_is_missing_is_refused():
    with pytest.raises(NotTheShape, match="rollbackAlarms|required and missing"):
        ecs({"services": [{"deploymentConfiguration": {"alarms": {"alarmNames": [], "enable": True}}}]}).describe_services(services=["x"])


def test_a_right_xml_answer_passes():
    inner = ("<DescribeTargetGroupsResult><TargetGroups><member><TargetGroupName>web</TargetGroupName><Port>80</Port>"
             "<LoadBalancerArns><member>arn:x</member></LoadBalancerArns></member></TargetGroups></DescribeTargetGroupsResult>")
    assert elbv2(inner).describe_target_groups()["TargetGroups"][0]["LoadBalancerArns"] == ["arn:x"]


@pytest.mark.parametrize("inner, finding", [
    ("<DescribeTargetGroupsResult><Surprise/></DescribeTargetGroupsResult>", "Surprise is not in the model"),
    ("<DescribeTargetGroupsResult><TargetGroups><item/></TargetGroups></DescribeTargetGroupsResult>", "the model says <member>"),
    ("<DescribeTargetGroupsResult><TargetGroups><member><HealthCheckEnabled>yes</HealthCheckEnabled></member></TargetGroups></DescribeTargetGroupsResult>", "'yes', the model says boolean"),
    ("<DescribeTargetGroupsResult><NextMarker>1</NextMarker><NextMarker>2</NextMarker></DescribeTargetGroupsResult>", "stands twice"),
])
def test_a_wrong_xml_answer_is_refused(inner, finding):
    with pytest.raises(NotTheShape, match=finding):
        elbv2(inner).describe_target_groups()


def test_an_engine_that_is_not_there_is_botocores_error():
    client = strict(boto3.client("ecs", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b",
                                 endpoint_url="http://127.0.0.1:1", config=Config(retries={"total_max_attempts": 1})))
    with pytest.raises(EndpointConnectionError):
        client.list_clusters()


def test_wait_for_gives_the_value_and_ends_at_its_deadline():
    values = iter([None, 0, 7])
    assert wait_for(lambda: next(values), 5) == 7
    with pytest.raises(NeverHappened, match="the moon .* last seen: 0"):
        wait_for(lambda: 0, 0.02, "the moon")
