"""`--runtime docker` on Podman's socket: the same API, another engine behind it."""
import json
import os
import pathlib
import resource
import shutil
import subprocess
import tempfile
import urllib.request

import pytest

from harness.engine import Engine, need
from harness.waiting import wait_for

CLUSTER = "container-cluster"


def network(bridge):
    """Podman's default network on a bridge that is nobody else's: CNI leaves bridges behind."""
    subnet = f"172.29.{os.getpid() % 250}"
    ranges = [[{"subnet": f"{subnet}.0/24", "gateway": f"{subnet}.1"}]]
    return {"cniVersion": "0.4.0", "name": "podman", "plugins": [
        {"type": "bridge", "bridge": bridge, "isGateway": True, "hairpinMode": True,
         "ipam": {"type": "host-local", "routes": [{"dst": "0.0.0.0/0"}], "ranges": ranges}},
        {"type": "portmap", "capabilities": {"portMappings": True}}]}


class Podman:
    """A service of its own storage and network; ended by its pid."""

    def __init__(self):
        self.program = need("podman")
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="so-podman-"))
        self.url = f"unix://{self.folder}/podman.sock"
        # Podman gives containers its own limits, which may be above what this machine allows; soft and hard alike, for 4.3 swaps them.
        limit = min(4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
        self.bridge, networks = f"sopod{os.getpid()}", self.folder / "networks"
        (self.folder / "containers.conf").write_text(
            f'[containers]\ndefault_ulimits = ["nofile={limit}:{limit}", "nproc={limit}:{limit}"]\n'
            f'[network]\nnetwork_backend = "cni"\nnetwork_config_dir = "{networks}"\n')
        networks.mkdir()
        (networks / "podman.conflist").write_text(json.dumps(network(self.bridge)))
        self.storage = ["--root", self.folder / "root", "--runroot", self.folder / "run", "--storage-driver", "vfs", "--cgroup-manager", "cgroupfs"]
        self.environment = {**os.environ, "CONTAINERS_CONF": str(self.folder / "containers.conf")}
        with open(self.folder / "log", "wb") as log:
            self.process = subprocess.Popen([self.program, *self.storage, "system", "service", "--time=0", self.url], env=self.environment,
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_for((self.folder / "podman.sock").exists, 30, "podman's socket")

    def run(self, *words):
        return subprocess.run([self.program, *map(str, [*self.storage, *words])], env=self.environment, capture_output=True, text=True,
                              timeout=60, check=True).stdout.strip()

    def close(self):
        self.process.terminate()
        self.process.wait(30)
        subprocess.run([need("ip"), "link", "del", self.bridge], capture_output=True, check=False)
        shutil.rmtree(self.folder, ignore_errors=True)


@pytest.fixture
def podman():
    service = Podman()
    try:
        yield service
    finally:
        service.close()


def test_a_service_runs_on_podman_and_survives_the_death_of_a_container(podman):
    need("haproxy")
    engine = Engine(runtime="docker", time_scale=20, environment={"DOCKER_HOST": podman.url})
    try:
        engine.start(60)
        url = engine.scaleout("up", "--no-autoscaling", "--nodes", "1", "--tasks", "2", "--timeout", "100", timeout=120).stdout.strip()

        def answers():
            with urllib.request.urlopen(url + "/api", timeout=5) as answer:
                return len(json.load(answer)) == 52
        assert answers()
        first = set(podman.run("ps", "--quiet", "--no-trunc").split())
        assert len(first) == 2
        podman.run("kill", next(iter(first)))
        # One of the two, and one that is new.
        wait_for(lambda: len(now := set(podman.run("ps", "--quiet", "--no-trunc").split())) == 2 and len(now - first) == 1, 30, "a replacement")
        ecs = engine.client("ecs")
        wait_for(lambda: ecs.describe_services(cluster=CLUSTER, services=["http-api"])["services"][0]["runningCount"] == 2, 30, "two running tasks")
        assert answers()
        stopped, = ecs.describe_tasks(cluster=CLUSTER, tasks=ecs.list_tasks(cluster=CLUSTER, desiredStatus="STOPPED")["taskArns"])["tasks"]
        assert stopped["containers"][0]["exitCode"] == 137
        engine.scaleout("down", "--timeout", "60", timeout=90)
        assert podman.run("ps", "--all", "--quiet") == ""
    finally:
        engine.close()
