"""The whole loop with nothing made up: real tasks behind a real HAProxy under real load. What Application Auto Scaling, EC2 Auto Scaling, CloudWatch's
alarms and its metrics tell of it, through the aws CLI, must be one story."""
import datetime
import json
import re
import signal
import subprocess

import pytest

from harness.engine import need

TIME_SCALE = 30  # a minute is two seconds
ENGINE = dict(runtime="process", time_scale=TIME_SCALE)
CLUSTER, SERVICE, GROUP = "container-cluster", "http-api", "ecs-nodes-container-cluster"
RESOURCE = f"service/{CLUSTER}/{SERVICE}"
# One vCPU is 0.2 cores, a task reserves a quarter of one: 50 ms of CPU a second. 100 requests of 1.5 ms want three tasks and more, which is 75 % of a node.
RATE, WORK_US = 100, 1500


class Watched:
    """What was seen while it ran: counts of tasks and nodes at every look."""

    def __init__(self, engine):
        self.ecs, self.groups, self.at, self.tasks, self.nodes = engine.client("ecs"), engine.client("autoscaling"), [], [], []

    def look(self):
        service = self.ecs.describe_services(cluster=CLUSTER, services=[SERVICE])["services"][0]
        group = self.groups.describe_auto_scaling_groups(AutoScalingGroupNames=[GROUP])["AutoScalingGroups"][0]
        self.at.append(datetime.datetime.now(datetime.timezone.utc))
        self.tasks.append((service["desiredCount"], service["runningCount"]))
        self.nodes.append((group["DesiredCapacity"], sum(i["LifecycleState"] == "InService" for i in group["Instances"])))
        return self.tasks[-1], self.nodes[-1]

    def most_tasks(self):
        return max(running for _, running in self.tasks)

    def most_nodes(self):
        return max(ready for _, ready in self.nodes)

    def activities_are_over(self):
        return all("EndTime" in a for a in self.groups.describe_scaling_activities(AutoScalingGroupName=GROUP)["Activities"])


@pytest.fixture(scope="module")
def story(engine, wait_for):
    """Load until tasks and nodes are more, then quiet until all is back; the load's own figures and what was seen meanwhile."""
    need("haproxy")
    need("bwrap")
    url = engine.scaleout("up", "--tasks-max", 8, "--nodes-max", 3, "--scale-out-cooldown", 60, "--scale-in-cooldown", 60, "--node-warmup", 60,
                          "--work-us", WORK_US).stdout.strip()
    watched = Watched(engine)
    assert watched.look() == ((1, 1), (1, 1))
    load = subprocess.Popen([engine.program, "load", f"{url}/api", "--rate", str(RATE), "--duration", "1h", "--output", "json"],
                            stdout=subprocess.PIPE, text=True, env=engine.client_environment())
    try:
        wait_for(lambda: watched.look() and watched.most_tasks() >= 3 and watched.most_nodes() >= 2, 90, "three tasks and two nodes")
    finally:
        load.send_signal(signal.SIGINT)
        told = load.communicate()[0]
    wait_for(lambda: watched.look() == ((1, 1), (1, 1)) and watched.activities_are_over(), 90, "one task on one node again")
    return json.loads(told), watched


@pytest.fixture(scope="module")
def activities(engine, story):
    """Of the service, oldest first, as the aws CLI has them."""
    told = engine.aws("application-autoscaling", "describe-scaling-activities", "--service-namespace", "ecs", "--resource-id", RESOURCE)
    return told["ScalingActivities"][::-1]


@pytest.fixture(scope="module")
def alarms(engine, story):
    told = engine.aws("cloudwatch", "describe-alarms")["MetricAlarms"]
    return {a["AlarmName"]: a for a in told}


def instant(given):
    """The CLI prints times of the JSON services as seconds, of others as ISO 8601."""
    if isinstance(given, float | int):
        return datetime.datetime.fromtimestamp(given, datetime.timezone.utc)
    return datetime.datetime.fromisoformat(given.replace("Z", "+00:00"))


def alarm_of(cause):
    return re.search(r"monitor alarm (\S+) in state ALARM triggered policy (\S+)", cause).groups()


def test_tasks_and_nodes_rise_and_fall_and_no_request_fails(story):
    load, watched = story
    assert watched.most_tasks() >= 3 and watched.most_nodes() >= 2
    requests = load["requests"]
    assert requests["failed"] == 0 and requests["ok"] == requests["due"] - requests["cancelled"] > 0, load["errors"]


def test_the_services_activities_are_the_counts_that_were_seen(story, activities):
    _, watched = story
    counts = [int(re.fullmatch(r"Setting desired count to (\d+)\.", a["Description"])[1]) for a in activities]
    assert {desired for desired, _ in watched.tasks} <= {1, *counts}
    assert counts[-1] == 1 and max(counts) == max(desired for desired, _ in watched.tasks)
    for before, count, activity in zip([1, *counts], counts, activities):
        alarm, policy = alarm_of(activity["Cause"])
        assert f"TargetTracking-{RESOURCE}-{'AlarmHigh' if count > before else 'AlarmLow'}-" in alarm
        assert policy == "ecs-cpu-http-api"
        assert activity["StatusCode"] in ("Successful", "Overridden")
        assert json.loads(activity["Details"])["result"] == count
    assert activities[-1]["StatusMessage"] == "Successfully set desired count to 1. Change successfully fulfilled by ecs."


def test_the_groups_activities_are_the_nodes_that_were_seen(engine, story):
    _, watched = story
    told = engine.aws("autoscaling", "describe-scaling-activities", "--auto-scaling-group-name", GROUP)["Activities"][::-1]
    launched = [a for a in told if a["Description"].startswith("Launching a new EC2 instance")]
    ended = [a for a in told if a["Description"].startswith("Terminating EC2 instance")]
    assert len(launched) - len(ended) == 1 and watched.most_nodes() <= len(launched)
    for activity in [a for a in launched if "monitor alarm" in a["Cause"]] + ended:
        alarm, policy = alarm_of(activity["Cause"])
        assert f"TargetTracking-{GROUP}-{'AlarmHigh' if activity in launched else 'AlarmLow'}-" in alarm
        assert policy == "ecs-nodes-cpu-container-cluster"
        assert activity["StatusCode"] == "Successful"
    assert "monitor alarm" not in launched[0]["Cause"] and all("monitor alarm" in a["Cause"] for a in launched[1:] + ended)
    assert {a["Description"].rsplit(" ", 1)[1] for a in ended} < {a["Description"].rsplit(" ", 1)[1] for a in launched}


def test_each_change_has_an_alarm_that_was_in_alarm_then(engine, activities, alarms):
    for activity in activities:
        name = alarm_of(activity["Cause"])[0]
        assert name in alarms
        history = engine.client("cloudwatch").describe_alarm_history(AlarmName=name, HistoryItemType="StateUpdate")["AlarmHistoryItems"]
        changes = sorted((item["Timestamp"], json.loads(item["HistoryData"])["newState"]["stateValue"]) for item in history)
        then = [state for at, state in changes if at <= instant(activity["StartTime"])]
        assert then[-1] == "ALARM", (activity, changes)
    high = next(a for name, a in alarms.items() if f"{RESOURCE}-AlarmHigh-" in name)
    assert high["StateValue"] != "ALARM", "the load is over"


def points(engine, activities, *metrics):
    """[{start: value}] of each (name, namespace, statistic, dimensions), in periods of a minute at this engine's pace."""
    queries = [{"Id": f"m{i}", "MetricStat": {"Period": 60, "Stat": statistic, "Metric": {
        "Namespace": space, "MetricName": name, "Dimensions": [{"Name": k, "Value": v} for k, v in dimensions.items()]}}}
        for i, (name, space, statistic, dimensions) in enumerate(metrics)]
    begin = instant(activities[0]["StartTime"]) - datetime.timedelta(seconds=60)
    end = instant(activities[-1]["StartTime"]) + datetime.timedelta(seconds=60)
    told = engine.aws("cloudwatch", "get-metric-data", "--start-time", begin.isoformat(), "--end-time", end.isoformat(), "--scan-by", "TimestampAscending",
                      "--metric-data-queries", json.dumps(queries))["MetricDataResults"]
    return [dict(zip(map(instant, one["Timestamps"]), one["Values"])) for one in told]


def test_the_metrics_show_the_load_and_what_was_made_of_it(engine, story, activities):
    load, watched = story
    balancer = engine.aws("elbv2", "describe-load-balancers")["LoadBalancers"][0]["LoadBalancerArn"].split("loadbalancer/")[1]
    service = {"ClusterName": CLUSTER, "ServiceName": SERVICE}
    cpu, tasks, requests, failures = points(
        engine, activities, ("CPUUtilization", "AWS/ECS", "Average", service), ("CPUUtilization", "AWS/ECS", "SampleCount", service),
        ("RequestCount", "AWS/ApplicationELB", "Sum", {"LoadBalancer": balancer}),
        ("HTTPCode_ELB_5XX_Count", "AWS/ApplicationELB", "Sum", {"LoadBalancer": balancer}))
    assert load["requests"]["ok"] <= sum(requests.values()) <= load["requests"]["sent"] and failures == {}
    first, last = instant(activities[0]["StartTime"]), instant(activities[-1]["StartTime"])
    period = datetime.timedelta(seconds=60 / TIME_SCALE)
    before = [cpu[at] for at in sorted(cpu) if at + period <= first]
    assert len(before) >= 3 and min(before[-3:]) > 80, "three datapoints above the target make the alarm"
    quiet = [cpu[at] for at in sorted(cpu) if at + period <= last]
    assert len(quiet) >= 15 and max(quiet[-15:]) < 72, "fifteen below nine tenths of it take tasks away"
    for at, count in tasks.items():
        seen = [running for when, (_, running) in zip(watched.at, watched.tasks) if at - period <= when <= at + 2 * period]
        # A task that was replaced counts beside the one that came for it.
        assert not seen or min(seen) <= count <= max(seen) + 1, f"a sample for each task that ran: {count} at {at}, seen {seen}"
    assert min(tasks.values()) == 1 and max(tasks.values()) >= 3
