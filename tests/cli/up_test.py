"""`scaleout up` once more: what it leaves as it is, what it moves, and which engine it refuses."""
import os
import socket
import subprocess

import pytest

from harness.engine import binary, need

FAKE = dict(runtime="fake", extra=("--balancer", "fake", "--region", "eu-north-1"))
UP = ("up", "--no-wait", "--image", "web:1", "--no-autoscaling")


@pytest.fixture
def engine(new_engine):
    return new_engine(**FAKE).start()


def up(engine, *flags, **environment):
    """Without the harness's region: what is configured is what the test says."""
    kept = {k: v for k, v in engine.client_environment().items() if "REGION" not in k}
    return subprocess.run([engine.program, *UP, *map(str, flags)], env={**kept, **environment}, capture_output=True, text=True, timeout=60, check=False)


def service(engine):
    return engine.client("ecs").describe_services(cluster="container-cluster", services=["http-api"])["services"][0]


def test_a_region_configured_later_deploys_nothing(engine):
    assert up(engine).returncode == 0
    ecs = engine.client("ecs")
    definition, = ecs.list_task_definitions()["taskDefinitionArns"]
    container, = ecs.describe_task_definition(taskDefinition=definition)["taskDefinition"]["containerDefinitions"]
    assert container["logConfiguration"]["options"]["awslogs-region"] == "eu-north-1"
    deployment = service(engine)["deployments"][0]["id"]
    assert up(engine, AWS_REGION="eu-north-1").returncode == 0
    assert ecs.list_task_definitions()["taskDefinitionArns"] == [definition]
    assert [d["id"] for d in service(engine)["deployments"]] == [deployment]


def test_another_port_moves_the_listener(engine):
    elb = engine.client("elbv2")

    def ports():
        return [one["Port"] for one in elb.describe_listeners(LoadBalancerArn=elb.describe_load_balancers()["LoadBalancers"][0]["LoadBalancerArn"])["Listeners"]]
    for port in (8081, 8082, 8081):
        done = up(engine, "--port", port)
        assert done.returncode == 0, done.stderr
        assert ports() == [port] and done.stdout.strip().endswith(f":{port}")


def test_another_s_listener_stays(engine):
    up(engine, "--port", 8081)
    elb = engine.client("elbv2")
    balancer = elb.describe_load_balancers()["LoadBalancers"][0]["LoadBalancerArn"]
    elb.create_listener(LoadBalancerArn=balancer, Protocol="HTTP", Port=9000,
                        DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}])
    up(engine, "--port", 8082)
    assert sorted(one["Port"] for one in elb.describe_listeners(LoadBalancerArn=balancer)["Listeners"]) == [8082, 9000]


@pytest.mark.parametrize("flag, value, there", [("--state", "other", "state"), ("--runtime", "process", "fake"), ("--time-scale", "20", "1"),
                                                ("--region", "us-east-1", "eu-north-1")])
def test_an_engine_other_than_the_one_asked_for_is_refused(engine, tmp_path, flag, value, there):
    if flag == "--state":
        value, there = str(tmp_path), str(engine.state)
    done = up(engine, flag, value)
    assert (done.returncode, done.stdout) == (1, ""), done
    assert flag in done.stderr and value in done.stderr and there in done.stderr
    assert engine.client("ecs").list_clusters()["clusterArns"] == [] and os.listdir(tmp_path) == []


def test_the_engine_that_up_started_is_the_one_it_takes_again(tmp_path):
    need("haproxy")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "SCALEOUT_"))}
    with socket.create_server(("127.0.0.1", 0)) as one:
        url = f"http://127.0.0.1:{one.getsockname()[1]}"

    def scaleout(*arguments):
        return subprocess.run([binary("scaleout"), *arguments, "--endpoint-url", url], env={**kept, "HOME": str(tmp_path)}, capture_output=True, text=True,
                              timeout=60, check=False)
    flags = ("--state", str(tmp_path / "state"), "--runtime", "fake", "--time-scale", "2.3", "--region", "eu-north-1", "--port", "8181")
    try:
        first, again = scaleout(*UP, *flags), scaleout(*UP, *flags)
        assert (first.returncode, again.returncode) == (0, 0), (first, again)
        assert "engine started" in first.stderr and "engine started" not in again.stderr
        assert first.stdout == again.stdout and first.stdout.endswith(":8181\n")
    finally:
        scaleout("down")


def test_the_engine_that_was_asked_for_is_taken(engine):
    done = up(engine, "--state", engine.state, "--runtime", "fake", "--time-scale", "1", "--region", "eu-north-1")
    assert done.returncode == 0, done.stderr
