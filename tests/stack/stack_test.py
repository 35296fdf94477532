"""The stack of `scaleout up` as a user sees it: real tasks behind a real HAProxy, asked about through the aws CLI and boto3."""
import collections
import http.client
import os
import pathlib
import subprocess
import threading
import urllib.request

import pytest

from harness.engine import need
from harness.waiting import wait_for

ENGINE = dict(runtime="process", time_scale=20)
CLUSTER, SERVICE = "container-cluster", "http-api"


class Load(threading.Thread):
    """GET /api over one keep-alive connection after the other, until told to end; counts what was not answered with 200."""

    def __init__(self, url):
        super().__init__(daemon=True)
        self.host = url.removeprefix("http://")
        self.answered, self.failed, self.ended = 0, [], threading.Event()

    def run(self):
        connection = http.client.HTTPConnection(self.host, timeout=10)
        while not self.ended.is_set():
            try:
                connection.request("GET", "/api")
                response = connection.getresponse()
                response.read()
                if response.status == 200:
                    self.answered += 1
                else:
                    self.failed.append(response.status)
            except (OSError, http.client.HTTPException) as error:
                self.failed.append(repr(error))
                connection.close()

    def __enter__(self):
        self.start()
        wait_for(lambda: self.answered > 20, 10, "the first answers")
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.join(20)


@pytest.fixture(scope="module")
def stack(engine):
    need("haproxy")
    need("bwrap")
    engine.service_url = engine.scaleout("up", "--no-autoscaling", "--nodes", "3", "--tasks", "4", "--timeout", "60").stdout.strip()
    yield engine


def service(engine):
    return engine.client("ecs").describe_services(cluster=CLUSTER, services=[SERVICE])["services"][0]


def balancer(engine):
    return engine.client("elbv2").describe_load_balancers()["LoadBalancers"][0]


def healthy_targets(engine):
    elb = engine.client("elbv2")
    group = elb.describe_target_groups()["TargetGroups"][0]["TargetGroupArn"]
    found = elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    return [t for t in found if t["TargetHealth"]["State"] == "healthy"]


def steady(engine, count):
    now = service(engine)
    return (len(now["deployments"]) == 1 and now["runningCount"] == now["desiredCount"] == count
            and len(healthy_targets(engine)) == count and now)


def get(url):
    with urllib.request.urlopen(url, timeout=5) as answer:
        return answer.status, answer.read().decode()


def refused(url):
    try:
        get(url)
    except OSError as error:
        return isinstance(getattr(error, "reason", None), ConnectionRefusedError)
    return False


def task_processes(engine):
    """Pids of the containers' shims of this engine's state directory."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if b"shim" in os.path.basename(command[0]) and any(str(engine.state).encode() in part for part in command):
                found.append(int(entry.name))
    return found


def test_the_service_answers_through_its_load_balancer(stack):
    status, body = get(stack.service_url + "/api")
    assert status == 200 and body.startswith('{"0":"') and body.count('":"') == 52


def test_cli_and_target_health_tell_the_same_story(stack):
    described = stack.aws("ecs", "describe-services", "--cluster", CLUSTER, "--services", SERVICE)["services"][0]
    assert (described["desiredCount"], described["runningCount"], described["pendingCount"]) == (4, 4, 0)
    group = stack.aws("elbv2", "describe-target-groups")["TargetGroups"][0]["TargetGroupArn"]
    targets = stack.aws("elbv2", "describe-target-health", "--target-group-arn", group)["TargetHealthDescriptions"]
    assert [t["TargetHealth"]["State"] for t in targets] == ["healthy"] * 4
    ecs = stack.client("ecs")
    tasks = ecs.describe_tasks(cluster=CLUSTER, tasks=ecs.list_tasks(cluster=CLUSTER)["taskArns"])["tasks"]
    ports = {b["hostPort"] for t in tasks for c in t["containers"] for b in c["networkBindings"]}
    assert ports == {t["Target"]["Port"] for t in targets}


def test_binpack_fills_one_node_before_the_next(stack):
    ecs = stack.client("ecs")
    nodes = ecs.describe_container_instances(
        cluster=CLUSTER, containerInstances=ecs.list_container_instances(cluster=CLUSTER)["containerInstanceArns"])["containerInstances"]
    assert sorted(n["runningTasksCount"] for n in nodes) == [0, 0, 4]
    full = max(nodes, key=lambda n: n["runningTasksCount"])
    assert {r["name"]: r.get("integerValue") for r in full["remainingResources"]}["CPU"] == 0


def test_the_url_is_the_balancers_name_as_aws_writes_it(stack):
    listener = stack.client("elbv2").describe_listeners(LoadBalancerArn=balancer(stack)["LoadBalancerArn"])["Listeners"][0]
    assert listener["Port"] == 80
    assert stack.service_url == f"http://{balancer(stack)['DNSName']}"  # no :80: load generators would send it in Host


def test_up_again_changes_nothing(stack):
    before = service(stack)["deployments"][0]["id"]
    assert stack.scaleout("up", "--no-autoscaling", "--nodes", "3", "--tasks", "4").stdout.strip() == stack.service_url
    assert service(stack)["deployments"][0]["id"] == before


def test_another_port_moves_the_listener_and_back(stack):
    flags = ("up", "--no-autoscaling", "--nodes", "3", "--tasks", "4")
    moved = stack.scaleout(*flags, "--port", "8181").stdout.strip()
    assert moved == stack.service_url + ":8181" and get(moved + "/api")[0] == 200
    wait_for(lambda: refused(stack.service_url), 20, "the old port to be refused")
    assert stack.scaleout(*flags).stdout.strip() == stack.service_url
    assert get(stack.service_url + "/api")[0] == 200
    wait_for(lambda: refused(moved), 20, "the other port to be refused")


def test_a_rolling_update_loses_no_request(stack):
    before = service(stack)["deployments"][0]["id"]
    with Load(stack.service_url) as load:
        stack.client("ecs").update_service(cluster=CLUSTER, service=SERVICE, forceNewDeployment=True)
        done = wait_for(lambda: steady(stack, 4), 60, "the new deployment")
    assert load.failed == []
    assert done["deployments"][0]["id"] != before and done["deployments"][0]["rolloutState"] == "COMPLETED"


def test_scaling_out_and_in_loses_no_request(stack):
    with Load(stack.service_url) as load:
        for count in (9, 2, 4):
            stack.client("ecs").update_service(cluster=CLUSTER, service=SERVICE, desiredCount=count)
            wait_for(lambda: steady(stack, count), 60, f"{count} tasks")
    assert load.failed == []
    wait_for(lambda: len(task_processes(stack)) == 4, 20, "one process for each task")


def test_a_stopped_task_is_drained_and_replaced(stack):
    ecs = stack.client("ecs")
    with Load(stack.service_url) as load:
        arn = ecs.list_tasks(cluster=CLUSTER, serviceName=SERVICE)["taskArns"][0]
        ecs.stop_task(cluster=CLUSTER, task=arn, reason="a test")
        stopped = wait_for(lambda: [t for t in ecs.describe_tasks(cluster=CLUSTER, tasks=[arn])["tasks"]
                                    if t["lastStatus"] == "STOPPED"], 60, "the task's end")[0]
        wait_for(lambda: steady(stack, 4), 60, "its replacement")
    assert load.failed == []
    assert (stopped["stoppedReason"], stopped["stopCode"]) == ("a test", "UserInitiated")
    assert stopped["containers"][0]["exitCode"] == 0, "http-api ends by itself on SIGTERM"


def test_a_draining_node_is_emptied_without_loss(stack):
    ecs = stack.client("ecs")
    arns = ecs.list_container_instances(cluster=CLUSTER)["containerInstanceArns"]
    nodes = ecs.describe_container_instances(cluster=CLUSTER, containerInstances=arns)["containerInstances"]
    full = max(nodes, key=lambda n: n["runningTasksCount"])["containerInstanceArn"]
    with Load(stack.service_url) as load:
        ecs.update_container_instances_state(cluster=CLUSTER, containerInstances=[full], status="DRAINING")
        wait_for(lambda: ecs.describe_container_instances(cluster=CLUSTER, containerInstances=[full])
                 ["containerInstances"][0]["runningTasksCount"] == 0, 60, "the node to empty")
        wait_for(lambda: steady(stack, 4), 60, "the tasks elsewhere")
    assert load.failed == []
    ecs.update_container_instances_state(cluster=CLUSTER, containerInstances=[full], status="ACTIVE")


def test_a_bad_image_is_reported_and_does_not_touch_what_serves(stack):
    ecs = stack.client("ecs")
    good = service(stack)["taskDefinition"]
    definition = ecs.describe_task_definition(taskDefinition=good)["taskDefinition"]
    container = {k: v for k, v in definition["containerDefinitions"][0].items()} | {"image": "http-api:no-such-tag"}
    bad = ecs.register_task_definition(family=SERVICE, containerDefinitions=[container])["taskDefinition"]["taskDefinitionArn"]
    with Load(stack.service_url) as load:
        ecs.update_service(cluster=CLUSTER, service=SERVICE, taskDefinition=bad,
                           deploymentConfiguration={"deploymentCircuitBreaker": {"enable": True, "rollback": True}})
        wait_for(lambda: service(stack)["taskDefinition"] == good or service(stack)["deployments"][0]["taskDefinition"] == good,
                 60, "the roll-back")
        wait_for(lambda: steady(stack, 4), 60, "the old version, steady")
    assert load.failed == []
    stopped = ecs.list_tasks(cluster=CLUSTER, desiredStatus="STOPPED")["taskArns"]
    reasons = collections.Counter(c.get("reason", "")[:26] for t in ecs.describe_tasks(cluster=CLUSTER, tasks=stopped)["tasks"]
                                  for c in t["containers"])
    assert reasons["CannotPullContainerError: "] >= 3
    assert any("rolling back to deployment" in e["message"] for e in service(stack)["events"])


def test_two_engines_keep_apart(stack, new_engine):
    other = new_engine(**ENGINE).start()
    url = other.scaleout("up", "--no-autoscaling", "--nodes", "1", "--tasks", "1", "--timeout", "60").stdout.strip()
    assert url != stack.service_url
    assert get(url + "/api")[0] == get(stack.service_url + "/api")[0] == 200
    assert len(task_processes(other)) == 1
    other.scaleout("down")
    other.process.wait(20)
    assert task_processes(other) == []
    assert get(stack.service_url + "/api")[0] == 200


def test_a_second_engine_on_the_same_state_is_refused(stack):
    done = subprocess.run([stack.program, "engine", "--listen", "127.0.0.1:0", "--state", stack.state], capture_output=True, text=True, timeout=20,
                          check=False, env=stack.own_environment())
    assert done.returncode == 8 and str(stack.process.pid) in done.stderr and "--state" in done.stderr


def test_sigterm_leaves_the_tasks_serving_and_the_next_engine_adopts_them(stack):
    before = sorted(task_processes(stack))
    with Load(stack.service_url) as load:
        assert stack.stop() == 0
        assert get(stack.service_url + "/api")[0] == 200
        stack.start()
        wait_for(lambda: steady(stack, 4), 60, "the adopted service")
    assert load.failed == []
    assert sorted(task_processes(stack)) == before


def test_down_leaves_nothing_but_the_state_directory(stack):
    stack.scaleout("down", timeout=120)
    stack.process.wait(20)
    assert task_processes(stack) == []
    assert str(stack.state) not in pathlib.Path("/proc/self/mounts").read_text()
    with pytest.raises(OSError):
        get(stack.service_url + "/api")
    haproxy = subprocess.run(["pgrep", "-f", f"haproxy.*{stack.state}"], capture_output=True, check=False)
    assert haproxy.returncode == 1, haproxy.stdout
    assert stack.state.is_dir()
