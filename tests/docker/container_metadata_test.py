"""Inside a container: the engine is reached at 169.254.170.2 from Docker's network, by its own containers and nobody beyond them."""
import json
import os
import subprocess
import sys

import pytest

from harness.engine import ACCOUNT, Engine, need
from harness.inside import Inside, environment_of
from harness.small_cluster import id_of, make_cluster, run

ADDRESS = "169.254.170.2"
OPTIONS = dict(runtime="docker", time_scale=60, extra=("--balancer", "fake"))
ASK = "import os, urllib.request; print(urllib.request.urlopen(os.environ['AWS_CONTAINER_CREDENTIALS_FULL_URI'], timeout=5).read().decode())"
ASK_ANYHOW = """
import sys, urllib.error, urllib.request
try:
    print(urllib.request.urlopen(sys.argv[1], timeout=5).status)
except urllib.error.HTTPError as error:
    print(error.code, error.read().decode())
"""


@pytest.fixture(scope="module")
def cluster(dockerd):
    engine = Engine(**OPTIONS, environment=dockerd.environment)
    try:
        engine.start(60)
        make_cluster(engine)
        yield engine
    finally:
        engine.close()


def inspect(dockerd, task):
    return json.loads(dockerd.run("inspect", task["containers"][0]["runtimeId"]).stdout)[0]


def inside(dockerd, task):
    return Inside(id_of(task), pid=inspect(dockerd, task)["State"]["Pid"], own_network=True)


def run_in_mode(cluster, mode):
    ecs = cluster.client("ecs")
    container = {"name": "web", "image": "http-api:latest", "memory": 64, "environment": [{"name": "PORT", "value": "18991"}]}
    ecs.register_task_definition(family=f"app-{mode}", networkMode=mode, taskRoleArn=f"arn:aws:iam::{ACCOUNT}:role/tasks/reader",
                                 containerDefinitions=[container])
    return run(cluster, f"app-{mode}")


def test_an_sdk_in_a_container_finds_the_engine_and_acts_as_the_task_s_role(cluster, dockerd):
    task = run(cluster, "app")
    container = inside(dockerd, task)
    assert container.environment["ECS_CONTAINER_METADATA_URI_V4"].startswith(f"http://{ADDRESS}:{cluster.port}/v4/")
    told, facts = container.told(), inspect(dockerd, task)
    assert told["who"]["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/reader/{id_of(task)}"
    assert told["method"] == "container-role" and len(told["clusters"]) == 1
    seen = told["container"]
    assert seen["DockerId"] == facts["Id"] and "/" + seen["DockerName"] == facts["Name"] and seen["ImageID"] == facts["Image"]
    address = next(iter(facts["NetworkSettings"]["Networks"].values()))["IPAddress"]
    assert seen["Networks"] == [{"NetworkMode": "bridge", "IPv4Addresses": [address]}]
    assert seen["Labels"].items() <= facts["Config"]["Labels"].items()


def test_a_killed_engine_is_found_again_and_knows_the_container_s_address(cluster, dockerd):
    task = run(cluster, "app")
    container = inside(dockerd, task)
    before = container.told()
    cluster.kill()
    cluster.start(60)
    after = container.told()
    assert after["container"] == before["container"] and after["who"] == before["who"]


def test_a_container_of_the_machine_s_network_uses_the_machine_s_address(cluster, dockerd):
    container = inside(dockerd, run_in_mode(cluster, "host"))
    assert container.environment["AWS_ENDPOINT_URL"] == cluster.url
    assert container.told()["task"]["Family"] == "app-host"


def test_a_container_without_a_network_is_told_nothing(cluster, dockerd):
    environment = inside(dockerd, run_in_mode(cluster, "none")).environment
    assert not [name for name in environment if name.startswith(("ECS_", "AWS_"))]


def test_who_is_merely_routed_here_gets_nothing(cluster, dockerd):
    """A neighbour on a network that is no bridge of containers: it sends to 169.254.170.2 through this machine, token or not."""
    ip, name = need("ip"), f"sost{os.getpid()}"[:15]
    url = environment_of(inspect(dockerd, run(cluster, "app"))["State"]["Pid"])["AWS_CONTAINER_CREDENTIALS_FULL_URI"]
    steps = [["netns", "add", name], ["link", "add", name, "type", "veth", "peer", "name", "far", "netns", name],
             ["address", "add", "198.51.100.1/30", "dev", name], ["link", "set", name, "up"],
             ["-n", name, "address", "add", "198.51.100.2/30", "dev", "far"], ["-n", name, "link", "set", "far", "up"],
             ["-n", name, "route", "add", "default", "via", "198.51.100.1"]]
    try:
        for step in steps:
            subprocess.run([ip, *step], check=True)
        for target in (url, f"http://{ADDRESS}:{cluster.port}/_scaleout/health"):
            done = subprocess.run([ip, "netns", "exec", name, sys.executable, "-c", ASK_ANYHOW, target], capture_output=True, text=True, timeout=30, check=True)
            assert done.stdout.startswith("403 ") and "only containers of this machine" in done.stdout
    finally:
        subprocess.run([ip, "netns", "del", name], check=False)  # takes the pair with it


def test_an_engine_may_keep_its_apis_from_containers(dockerd):
    engine = Engine(**{**OPTIONS, "extra": (*OPTIONS["extra"], "--no-task-apis")}, environment=dockerd.environment)
    try:
        engine.start(60)
        make_cluster(engine)
        container = inside(dockerd, run(engine, "app"))
        assert json.loads(container.python(ASK).stdout)["RoleArn"]
        refused = container.run(sys.executable, "-c", ASK_ANYHOW, f"http://{ADDRESS}:{engine.port}/")
        assert refused.stdout.startswith("403 ") and "--no-task-apis" in refused.stdout
    finally:
        engine.close()
