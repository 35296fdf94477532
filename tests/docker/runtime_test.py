"""`--runtime docker` as a user sees it: the stack of `scaleout up`, with a container for each task."""
import json
import pathlib
import signal
import urllib.request

import pytest

from harness.engine import Engine, need
from harness.waiting import wait_for

CLUSTER, SERVICE = "container-cluster", "http-api"


@pytest.fixture(scope="module")
def stack(dockerd):
    need("haproxy")
    engine = Engine(runtime="docker", time_scale=20, environment=dockerd.environment)
    try:
        engine.start(60)
        engine.service_url = engine.scaleout("up", "--no-autoscaling", "--nodes", "2", "--tasks", "3", "--timeout", "120", timeout=150).stdout.strip()
        yield engine
    finally:
        engine.close()


def get(url):
    with urllib.request.urlopen(url, timeout=5) as answer:
        return answer.status, answer.read().decode()


def tasks(stack):
    ecs = stack.client("ecs")
    arns = ecs.list_tasks(cluster=CLUSTER)["taskArns"]
    return ecs.describe_tasks(cluster=CLUSTER, tasks=arns)["tasks"] if arns else []


def running(stack):
    return {task["containers"][0]["runtimeId"]: task for task in tasks(stack) if task["lastStatus"] == "RUNNING"}


def steady(stack, count):
    service = stack.client("ecs").describe_services(cluster=CLUSTER, services=[SERVICE])["services"][0]
    elb = stack.client("elbv2")
    group = elb.describe_target_groups()["TargetGroups"][0]["TargetGroupArn"]
    healthy = [t for t in elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"] if t["TargetHealth"]["State"] == "healthy"]
    return service["runningCount"] == service["desiredCount"] == len(healthy) == count and running(stack)


def inspect(dockerd, container):
    return json.loads(dockerd.run("inspect", container).stdout)[0]


def test_the_service_answers_through_its_load_balancer(stack):
    status, body = get(stack.service_url + "/api")
    assert status == 200 and len(json.loads(body)) == 52


def test_each_task_is_a_container_on_its_node(stack, dockerd):
    containers = wait_for(lambda: steady(stack, 3), 60, "three healthy tasks")
    assert set(dockerd.containers("label=scaleout.container")) == set(containers)
    ecs = stack.client("ecs")
    nodes = ecs.describe_container_instances(
        cluster=CLUSTER, containerInstances=ecs.list_container_instances(cluster=CLUSTER)["containerInstanceArns"])["containerInstances"]
    definition = ecs.describe_task_definition(taskDefinition=SERVICE)["taskDefinition"]["containerDefinitions"][0]
    instance = {node["containerInstanceArn"]: node["ec2InstanceId"] for node in nodes}
    for container, task in containers.items():
        facts = inspect(dockerd, container)
        assert facts["Config"]["Labels"]["com.amazonaws.ecs.task-arn"] == task["taskArn"]
        assert facts["HostConfig"]["CpuShares"] == max(2, definition["cpu"])
        assert facts["HostConfig"]["Memory"] == definition["memory"] << 20
        assert f"/{instance[task['containerInstanceArn']]}/" in facts["HostConfig"]["CgroupParent"]
        port = facts["HostConfig"]["PortBindings"]["8080/tcp"][0]
        assert port["HostIp"].startswith("127.") and int(port["HostPort"]) == task["containers"][0]["networkBindings"][0]["hostPort"]
        assert task["containers"][0]["imageDigest"].startswith("sha256:")
    assert len({facts["Id"] for facts in map(lambda c: inspect(dockerd, c), containers)}) == 3


def test_its_output_is_in_the_logs_api(stack):
    logs = stack.client("logs")

    def lines():
        streams = [s for g in logs.describe_log_groups()["logGroups"] for s in logs.describe_log_streams(logGroupName=g["logGroupName"])["logStreams"]]
        return len(streams) >= 3 and "listens on" in stack.scaleout("logs").stdout
    wait_for(lines, 20, "the first line of each task")


def test_a_killed_container_is_replaced(stack, dockerd):
    before = wait_for(lambda: steady(stack, 3), 60, "three healthy tasks")
    victim = sorted(before)[0]
    dockerd.run("kill", victim)
    after = wait_for(lambda: (now := steady(stack, 3)) and victim not in now and now, 60, "a task in its place")
    assert len(set(after) & set(before)) == 2
    stopped = stack.client("ecs").describe_tasks(cluster=CLUSTER, tasks=[before[victim]["taskArn"]])["tasks"][0]
    assert stopped["containers"][0]["exitCode"] == 137 and stopped["stopCode"] == "EssentialContainerExited"
    wait_for(lambda: victim not in dockerd.containers(everything=True), 20, "the removal of the old container")


def test_a_killed_engine_adopts_its_containers(stack, dockerd):
    before = wait_for(lambda: steady(stack, 3), 60, "three healthy tasks")
    victim = sorted(before)[0]
    stack.kill()
    assert get(stack.service_url + "/api")[0] == 200
    dockerd.run("kill", victim)  # nobody sees it
    stack.start(60)
    after = wait_for(lambda: (now := steady(stack, 3)) and victim not in now and now, 60, "the task that ended meanwhile replaced")
    assert len(set(after) & set(before)) == 2
    wait_for(lambda: len(dockerd.containers(everything=True)) == 3, 20, "no container too many")


def test_a_daemon_that_hangs_loses_and_doubles_nothing(stack, dockerd):
    before = wait_for(lambda: steady(stack, 3), 60, "three healthy tasks")
    dockerd.process.send_signal(signal.SIGSTOP)
    try:
        stack.client("ecs").update_service(cluster=CLUSTER, service=SERVICE, desiredCount=4)
        wait_for(lambda: len(tasks(stack)) == 4, 20, "the fourth task, wanted but not started")
        stack.kill()  # with its commands under way
        stack.start(60)
        assert get(stack.service_url + "/api")[0] == 200
    finally:
        dockerd.process.send_signal(signal.SIGCONT)
    after = wait_for(lambda: steady(stack, 4), 90, "four healthy tasks")
    assert set(before) < set(after)
    assert sorted(dockerd.containers(everything=True)) == sorted(after)


def test_a_restarted_daemon_takes_its_containers_along_and_the_service_comes_back(stack, dockerd):
    before = wait_for(lambda: steady(stack, 4), 60, "four healthy tasks")
    dockerd.stop()
    dockerd.start()
    after = wait_for(lambda: (now := steady(stack, 4)) and not set(now) & set(before) and now, 120, "four new tasks")
    wait_for(lambda: sorted(dockerd.containers(everything=True)) == sorted(after), 30, "no container of the old ones")


def test_down_leaves_no_container_and_no_cgroup(stack, dockerd):
    keys = {inspect(dockerd, c)["Config"]["Labels"]["scaleout.state"] for c in dockerd.containers()}
    stack.scaleout("down", "--state", stack.state, timeout=120)
    assert dockerd.containers(everything=True) == []
    left = [path for key in keys for path in pathlib.Path("/sys/fs/cgroup").glob(f"*/scaleout-{key}")]
    assert left == []
