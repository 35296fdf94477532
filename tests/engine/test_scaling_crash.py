"""kill -9 of the engine at random points while tasks and nodes scale out and in under load.

Both layers follow step policies on a metric that the test writes, so that each minute of an alarm (a second and a half here) changes a count. The rules: what was
acknowledged is kept, an alarm's minute is acted upon once, activities and counts agree, and users notice nothing.

SCALING_KILLS says how often (100 for the full check), CRASH_SEED which random points.
"""
import collections
import itertools
import os
import random
import re
import threading
import time

import botocore.exceptions
import pytest
from served_stack import CLUSTER, SERVICE, ServedStack
from traffic import Traffic

from harness.engine import Engine, need
from harness.waiting import wait_for

KILLS = int(os.environ.get("SCALING_KILLS", "10"))
TIME_SCALE = 40
MINUTE_MS, ARRIVAL_MS = 60_000 // TIME_SCALE, 5_000 // TIME_SCALE  # an alarm looks at a minute so long after its end
GROUP, RESOURCE = f"ecs-nodes-{CLUSTER}", f"service/{CLUSTER}/{SERVICE}"
NAMES = {"ServiceNamespace": "ecs", "ResourceId": RESOURCE, "ScalableDimension": "ecs:service:DesiredCount"}
UNKNOWN = (botocore.exceptions.ConnectionError, botocore.exceptions.HTTPClientError, OSError)


class ScalingStack(ServedStack):
    """Two to six tasks on two to four nodes; a metric above 10 adds one of each in each minute, below 5 it takes one away."""

    def __init__(self, engine):
        super().__init__(engine, nodes=2, tasks=2)
        self.scaling, self.groups, self.cloudwatch = (engine.client(s) for s in ("application-autoscaling", "autoscaling", "cloudwatch"))
        self.groups.update_auto_scaling_group(AutoScalingGroupName=GROUP, MinSize=2, MaxSize=4)
        self.scaling.register_scalable_target(**NAMES, MinCapacity=2, MaxCapacity=6)
        for name, comparison, threshold, bound, change in (("out", "GreaterThanThreshold", 10, "MetricIntervalLowerBound", 1),
                                                           ("in", "LessThanThreshold", 5, "MetricIntervalUpperBound", -1)):
            adjustments = [{bound: 0, "ScalingAdjustment": change}]
            tasks = self.scaling.put_scaling_policy(PolicyName=f"tasks-{name}", **NAMES, PolicyType="StepScaling", StepScalingPolicyConfiguration={
                "AdjustmentType": "ChangeInCapacity", "StepAdjustments": adjustments, "Cooldown": 0})
            nodes = self.groups.put_scaling_policy(AutoScalingGroupName=GROUP, PolicyName=f"nodes-{name}", PolicyType="StepScaling",
                                                   AdjustmentType="ChangeInCapacity", StepAdjustments=adjustments, EstimatedInstanceWarmup=0)
            self.cloudwatch.put_metric_alarm(AlarmName=name, Namespace="Test", MetricName="Load", Statistic="Maximum", Period=60, EvaluationPeriods=1,
                                             Threshold=threshold, ComparisonOperator=comparison, AlarmActions=[tasks["PolicyARN"], nodes["PolicyARN"]])

    def report(self, value):
        self.cloudwatch.put_metric_data(Namespace="Test", MetricData=[{"MetricName": "Load", "Value": value}])

    def rest(self):
        """No more decisions: what was decided is carried out."""
        self.scaling.register_scalable_target(**NAMES, SuspendedState={"DynamicScalingInSuspended": True, "DynamicScalingOutSuspended": True})
        self.groups.suspend_processes(AutoScalingGroupName=GROUP, ScalingProcesses=["AlarmNotification"])

    def group(self):
        return self.groups.describe_auto_scaling_groups(AutoScalingGroupNames=[GROUP])["AutoScalingGroups"][0]

    def task_changes(self):
        """[(when, alarm, new count)] of the service, oldest first."""
        pages = self.scaling.get_paginator("describe_scaling_activities").paginate(ServiceNamespace="ecs", ResourceId=RESOURCE)
        told = [a for page in pages for a in page["ScalingActivities"]]
        return [(a["StartTime"], re.search(r"alarm (\S+) in", a["Cause"])[1], int(re.search(r"to (\d+)\.", a["Description"])[1])) for a in reversed(told)]

    def node_changes(self):
        """[(when, alarm, count before, count after)] of the group, oldest first, and {instance: [activities]}."""
        pages = self.groups.get_paginator("describe_scaling_activities").paginate(AutoScalingGroupName=GROUP)
        told = [a for page in pages for a in page["Activities"]]
        of_instance, changes = collections.defaultdict(list), []
        for activity in reversed(told):
            verb, instance = re.match(r"(\w+) .*EC2 instance: (\S+)", activity["Description"]).groups()
            of_instance[instance].append(verb)
            found = re.search(r"alarm (\S+) in state ALARM triggered policy \S+ changing the desired capacity from (\d+) to (\d+)\.", activity["Cause"])
            if found:
                changes.append((activity["StartTime"], found[1], int(found[2]), int(found[3])))
        return changes, of_instance


@pytest.fixture
def stack():
    need("haproxy")
    engine = Engine(runtime="process", time_scale=TIME_SCALE)
    try:
        yield ScalingStack(engine.start())
    finally:
        engine.close()


class Changes:
    """Writes the metric, and puts and deletes schedules and alarms until the engine dies; knows what was acknowledged."""

    def __init__(self, stack, seed):
        self.stack, self.random, self.number = stack, random.Random(seed), itertools.count()
        self.schedules, self.alarms, self.acknowledged, self.failure = {}, {}, 0, None
        self.value, self.turn_at = 1.0, 0.0

    def run(self):
        """Until an answer does not come."""
        while True:
            try:
                if time.monotonic() > self.turn_at:  # up for some minutes, then down again
                    self.value = 1.0 if self.value > 5 else 20.0
                    self.turn_at = time.monotonic() + self.random.uniform(4, 8)
                self.stack.report(self.value)
                self.random.choice([self.schedule, self.alarm])()
                self.acknowledged += 1
                time.sleep(0.05)  # of a user, so that the machine has time for the tasks
            except UNKNOWN:
                return
            except Exception as error:  # of a thread: told by check_kept
                self.failure = error
                return

    def schedule(self):
        self.change(self.schedules,
                    lambda name: self.stack.scaling.put_scheduled_action(**NAMES, ScheduledActionName=name, Schedule="at(2090-01-01T00:00:00)",
                                                                         ScalableTargetAction={"MinCapacity": 2}),
                    lambda name: self.stack.scaling.delete_scheduled_action(**NAMES, ScheduledActionName=name))

    def alarm(self):
        self.change(self.alarms,
                    lambda name: self.stack.cloudwatch.put_metric_alarm(AlarmName=name, Namespace="Other", MetricName="m", Statistic="Sum", Period=60,
                                                                        EvaluationPeriods=1, Threshold=1, ComparisonOperator="GreaterThanThreshold"),
                    lambda name: self.stack.cloudwatch.delete_alarms(AlarmNames=[name]))

    def change(self, known, put, delete):
        if len(known) > 5:
            name = next(iter(known))
            known[name] = "maybe"
            delete(name)
            del known[name]
            return
        name = f"x{next(self.number)}"
        known[name] = "maybe"
        put(name)
        known[name] = "made"

    def check_kept(self):
        assert self.failure is None, repr(self.failure)
        schedules = self.stack.scaling.describe_scheduled_actions(ServiceNamespace="ecs", ResourceId=RESOURCE)["ScheduledActions"]
        alarms = self.stack.cloudwatch.describe_alarms(AlarmNamePrefix="x")["MetricAlarms"]
        self.schedules = self.kept(self.schedules, {a["ScheduledActionName"] for a in schedules})
        self.alarms = self.kept(self.alarms, {a["AlarmName"] for a in alarms})

    @staticmethod
    def kept(known, there):
        assert {name for name, how in known.items() if how == "made"} <= there, f"acknowledged and lost: {known}, there: {there}"
        assert there <= set(known), f"deleted and back: {there - set(known)}"
        return {name: "made" for name in there}


def minute_of(when):
    return (round(when.timestamp() * 1000) - ARRIVAL_MS) // MINUTE_MS


def assert_each_minute_acted_once(changes):
    """changes: [(when, alarm, …)]. An alarm has one evaluation a minute, and an evaluation one action."""
    acted = collections.Counter((alarm, minute_of(when)) for when, alarm, *_ in changes)
    assert [key for key, times in acted.items() if times > 1] == [], changes


def assert_told_once(stack):
    """Every count has exactly one activity that led to it."""
    tasks = stack.task_changes()
    counts = [2, *(count for _, _, count in tasks)]
    assert stack.service()["desiredCount"] == counts[-1]
    for before, (_, alarm, after) in zip(counts, tasks):
        assert after - before == (1 if alarm == "out" else -1), tasks
    assert_each_minute_acted_once(tasks)

    nodes, of_instance = stack.node_changes()
    assert stack.group()["DesiredCapacity"] == (nodes[-1][3] if nodes else 2)
    for (_, _, _, to), (_, _, since, _) in zip(nodes, nodes[1:]):
        assert to == since, nodes
    assert all(after - before == (1 if alarm == "out" else -1) for _, alarm, before, after in nodes), nodes
    assert_each_minute_acted_once(nodes)
    living = {i["InstanceId"] for i in stack.group()["Instances"]}
    for instance, verbs in of_instance.items():
        assert verbs == (["Launching"] if instance in living else ["Launching", "Terminating"]), (instance, verbs)
    assert living <= set(of_instance)
    return len(tasks), len(nodes)


def test_engine_killed_at_random_points_while_both_layers_scale(stack):
    seed = int(os.environ.get("CRASH_SEED", random.SystemRandom().randrange(10**6)))
    print(f"CRASH_SEED={seed}")
    chance, changes = random.Random(seed), Changes(stack, seed)
    with Traffic(*stack.address) as traffic:
        kills, scaled = 0, [0]
        # The points are random: where they left the alarms too few minutes, there are more of them.
        while kills < KILLS or (min(scaled) < KILLS / 4 and kills < 3 * KILLS):
            kills += 1
            at_work = threading.Thread(target=changes.run)
            at_work.start()
            time.sleep(chance.uniform(0, 5))  # the random point, not a wait for something
            stack.engine.kill()
            at_work.join()
            if chance.random() < 0.2:  # killed again before it is ready
                stack.engine.start_and_kill(chance.uniform(0, 0.1))
            stack.engine.start()
            changes.check_kept()
            scaled = len(stack.task_changes()), len(stack.node_changes()[0])
        stack.rest()
        wait_for(lambda: {i["LifecycleState"] for i in stack.group()["Instances"]} == {"InService"}
                 and len(stack.group()["Instances"]) == stack.group()["DesiredCapacity"], 30, "the nodes that were decided")
        stack.check_nothing_doubled_or_orphaned()
        scaled = assert_told_once(stack)
    print(f"{kills} kills, {scaled[0]} changes of the tasks, {scaled[1]} of the nodes, {changes.acknowledged} acknowledged, {traffic.answered} answered")
    assert min(scaled) >= KILLS / 4, "both layers scaled all the while"
    assert changes.acknowledged > KILLS
    assert traffic.failed == [] and traffic.answered >= KILLS * 50
