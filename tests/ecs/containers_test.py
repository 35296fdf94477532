"""What a task definition asks of its containers, on the process runtime: fixed ports, an awsvpc network, restart policies, links."""
import json
import os
import urllib.error
import urllib.parse
import urllib.request

import pytest
from botocore.exceptions import ClientError

from harness.engine import absent, build_folder, need
from harness.waiting import wait_for

ENGINE = dict(runtime="process", time_scale=20)
CLUSTER, GROUP = "container-cluster", "probe"


@pytest.fixture(scope="module")
def stack(engine):
    """A cluster with a node, and the probe of the drivers' tests as an image that does not say that it takes its port from PORT."""
    need("haproxy")
    probe = build_folder() / "test/drivers_probe"
    if not os.access(probe, os.X_OK):
        absent(str(probe))
    engine.service_url = engine.scaleout("up", "--no-autoscaling", "--nodes", "1", "--tasks", "1", "--timeout", "60").stdout.strip()
    engine.scaleout("push", "--binary", probe, "--repository", "probe", "--fixed-port")
    engine.client("logs").create_log_group(logGroupName=GROUP)
    return engine


def run(stack, words, *, family, ports=(), wants="RUNNING", **settings):
    ecs = stack.client("ecs")
    network_mode = settings.pop("networkMode", "bridge")
    container = {"name": "app", "image": "probe:latest", "command": words, "memory": 32, "environment": [{"name": "HOST", "value": "0.0.0.0"}],
                 "portMappings": [{"containerPort": port} for port in ports],
                 "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": GROUP, "awslogs-stream-prefix": family, "awslogs-region": "us-east-1"}},
                 **settings}
    ecs.register_task_definition(family=family, networkMode=network_mode, containerDefinitions=[container])
    answer = ecs.run_task(cluster=CLUSTER, taskDefinition=family)
    assert not answer["failures"], answer["failures"]
    arn = answer["tasks"][0]["taskArn"]
    return wait_for(lambda: (task := describe(stack, arn))["lastStatus"] == wants and task, 20, f"the task is {wants}")


def describe(stack, arn):
    return stack.client("ecs").describe_tasks(cluster=CLUSTER, tasks=[arn])["tasks"][0]


def get(address):
    try:
        with urllib.request.urlopen(f"http://{address}/", timeout=5) as answer:
            return answer.read().decode()
    except (urllib.error.URLError, ConnectionError):
        return None


def address_of(stack, task):
    """The node's address is none that the API shows (it shows the VPC's): the task's own file has it."""
    spec = json.loads((stack.state / "tasks" / task["taskArn"].rsplit("/", 1)[1] / "spec.json").read_text())["spec"]
    return f"{spec['node_address']}:{task['containers'][0]['networkBindings'][0]['hostPort']}"


def lines(stack, family):
    logs = stack.client("logs")
    streams = logs.describe_log_streams(logGroupName=GROUP, logStreamNamePrefix=family)["logStreams"]
    return [e["message"] for s in streams for e in logs.get_log_events(logGroupName=GROUP, logStreamName=s["logStreamName"], startFromHead=True)["events"]]


def test_an_image_with_a_fixed_port_is_reached_at_the_port_its_task_was_given(stack):
    tasks = [run(stack, ["serve"], family="fixed", ports=[8080]) for _ in range(2)]
    addresses = [address_of(stack, task) for task in tasks]
    assert len(set(addresses)) == 2
    for address in addresses:
        wait_for(lambda: get(address) == "ok", 10, "an answer")
    stack.kill()
    assert [get(address) for address in addresses] == ["ok", "ok"]
    stack.start()
    assert [get(address) for address in addresses] == ["ok", "ok"]
    for task in tasks:
        stack.client("ecs").stop_task(cluster=CLUSTER, task=task["taskArn"])
        wait_for(lambda: describe(stack, task["taskArn"])["lastStatus"] == "STOPPED", 20, "the end of the task")
    assert [get(address) for address in addresses] == [None, None]


def test_a_service_of_it_is_behind_a_load_balancer(stack):
    ecs, elb = stack.client("ecs"), stack.client("elbv2")
    balancer = elb.describe_load_balancers()["LoadBalancers"][0]
    group = elb.create_target_group(Name="fixed", Protocol="HTTP", Port=80, VpcId=balancer["VpcId"], HealthCheckPath="/")["TargetGroups"][0]["TargetGroupArn"]
    elb.create_listener(LoadBalancerArn=balancer["LoadBalancerArn"], Protocol="HTTP", Port=8081,
                        DefaultActions=[{"Type": "forward", "TargetGroupArn": group}])
    ecs.create_service(cluster=CLUSTER, serviceName="fixed", taskDefinition="fixed", desiredCount=2,
                       loadBalancers=[{"targetGroupArn": group, "containerName": "app", "containerPort": 8080}])

    def healthy():
        targets = elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
        return [target["TargetHealth"]["State"] for target in targets] == ["healthy", "healthy"]
    wait_for(healthy, 30, "two healthy targets")
    address = urllib.parse.urlsplit(stack.service_url).hostname
    assert [get(f"{address}:8081") for _ in range(20)] == ["ok"] * 20
    ecs.delete_service(cluster=CLUSTER, service="fixed", force=True)


def test_a_task_in_a_network_of_its_own_reaches_the_engine(stack):
    # Its port makes it such a task.
    run(stack, ["get", "127.0.0.1", str(stack.port), "print", "answered", "sleep-forever"], family="reach", ports=[9000])
    wait_for(lambda: "answered" in lines(stack, "reach"), 10, "the engine's answer")


def test_a_container_restarts_by_its_policy_and_the_task_goes_on(stack):
    policy = {"enabled": True, "restartAttemptPeriod": 60, "ignoredExitCodes": [9]}  # 3 s here
    task = run(stack, ["count", "/runs", "last", "3500", "exit", "3"], family="again", restartPolicy=policy)
    shown = stack.client("ecs").describe_task_definition(taskDefinition="again")["taskDefinition"]["containerDefinitions"][0]
    assert shown["restartPolicy"] == policy
    wait_for(lambda: lines(stack, "again").count("2") == 1, 20, "its second run")
    stack.kill()
    log = stack.state / "logs" / task["taskArn"].rsplit("/", 1)[1] / "app.log"
    wait_for(lambda: " F 3\n" in log.read_text(), 20, "the third run, which no engine saw begin")
    stack.start()
    wait_for(lambda: "3" in lines(stack, "again"), 20, "its line in the Logs API")
    now = describe(stack, task["taskArn"])
    assert now["lastStatus"] == "RUNNING" and now["containers"][0]["lastStatus"] == "RUNNING" and "exitCode" not in now["containers"][0]
    stack.client("ecs").stop_task(cluster=CLUSTER, task=task["taskArn"])
    wait_for(lambda: describe(stack, task["taskArn"])["lastStatus"] == "STOPPED", 20, "the end of the task")


def test_a_run_that_was_too_short_ends_the_task(stack):
    ended = run(stack, ["exit", "3"], family="brief", wants="STOPPED", restartPolicy={"enabled": True})
    assert ended["containers"][0]["exitCode"] == 3 and ended["stopCode"] == "EssentialContainerExited"


@pytest.mark.parametrize("words, settings", [
    ("UDP|53/udp", {"portMappings": [{"containerPort": 53, "protocol": "udp"}]}),
    ("links", {"links": ["other"]})])
def test_what_processes_cannot_do_is_refused_when_the_task_starts(stack, words, settings):
    ecs = stack.client("ecs")
    containers = [{"name": "app", "image": "probe:latest", "command": ["sleep-forever"], "memory": 32, **settings},
                  {"name": "other", "image": "probe:latest", "command": ["sleep-forever"], "memory": 32}]
    ecs.register_task_definition(family="refused", containerDefinitions=containers)
    arn = ecs.run_task(cluster=CLUSTER, taskDefinition="refused")["tasks"][0]["taskArn"]
    ended = wait_for(lambda: (task := describe(stack, arn))["lastStatus"] == "STOPPED" and task, 20, "the refusal")
    reasons = " ".join(container.get("reason", "") for container in ended["containers"])
    assert "--runtime docker" in reasons and any(word in reasons for word in words.split("|")), reasons


@pytest.mark.parametrize("part, settings", [
    ("restartAttemptPeriod", {"restartPolicy": {"enabled": True, "restartAttemptPeriod": 59}}),
    ("has the link 'nobody'", {"links": ["nobody"]})])
def test_bad_settings_are_refused_when_they_are_registered(stack, part, settings):
    with pytest.raises(ClientError, match=part):
        stack.client("ecs").register_task_definition(family="bad", containerDefinitions=[{"name": "app", "image": "probe", "memory": 32, **settings}])
