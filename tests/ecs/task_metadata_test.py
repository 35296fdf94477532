"""Inside a task: its metadata and its role's credentials, as an SDK takes them. Real processes; what runs in them is http-api, and the
questions are asked with the environment that it has."""
import http.client
import json
import os
import sys
import urllib.parse

import boto3
import pytest
from botocore.exceptions import ClientError

from harness.engine import ACCOUNT, REGION, absent, need
from harness.inside import Inside
from harness.small_cluster import ROLE, id_of, make_cluster, run
from harness.waiting import wait_for

ENGINE = dict(runtime="process", time_scale=60, extra=("--balancer", "fake"))


def get(url, method="GET"):
    """Status and JSON, also of a refusal."""
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=5)
    try:
        connection.request(method, parts.path)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


@pytest.fixture(scope="module")
def cluster(engine):
    need("bwrap")
    make_cluster(engine)
    return engine


@pytest.fixture(scope="module")
def task(cluster):
    return run(cluster, "app", tags=[{"key": "stage", "value": "test"}])


@pytest.fixture(scope="module")
def inside(task):
    return Inside(id_of(task))


def test_an_sdk_finds_the_engine_and_acts_as_the_task_s_role(cluster, task, inside):
    told = inside.told()
    assert told["method"] == "container-role"
    assert told["who"]["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/reader/{id_of(task)}"
    role = cluster.client("iam").get_role(RoleName="reader")["Role"]
    assert told["who"]["UserId"] == f"{role['RoleId']}:{id_of(task)}"
    assert told["clusters"] == [f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/c"]
    cli = inside.run(sys.executable, "-m", "awscli", "sts", "get-caller-identity", "--query", "Arn", "--output", "text")
    assert cli.stdout.strip() == told["who"]["Arn"]


def test_the_definition_s_own_variables_stand(inside):
    assert inside.environment["AWS_REGION"] == "eu-central-1"
    assert inside.environment["AWS_DEFAULT_REGION"] == REGION
    assert inside.environment["AWS_EXECUTION_ENV"] == "AWS_ECS_EC2"


def test_metadata_is_what_the_api_tells(cluster, task, inside):
    told = inside.told()
    seen, container = told["task"], told["container"]
    described = task["containers"][0]
    assert container == seen["Containers"][0]
    assert seen["Cluster"] == "c" and seen["TaskARN"] == task["taskArn"] and seen["LaunchType"] == "EC2"
    assert (seen["Family"], seen["Revision"]) == ("app", "1")
    assert seen["DesiredStatus"] == seen["KnownStatus"] == container["KnownStatus"] == "RUNNING"
    assert seen["Limits"] == {"CPU": 0.25, "Memory": 128} and container["Limits"] == {"CPU": 128, "Memory": 64}
    assert seen["AvailabilityZone"] == task["availabilityZone"]
    assert seen["VPCID"] == cluster.client("ec2").describe_vpcs()["Vpcs"][0]["VpcId"]
    assert seen["PullStartedAt"] <= seen["PullStoppedAt"] and container["CreatedAt"] <= container["StartedAt"]
    assert container["DockerId"] == described["runtimeId"] and container["ContainerARN"] == described["containerArn"]
    manifest = cluster.client("ecr").batch_get_image(repositoryName="http-api", imageIds=[{"imageTag": "latest"}])["images"][0]
    assert described["imageDigest"] == manifest["imageId"]["imageDigest"]
    assert container["ImageID"] == json.loads(manifest["imageManifest"])["config"]["digest"]
    port = {"ContainerPort": 8080, "Protocol": "tcp", "HostPort": int(inside.environment["PORT"]), "HostIp": inside.environment["HOST"]}
    assert container["Ports"] == [port]
    assert container["Networks"] == [{"NetworkMode": "bridge", "IPv4Addresses": [inside.environment["HOST"]]}]
    assert container["Labels"]["team"] == "red" and container["Labels"]["com.amazonaws.ecs.task-arn"] == task["taskArn"]
    assert "TaskTags" not in seen and told["tagged"]["TaskTags"] == {"stage": "test"}
    stream = wait_for(lambda: cluster.client("logs").describe_log_streams(logGroupName="/web")["logStreams"], 10, "the first line's stream")
    assert container["LogOptions"]["awslogs-stream"] == stream[0]["logStreamName"]


def test_stats_are_measured(task, inside):
    def measured():
        told = inside.told()
        return told["stats"] and "precpu_stats" in told["stats"] and told
    told = wait_for(measured, 15, "two samples")
    stats = told["stats"]
    assert set(told["all_stats"]) == {task["containers"][0]["runtimeId"]}
    cpu, before = stats["cpu_stats"], stats["precpu_stats"]
    assert 0 < before["cpu_usage"]["total_usage"] <= cpu["cpu_usage"]["total_usage"]
    assert 0 < cpu["system_cpu_usage"] - before["system_cpu_usage"] < cpu["system_cpu_usage"]
    assert 0 < stats["memory_stats"]["usage"] < stats["memory_stats"]["limit"] == 64 << 20


def test_only_who_knows_the_token_gets_anything(inside):
    for variable, refusal in (("ECS_CONTAINER_METADATA_URI_V4", 404), ("ECS_CONTAINER_METADATA_URI", 404), ("AWS_CONTAINER_CREDENTIALS_FULL_URI", 400)):
        url = inside.environment[variable]
        status, answer = get(url)
        assert status == 200 and isinstance(answer, dict)
        last = "0" if url[-1] != "0" else "1"
        assert get(url[:-1] + last)[0] == get(url.rsplit("-", 1)[0])[0] == refusal
        assert get(url, "POST")[0] == 405
    status, error = get(inside.environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] + "0")
    assert (status, error["code"], error["HTTPErrorCode"]) == (400, "InvalidIdInRequest", 400)
    assert get(inside.environment["ECS_CONTAINER_METADATA_URI_V4"] + "/nonsense")[0] == 404


def test_a_task_without_a_role_has_metadata_and_no_credentials(cluster):
    task = run(cluster, "plain")
    plain = Inside(id_of(task))
    assert "AWS_CONTAINER_CREDENTIALS_FULL_URI" not in plain.environment
    assert get(plain.environment["ECS_CONTAINER_METADATA_URI_V4"] + "/task")[1]["TaskARN"] == task["taskArn"]
    assert plain.environment["AWS_REGION"] == REGION


def test_run_task_may_give_another_role(cluster):
    other = f"arn:aws:iam::{ACCOUNT}:role/other"
    task = run(cluster, "plain", overrides={"taskRoleArn": other})
    assert get(Inside(id_of(task)).environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"])[1]["RoleArn"] == other


def test_a_fargate_task_reaches_the_engine_from_the_network_of_its_own(cluster):
    if os.geteuid() != 0:
        absent("root, who alone may look into a task's network,")
    ecs, ec2 = cluster.client("ecs"), cluster.client("ec2")
    ecs.register_task_definition(family="far", taskRoleArn=ROLE, networkMode="awsvpc", requiresCompatibilities=["FARGATE"], cpu="256", memory="512",
                                 containerDefinitions=[{"name": "web", "image": "http-api:latest", "portMappings": [{"containerPort": 8080}]}])
    subnet = ec2.describe_subnets()["Subnets"][0]
    task = run(cluster, "far", launchType="FARGATE", networkConfiguration={"awsvpcConfiguration": {"subnets": [subnet["SubnetId"]]}})
    inside = Inside(id_of(task), own_network=True)
    assert inside.environment["AWS_EXECUTION_ENV"] == "AWS_ECS_FARGATE"
    told = inside.told()
    assert told["who"]["Arn"].endswith(f"assumed-role/reader/{id_of(task)}")
    assert (told["task"]["Cluster"], told["task"]["LaunchType"], told["task"]["VPCID"]) == (task["clusterArn"], "FARGATE", subnet["VpcId"])
    details = {detail["name"]: detail["value"] for detail in task["attachments"][0]["details"]}
    assert told["container"]["Networks"] == [{
        "NetworkMode": "awsvpc", "IPv4Addresses": [details["privateIPv4Address"]], "AttachmentIndex": 0, "MACAddress": details["macAddress"],
        "IPv4SubnetCIDRBlock": subnet["CidrBlock"], "PrivateDNSName": details["privateDnsName"]}]


def test_urls_and_keys_outlive_the_engine_and_end_with_the_task(cluster):
    task = run(cluster, "app")
    environment = Inside(id_of(task)).environment
    url = environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"]
    keys = get(url)[1]
    metadata = get(environment["ECS_CONTAINER_METADATA_URI_V4"])[1]
    cluster.kill()
    cluster.start()
    assert get(url)[1] == keys
    assert get(environment["ECS_CONTAINER_METADATA_URI_V4"])[1] == metadata
    ecs = cluster.client("ecs")
    ecs.stop_task(cluster="c", task=task["taskArn"])
    wait_for(lambda: ecs.describe_tasks(cluster="c", tasks=[task["taskArn"]])["tasks"][0]["lastStatus"] == "STOPPED", 40, "the task's end")
    assert get(url)[0] == 400


def test_with_auth_a_task_s_keys_are_checked_and_no_others_get_in(new_engine):
    engine = new_engine(**{**ENGINE, "extra": (*ENGINE["extra"], "--auth")},
                        environment={"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}).start()
    make_cluster(engine)
    task = run(engine, "app")
    inside = Inside(id_of(task))
    assert inside.told()["who"]["Arn"].endswith(f"assumed-role/reader/{id_of(task)}")
    keys = get(inside.environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"])[1]

    def call(key, secret):
        return boto3.client("sts", endpoint_url=engine.url, region_name=REGION, aws_access_key_id=key, aws_secret_access_key=secret,
                            aws_session_token=keys["Token"]).get_caller_identity()
    assert call(keys["AccessKeyId"], keys["SecretAccessKey"])["Account"] == ACCOUNT
    for key, secret, code in ((keys["AccessKeyId"], "guessed", "SignatureDoesNotMatch"),
                              (keys["AccessKeyId"][:-1] + ("A" if keys["AccessKeyId"][-1] != "A" else "Q"), keys["SecretAccessKey"], "InvalidClientTokenId")):
        with pytest.raises(ClientError) as refused:
            call(key, secret)
        assert refused.value.response["Error"]["Code"] == code
    engine.client("ecs").stop_task(cluster="c", task=task["taskArn"])
    wait_for(lambda: engine.client("ecs").describe_tasks(cluster="c", tasks=[task["taskArn"]])["tasks"][0]["lastStatus"] == "STOPPED", 40, "its end")
    with pytest.raises(ClientError) as refused:
        call(keys["AccessKeyId"], keys["SecretAccessKey"])
    assert refused.value.response["Error"]["Code"] == "InvalidClientTokenId"


def test_an_engine_may_keep_its_apis_to_itself(new_engine):
    engine = new_engine(**{**ENGINE, "extra": (*ENGINE["extra"], "--no-task-apis")}).start()
    make_cluster(engine)
    environment = Inside(id_of(run(engine, "app"))).environment
    assert "AWS_ENDPOINT_URL" not in environment
    assert get(environment["ECS_CONTAINER_METADATA_URI_V4"])[0] == get(environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"])[0] == 200
