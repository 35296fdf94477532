"""`--runtime docker`: networks that the containers of a task share, and links between them."""
import os

import pytest

from harness.engine import Engine, absent, build_folder, need
from harness.waiting import wait_for

CLUSTER = "container-cluster"


@pytest.fixture(scope="module")
def stack(dockerd):
    need("haproxy")
    probe = build_folder() / "test/drivers_probe"
    if not os.access(probe, os.X_OK):
        absent(str(probe))
    engine = Engine(runtime="docker", time_scale=20, environment=dockerd.environment)
    try:
        engine.start(60)
        engine.scaleout("up", "--no-autoscaling", "--nodes", "1", "--tasks", "1", "--timeout", "120", timeout=150)
        engine.scaleout("push", "--binary", probe, "--repository", "probe", "--fixed-port")
        yield engine
    finally:
        engine.close()


def container(name, *words, **settings):
    return {"name": name, "image": "probe:latest", "command": list(words), "memory": 32, "environment": [{"name": "HOST", "value": "0.0.0.0"}],
            "linuxParameters": {"initProcessEnabled": True}, **settings}


def describe(stack, arn):
    task = stack.client("ecs").describe_tasks(cluster=CLUSTER, tasks=[arn])["tasks"][0]
    return task, {c["name"]: c for c in task["containers"]}


def run(stack, family, containers, **settings):
    ecs = stack.client("ecs")
    ecs.register_task_definition(family=family, containerDefinitions=containers, **settings)
    answer = ecs.run_task(cluster=CLUSTER, taskDefinition=family)
    assert not answer["failures"], answer["failures"]
    return answer["tasks"][0]["taskArn"]


def test_a_link_leads_to_the_other_container_by_its_alias(stack):
    arn = run(stack, "linked", [container("app", "get", "database", "8080", "exit", "5", links=["db:database"]), container("db", "serve", essential=False)])
    task, containers = wait_for(lambda: (now := describe(stack, arn))[0]["lastStatus"] == "STOPPED" and now, 60, "the end of the task")
    assert containers["app"]["exitCode"] == 5, task


def test_a_container_restarts_by_its_policy(stack, dockerd):
    arn = run(stack, "again", [container("app", "count", "/runs", "last", "3500", "exit", "3", restartPolicy={"enabled": True, "restartAttemptPeriod": 60})])
    task, containers = wait_for(lambda: (now := describe(stack, arn))[0]["lastStatus"] == "RUNNING" and now, 60, "the start of the task")
    runtime_id = containers["app"]["runtimeId"]
    wait_for(lambda: dockerd.run("logs", runtime_id).stdout.split()[:2] == ["1", "2"], 30, "its second run")
    assert describe(stack, arn)[1]["app"]["runtimeId"] == runtime_id
    stack.kill()
    wait_for(lambda: dockerd.run("inspect", "--format", "{{.State.Running}}", runtime_id).stdout.strip() == "false", 30, "its end, which no engine sees")
    runs = len(dockerd.run("logs", runtime_id).stdout.split())
    stack.start(60)
    wait_for(lambda: len(dockerd.run("logs", runtime_id).stdout.split()) > runs, 30, "one more run")
    assert describe(stack, arn)[0]["lastStatus"] == "RUNNING"
    stack.client("ecs").stop_task(cluster=CLUSTER, task=arn)
    wait_for(lambda: describe(stack, arn)[0]["lastStatus"] == "STOPPED", 60, "the end of the task")


def test_the_containers_of_an_awsvpc_task_are_one_host_to_each_other(stack, dockerd):
    subnet = stack.client("ec2").describe_subnets()["Subnets"][0]["SubnetId"]
    ecs = stack.client("ecs")
    ecs.register_task_definition(family="shared", networkMode="awsvpc", containerDefinitions=[
        container("app", "serve", portMappings=[{"containerPort": 8080}]), container("side", "get", "127.0.0.1", "8080", "exit", "5", essential=False)])
    answer = ecs.run_task(cluster=CLUSTER, taskDefinition="shared", networkConfiguration={"awsvpcConfiguration": {"subnets": [subnet]}})
    assert not answer["failures"], answer["failures"]
    arn = answer["tasks"][0]["taskArn"]
    task, containers = wait_for(lambda: (now := describe(stack, arn))[1]["side"]["lastStatus"] == "STOPPED" and now, 60, "the end of the side container")
    assert containers["side"].get("exitCode") == 5 and containers["app"]["lastStatus"] == "RUNNING", task
    assert set(containers) == {"app", "side"}  # the container that holds the network is nobody's business
    holder = f"label=scaleout.task={arn.rsplit('/', 1)[1]}"
    assert len(dockerd.containers(holder)) == 2
    ecs.stop_task(cluster=CLUSTER, task=arn)
    wait_for(lambda: describe(stack, arn)[0]["lastStatus"] == "STOPPED", 60, "the end of the task")
    wait_for(lambda: not dockerd.containers(holder, everything=True), 60, "the removal of its containers")
