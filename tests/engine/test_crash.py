"""kill -9 of the engine, of its load balancer and of tasks, while users send requests and change services.

The rules (design.md, rule 1): nothing acknowledged is lost, no task is doubled or orphaned, and users notice nothing.
"""
import itertools
import json
import os
import random
import re
import signal
import subprocess
import threading
import time
import urllib.request

import botocore.exceptions
import pytest
from served_stack import CLUSTER, ServedStack
from traffic import Traffic

from harness.engine import ROOT, Engine, need
from harness.waiting import wait_for

KILLS = int(os.environ.get("CRASH_KILLS", "100"))
UNKNOWN = (botocore.exceptions.ConnectionError, botocore.exceptions.HTTPClientError, OSError)


@pytest.fixture(scope="module")
def stack():
    need("haproxy")
    engine = Engine(runtime="process", time_scale=20, extra=["--cores-per-vcpu", 1])
    try:
        yield ServedStack(engine.start())
    finally:
        engine.close()


PRIORITIES = itertools.count(1)


def tag_of(service):
    return next((tag["value"] for tag in service.get("tags", []) if tag["key"] == "k"), None)


class Changes:
    """Changes services one after another until the engine dies; knows what was acknowledged, and what may have happened."""

    def __init__(self, stack, seed):
        self.stack, self.random = stack, random.Random(seed)
        service = stack.service()
        self.arn, self.family, self.failure = service["serviceArn"], f"changed-{seed}", None
        self.desired, self.tag = {service["desiredCount"]}, {tag_of(service)}
        self.revisions, self.maybe_revisions, self.rules, self.acknowledged = set(), 0, {}, 0
        self.listener = stack.elbv2.describe_listeners(
            LoadBalancerArn=stack.elbv2.describe_load_balancers()["LoadBalancers"][0]["LoadBalancerArn"])["Listeners"][0]

    def run(self):
        """Until an answer does not come."""
        kinds = [self.scale, self.scale, self.register, self.register, self.set_tag, self.change_rule, self.change_rule, self.redeploy]
        while True:
            try:
                self.random.choice(kinds)()
                self.acknowledged += 1
            except UNKNOWN:
                return
            except Exception as error:  # of a thread: told by check_kept
                self.failure = error
                return

    def scale(self):
        count = self.random.randint(2, 5)
        self.desired.add(count)
        self.stack.update(desiredCount=count)
        self.desired = {count}

    def set_tag(self):
        value = str(self.random.randint(0, 10**9))
        self.tag.add(value)
        self.stack.ecs.tag_resource(resourceArn=self.arn, tags=[{"key": "k", "value": value}])
        self.tag = {value}

    def register(self):
        self.maybe_revisions += 1
        made = self.stack.ecs.register_task_definition(
            family=self.family, containerDefinitions=[{"name": "c", "image": "http-api:1", "memory": 64, "cpu": 64}])
        assert made["taskDefinition"]["revision"] not in self.revisions
        self.revisions.add(made["taskDefinition"]["revision"])

    def redeploy(self):
        if self.random.random() < 0.3:
            self.stack.update(forceNewDeployment=True)

    def change_rule(self):
        """A new structure for the load balancer: it is reloaded."""
        if len(self.rules) > 3:
            arn = next(iter(self.rules))
            self.rules[arn] = "maybe"
            self.stack.elbv2.delete_rule(RuleArn=arn)
            del self.rules[arn]
            return
        made = self.stack.elbv2.create_rule(
            ListenerArn=self.listener["ListenerArn"], Priority=next(PRIORITIES),
            Conditions=[{"Field": "path-pattern", "Values": [f"/{self.random.randint(0, 10**9)}"]}],
            Actions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}])
        self.rules[made["Rules"][0]["RuleArn"]] = "made"

    def check_kept(self):
        assert self.failure is None, repr(self.failure)
        service = self.stack.service()
        assert service["desiredCount"] in self.desired
        self.desired = {service["desiredCount"]}
        tag = tag_of(service)
        assert tag in self.tag
        self.tag = {tag}
        pages = self.stack.ecs.get_paginator("list_task_definitions").paginate(familyPrefix=self.family)
        have = {int(arn.rsplit(":", 1)[1]) for page in pages for arn in page["taskDefinitionArns"]}
        assert self.revisions <= have, f"acknowledged and lost: {self.revisions - have}"
        assert len(have) <= self.maybe_revisions
        rules = {r["RuleArn"] for r in self.stack.elbv2.describe_rules(ListenerArn=self.listener["ListenerArn"])["Rules"] if not r["IsDefault"]}
        assert {arn for arn, how in self.rules.items() if how == "made"} <= rules
        self.rules = {arn: "made" for arn in rules}


def assert_all_answered(traffic, least):
    assert traffic.failed == []
    assert traffic.answered >= least


def test_engine_killed_at_random_points(stack):
    seed = int(os.environ.get("CRASH_SEED", random.SystemRandom().randrange(10**6)))
    print(f"CRASH_SEED={seed}")
    chance, changes = random.Random(seed), Changes(stack, seed)
    with Traffic(*stack.address) as traffic:
        for _ in range(KILLS):
            at_work = threading.Thread(target=changes.run)
            at_work.start()
            time.sleep(chance.uniform(0, 0.3))  # the random point, not a wait for something
            stack.engine.kill()
            at_work.join()
            if chance.random() < 0.2:  # killed again before it is ready
                stack.engine.start_and_kill(chance.uniform(0, 0.04))
            stack.engine.start()
            changes.check_kept()
        stack.check_nothing_doubled_or_orphaned()
    assert changes.acknowledged > KILLS
    assert_all_answered(traffic, least=KILLS * 50)


# Each point, and what makes the engine pass it. The service scales between 3 and 5 tasks; a rule makes the load balancer reload.
POINTS = ["before_commit", "after_commit", "after_task_dir", "after_launch_file", "while_spawning", "after_spawn", "after_stop_mark", "before-config",
          "after-config", "after-reload-command", "after-reload", "after-add-server", "before-ready", "after-drain"]
WITHOUT_BALANCER = ["after-spawn"]
OF_THE_REGISTRY = ["before_blob_rename", "after_blob_rename"]  # tests/registry/crash_test.py


def crash_at(stack, point, changes):
    """An engine that dies at this point, made to pass it by changes; then one that lives."""
    stack.engine.kill()
    stack.engine.environment["SCALEOUT_CRASH_AT"] = point
    stack.engine.spawn()
    try:
        def dead():
            if stack.engine.process.poll() is not None:
                return True
            for change in changes:
                try:
                    change()
                except UNKNOWN:
                    break
            return stack.engine.process.poll() is not None
        wait_for(dead, 40, f"the engine reaches {point}")
    finally:
        del stack.engine.environment["SCALEOUT_CRASH_AT"]
        code = stack.engine.kill()
    assert code == -signal.SIGKILL
    stack.engine.start()


def test_engine_killed_at_each_named_point(stack):
    changes = Changes(stack, "points")
    counts, changed_at = iter(range(10**6)), [0.0]

    def scale():
        # A count that changes back before the new tasks take traffic reaches no such point; an engine that is held up is not waited for.
        if not stack.is_steady() and time.monotonic() - changed_at[0] < 15:
            return
        changed_at[0] = time.monotonic()
        changes.desired.add(count := 5 - next(counts) % 2 * 2)
        stack.update(desiredCount=count)
        changes.desired = {count}

    with Traffic(*stack.address) as traffic:
        for point in POINTS:
            crash_at(stack, point, [changes.register, scale, changes.change_rule])
            changes.check_kept()
        stack.check_nothing_doubled_or_orphaned()
    assert_all_answered(traffic, least=100)


def test_engine_killed_while_it_starts_the_load_balancer(stack):
    for point in WITHOUT_BALANCER:
        for pids in stack.haproxies():
            for pid in pids:
                os.kill(pid, signal.SIGKILL)
        crash_at(stack, point, [])
        wait_for(lambda: serves(stack), 5, "the load balancer serves")
        stack.check_nothing_doubled_or_orphaned()


def test_every_named_point_is_tried():
    names = set()
    for file in (ROOT / "src").rglob("*.cpp"):
        if file.parent.name == "docker":  # docker_driver_test.cpp dies at each of these
            continue
        if not file.name.endswith("_test.cpp"):
            names |= set(re.findall(r'(?:crash_point|\bpoint)\("([^"]+)"\)', file.read_text()))
    assert names == {*POINTS, *WITHOUT_BALANCER, *OF_THE_REGISTRY}


def serves(stack):
    with urllib.request.urlopen(f"{stack.url}/api", timeout=1) as answer:
        return answer.status == 200


def test_load_balancer_killed_serves_again_within_200_ms(stack):
    """All its processes at once; the median of three. Until then connections are refused: nobody else can answer them.
    Where HAProxy takes long to read its configuration, it is given six times that."""
    outages, reading = [], []
    for _ in range(3):
        stack.wait_steady()
        masters, workers = stack.haproxies()
        begin = time.monotonic()
        for pid in masters + workers:
            os.kill(pid, signal.SIGKILL)
        while True:
            try:
                if serves(stack):
                    break
            except OSError:
                assert time.monotonic() < begin + 10, stack.engine.log_tail()
                time.sleep(0.001)
        outages.append(time.monotonic() - begin)
        begin = time.monotonic()
        subprocess.run([need("haproxy"), "-c", "-f", stack.engine.state / "haproxy/haproxy.cfg"], stdout=subprocess.DEVNULL, check=True)
        reading.append(time.monotonic() - begin)
    stack.check_nothing_doubled_or_orphaned()
    print("outages", outages, "reading", reading)
    assert sorted(outages)[1] <= max(0.2, 6 * sorted(reading)[1]), (outages, reading)


def test_master_of_the_load_balancer_killed_is_replaced(stack):
    """Its worker serves on meanwhile."""
    stack.wait_steady()
    (old,), _ = stack.haproxies()
    os.kill(old, signal.SIGKILL)
    wait_for(lambda: old not in sum(stack.haproxies(), []) and serves(stack), 5, "a new master")
    stack.check_nothing_doubled_or_orphaned()


def test_task_killed_is_replaced_and_no_get_fails(stack):
    stack.update(desiredCount=3)
    stack.wait_steady()
    before = stack.running()
    with Traffic(*stack.address) as traffic:
        for victim in sorted(before)[:2]:
            for pid in stack.servers()[victim]:
                os.kill(pid, signal.SIGKILL)
            wait_for(lambda gone=victim: gone not in stack.running() and len(stack.running()) == 3, 20, "the task is replaced")
        stack.check_nothing_doubled_or_orphaned()
        time.sleep(0.5)  # of traffic on what replaced them
    stopped = stack.ecs.describe_tasks(cluster=CLUSTER, tasks=[sorted(before)[0]])["tasks"][0]
    assert stopped["lastStatus"] == "STOPPED" and stopped["stopCode"] == "EssentialContainerExited"
    assert stopped["containers"][0]["exitCode"] == 137
    assert_all_answered(traffic, least=100)


def post(engine, operation, body, invocation):
    request = urllib.request.Request(engine.url, json.dumps(body).encode(), {
        "Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"AmazonEC2ContainerServiceV20141113.{operation}",
        "amz-sdk-invocation-id": invocation,
        "Authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/ecs/aws4_request, SignedHeaders=host, Signature=0"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def test_repeated_request_is_answered_once_also_after_a_crash(stack):
    body = {"family": "repeated", "containerDefinitions": [{"name": "c", "image": "http-api:1", "memory": 64}]}
    first = post(stack.engine, "RegisterTaskDefinition", body, "id-1")
    assert post(stack.engine, "RegisterTaskDefinition", body, "id-1") == first
    stack.engine.kill()
    stack.engine.start()
    assert post(stack.engine, "RegisterTaskDefinition", body, "id-1") == first
    other = post(stack.engine, "RegisterTaskDefinition", body, "id-2")
    assert other["taskDefinition"]["revision"] == first["taskDefinition"]["revision"] + 1


def test_client_that_repeats_over_a_crash_after_the_commit_gets_the_first_answer(stack):
    """The engine dies between commit and answer; the client's retry carries the same id."""
    body = {"family": "committed", "containerDefinitions": [{"name": "c", "image": "http-api:1", "memory": 64}]}
    stack.wait_steady()
    crash_at(stack, "after_commit", [lambda: post(stack.engine, "RegisterTaskDefinition", body, "id-3")])
    made = post(stack.engine, "RegisterTaskDefinition", body, "id-3")
    assert made["taskDefinition"]["revision"] == 1
    assert len(stack.ecs.list_task_definitions(familyPrefix="committed")["taskDefinitionArns"]) == 1
