"""Application Auto Scaling through boto3 and the aws CLI: targets, policies and their alarms, schedules, activities with their reasons."""
import datetime
import json

import pytest
from botocore.exceptions import ClientError

ENGINE = dict(runtime="fake", time_scale=60, extra=["--balancer", "fake"])  # an alarm's minute is a second
DEADLINE = 60
DIMENSION = "ecs:service:DesiredCount"
CONTAINER = {"name": "web", "image": "web:1", "cpu": 128, "memory": 64}


@pytest.fixture(scope="module")
def scaling(engine):
    return engine.client("application-autoscaling")


@pytest.fixture(scope="module")
def ecs(engine):
    return engine.client("ecs")


@pytest.fixture(scope="module")
def cloudwatch(engine):
    return engine.client("cloudwatch")


@pytest.fixture(scope="module")
def cluster(engine, ecs, wait_for):
    """A cluster with room for 24 tasks."""
    ecs.create_cluster(clusterName="c")
    ec2, groups = engine.client("ec2"), engine.client("autoscaling")
    ec2.create_launch_template(LaunchTemplateName="nodes", LaunchTemplateData={
        "ImageId": "ami-0ec5000000000000a", "InstanceType": "t2.micro",
        "UserData": "IyEvYmluL3NoCmVjaG8gRUNTX0NMVVNURVI9YyA+PiAvZXRjL2Vjcy9lY3MuY29uZmln"})  # ECS_CLUSTER=c
    groups.create_auto_scaling_group(AutoScalingGroupName="g", LaunchTemplate={"LaunchTemplateName": "nodes"}, MinSize=3, MaxSize=3,
                                     VPCZoneIdentifier=ec2.describe_subnets()["Subnets"][0]["SubnetId"])
    wait_for(lambda: len(ecs.list_container_instances(cluster="c")["containerInstanceArns"]) == 3, DEADLINE, "three nodes")
    ecs.register_task_definition(family="web", containerDefinitions=[CONTAINER])
    return "c"


class Target:
    """One service and its scalable target; calls take the three names for granted."""

    def __init__(self, scaling, ecs, name):
        self.scaling, self.ecs, self.service, self.resource = scaling, ecs, name, f"service/c/{name}"
        self.names = {"ServiceNamespace": "ecs", "ResourceId": self.resource, "ScalableDimension": DIMENSION}

    def register(self, **arguments):
        return self.scaling.register_scalable_target(**self.names, **arguments)

    def shown(self):
        return self.scaling.describe_scalable_targets(ServiceNamespace="ecs", ResourceIds=[self.resource])["ScalableTargets"]

    def put(self, name, **configuration):
        return self.scaling.put_scaling_policy(PolicyName=name, **self.names, **configuration)

    def policies(self):
        return self.scaling.describe_scaling_policies(ServiceNamespace="ecs", ResourceId=self.resource)["ScalingPolicies"]

    def activities(self, **arguments):
        return self.scaling.describe_scaling_activities(ServiceNamespace="ecs", ResourceId=self.resource, **arguments)["ScalingActivities"]

    def counts(self):
        service = self.ecs.describe_services(cluster="c", services=[self.service])["services"][0]
        return service["desiredCount"], service["runningCount"]


@pytest.fixture
def target(scaling, ecs, cluster, request):
    """Service of two tasks, scalable between 1 and 6; gone afterwards."""
    one = Target(scaling, ecs, request.node.name.replace("[", "-").strip("]")[:60])
    ecs.create_service(cluster="c", serviceName=one.service, taskDefinition="web", desiredCount=2)
    one.register(MinCapacity=1, MaxCapacity=6)
    yield one
    if one.shown():
        scaling.deregister_scalable_target(**one.names)
    ecs.delete_service(cluster="c", service=one.service, force=True)


def refused(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def tracking(target=80.0, metric="ECSServiceAverageCPUUtilization", **more):
    return {"PolicyType": "TargetTrackingScaling", "TargetTrackingScalingPolicyConfiguration": {
        "TargetValue": target, "PredefinedMetricSpecification": {"PredefinedMetricType": metric}, **more}}


def steps(adjustments, kind="ChangeInCapacity", **more):
    return {"PolicyType": "StepScaling", "StepScalingPolicyConfiguration": {"AdjustmentType": kind, "StepAdjustments": adjustments, **more}}


def test_a_target_is_shown_as_registered_and_updates_keep_what_they_leave_out(target):
    arn = target.register()["ScalableTargetARN"]
    shown = target.shown()[0]
    assert arn.startswith("arn:aws:application-autoscaling:us-east-1:123456789012:scalable-target/") and shown["ScalableTargetARN"] == arn
    assert (shown["MinCapacity"], shown["MaxCapacity"]) == (1, 6)
    assert shown["RoleARN"].endswith("/AWSServiceRoleForApplicationAutoScaling_ECSService")
    assert shown["SuspendedState"] == {"DynamicScalingInSuspended": False, "DynamicScalingOutSuspended": False, "ScheduledScalingSuspended": False}
    target.register(MaxCapacity=9, SuspendedState={"DynamicScalingInSuspended": True})
    shown = target.shown()[0]
    assert (shown["MinCapacity"], shown["MaxCapacity"]) == (1, 9)
    assert shown["SuspendedState"]["DynamicScalingInSuspended"] and not shown["SuspendedState"]["DynamicScalingOutSuspended"]


def test_registering_moves_the_count_into_the_bounds_and_says_so(target, wait_for):
    target.register(MinCapacity=4)
    assert target.counts()[0] == 4
    activity = target.activities()[0]
    assert (activity["Description"], activity["Cause"]) == ("Setting desired count to 4.", "minimum capacity was set to 4")
    done = wait_for(lambda: target.activities()[0]["StatusCode"] == "Successful" and target.activities()[0], DEADLINE, "four tasks")
    assert done["StatusMessage"] == "Successfully set desired count to 4. Change successfully fulfilled by ecs."
    assert done["EndTime"] >= done["StartTime"] and target.counts() == (4, 4)


def test_a_target_tracking_policy_answers_its_alarms_and_they_are_awss(engine, target):
    put = target.put("cpu", **tracking(ScaleOutCooldown=60, ScaleInCooldown=120))
    high, low = put["Alarms"]
    assert high["AlarmName"].startswith(f"TargetTracking-{target.resource}-AlarmHigh-")
    assert low["AlarmName"].startswith(f"TargetTracking-{target.resource}-AlarmLow-")
    policy = target.policies()[0]
    assert policy["PolicyARN"] == put["PolicyARN"] and policy["Alarms"] == put["Alarms"]
    assert f":resource/ecs/{target.resource}:policyName/cpu" in policy["PolicyARN"]
    given = policy["TargetTrackingScalingPolicyConfiguration"]
    assert (given["ScaleOutCooldown"], given["ScaleInCooldown"], given["DisableScaleIn"]) == (60, 120, False)
    told = engine.aws("cloudwatch", "describe-alarms", "--alarm-names", high["AlarmName"], low["AlarmName"])["MetricAlarms"]
    rules = {a["AlarmName"]: (a["ComparisonOperator"], a["Threshold"], a["EvaluationPeriods"], a["Period"], a["Statistic"]) for a in told}
    assert rules == {high["AlarmName"]: ("GreaterThanThreshold", 80.0, 3, 60, "Average"),
                     low["AlarmName"]: ("LessThanThreshold", 72.0, 15, 60, "Average")}
    assert {a["AlarmDescription"] for a in told} == {f"DO NOT EDIT OR DELETE. For TargetTrackingScaling policy {put['PolicyARN']}."}
    assert all(a["AlarmActions"][0].startswith(put["PolicyARN"] + ":createdBy/") for a in told)
    assert {d["Name"]: d["Value"] for d in told[0]["Dimensions"]} == {"ClusterName": "c", "ServiceName": target.service}


def test_putting_a_policy_again_keeps_its_alarms_and_deleting_it_takes_them_away(engine, target, cloudwatch):
    put = target.put("cpu", **tracking())
    again = target.put("cpu", **tracking(50.0, DisableScaleIn=True))
    assert again["PolicyARN"] == put["PolicyARN"]
    assert again["Alarms"] == put["Alarms"][:1], "without scale-in there is no AlarmLow"
    assert cloudwatch.describe_alarms(AlarmNames=[put["Alarms"][0]["AlarmName"]])["MetricAlarms"][0]["Threshold"] == 50.0
    target.scaling.delete_scaling_policy(PolicyName="cpu", **target.names)
    assert target.policies() == []
    assert cloudwatch.describe_alarms(AlarmNames=[a["AlarmName"] for a in put["Alarms"]])["MetricAlarms"] == []


def test_high_resolution_and_request_metrics_make_the_alarms_that_aws_makes(target, cloudwatch):
    fine = target.put("fine", **tracking(70.0, "ECSServiceAverageCPUUtilizationHighResolution"))["Alarms"]
    assert {a["Period"] for a in cloudwatch.describe_alarms(AlarmNames=[a["AlarmName"] for a in fine])["MetricAlarms"]} == {20}
    label = "app/lb/0123456789abcdef/targetgroup/tg/0123456789abcdef"
    requests = target.put("requests", PolicyType="TargetTrackingScaling", TargetTrackingScalingPolicyConfiguration={
        "TargetValue": 1500, "PredefinedMetricSpecification": {"PredefinedMetricType": "ALBRequestCountPerTarget", "ResourceLabel": label}})["Alarms"]
    shown = {a["AlarmName"]: a for a in cloudwatch.describe_alarms(AlarmNames=[a["AlarmName"] for a in requests])["MetricAlarms"]}
    high, low = (shown[a["AlarmName"]] for a in requests)
    assert (high["MetricName"], high["Statistic"], high["Threshold"], low["Threshold"]) == ("RequestCountPerTarget", "Sum", 1500.0, 1350.0)


def test_refusals_say_what_is_wrong(target, scaling):
    missing = {**target.names, "ResourceId": "service/c/none"}
    assert refused(scaling.register_scalable_target, **missing, MinCapacity=1, MaxCapacity=2) == (
        "ValidationException", "ECS service doesn't exist: service/c/none")
    assert refused(scaling.put_scaling_policy, **missing, PolicyName="p", **tracking()) == (
        "ObjectNotFoundException", "No scalable target registered for service namespace: ecs, resource ID: service/c/none, scalable dimension: " + DIMENSION)
    assert refused(target.register, MinCapacity=7)[1] == "Maximum capacity 6 cannot be less than minimum capacity 7"
    assert refused(target.put, name="p", PolicyType="StepScaling", **{k: v for k, v in tracking().items() if k != "PolicyType"})[0] == "ValidationException"
    overlap = [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}, {"MetricIntervalLowerBound": 10, "ScalingAdjustment": 2}]
    assert refused(target.put, name="p", **steps(overlap))[1] != ""
    target.put("cpu", **tracking())
    assert refused(target.put, name="cpu2", **tracking(50.0))[1] == (
        "Only one TargetTrackingScaling policy for a given metric specification is allowed.")
    for bound in ("nan", "inf"):
        assert refused(target.put, name="p", **steps([{"MetricIntervalLowerBound": float(bound), "ScalingAdjustment": 1}])) == (
            "ValidationException", "1 validation error detected: Value '%s' at 'stepScalingPolicyConfiguration.stepAdjustments.1.member.metricIntervalLowerBound' "
            "failed to satisfy constraint: Member must be a finite number" % {"nan": "NaN", "inf": "Infinity"}[bound])
    assert "not served" in refused(target.put, name="p", PolicyType="PredictiveScaling")[1]
    assert refused(scaling.delete_scaling_policy, PolicyName="none", **target.names)[0] == "ObjectNotFoundException"
    assert refused(scaling.describe_scalable_targets, ServiceNamespace="dynamodb")[0] == "ValidationException"
    assert len(target.policies()) == 1 and target.shown()[0]["MinCapacity"] == 1


def put_alarm(cloudwatch, name, policy, comparison, threshold):
    cloudwatch.put_metric_alarm(AlarmName=name, Namespace="Test", MetricName=name, Statistic="Average", Period=60, EvaluationPeriods=1,
                                Threshold=threshold, ComparisonOperator=comparison, AlarmActions=[policy["PolicyARN"]])


def report(cloudwatch, name, value):
    cloudwatch.put_metric_data(Namespace="Test", MetricData=[{"MetricName": name, "Value": value}])
    return True


def test_step_scaling_follows_the_users_alarm_step_by_step_to_its_bound(engine, target, cloudwatch, wait_for):
    queue = target.service
    out = target.put("out", **steps([{"MetricIntervalLowerBound": 0, "MetricIntervalUpperBound": 10, "ScalingAdjustment": 1},
                                     {"MetricIntervalLowerBound": 10, "ScalingAdjustment": 3}], Cooldown=0))
    put_alarm(cloudwatch, queue, out, "GreaterThanOrEqualToThreshold", 100)
    assert [a["AlarmName"] for a in target.policies()[0]["Alarms"]] == [queue]
    wait_for(lambda: target.counts() == (2, 2), DEADLINE, "two tasks")
    wait_for(lambda: report(cloudwatch, queue, 115.0) and target.counts() == (6, 6), DEADLINE, "six tasks, by steps of three")
    told = [a for a in target.activities() if a["Description"].startswith("Setting desired count")]
    assert [a["Description"] for a in reversed(told)] == ["Setting desired count to 5.", "Setting desired count to 6."]
    assert {a["Cause"] for a in told} == {f"monitor alarm {queue} in state ALARM triggered policy out"}

    def at_max():
        report(cloudwatch, queue, 115.0)
        return [a for a in target.activities(IncludeNotScaledActivities=True) if "NotScaledReasons" in a]
    refusal = wait_for(at_max, DEADLINE, "a refusal")[0]
    assert refusal["NotScaledReasons"] == [{"Code": "AlreadyAtMaxCapacity", "MaxCapacity": 6, "CurrentCapacity": 6}]
    assert (refusal["Description"], refusal["StatusCode"]) == ("Attempting to scale due to alarm triggered", "Failed")
    assert all("NotScaledReasons" not in a for a in target.activities())
    cli = engine.aws("application-autoscaling", "describe-scaling-activities", "--service-namespace", "ecs", "--resource-id", target.resource,
                     "--include-not-scaled-activities")["ScalingActivities"]
    assert [a["ActivityId"] for a in cli] == [a["ActivityId"] for a in target.activities(IncludeNotScaledActivities=True)]
    details = json.loads(told[0]["Details"])
    assert details["winner"] == "out" and details["result"] == 6 and details["clamp"], details


def test_a_custom_metric_moves_the_service_out_and_back_in(target, cloudwatch, wait_for):
    metric = {"MetricName": target.service, "Namespace": "Test", "Statistic": "Average"}
    target.put("backlog", PolicyType="TargetTrackingScaling", TargetTrackingScalingPolicyConfiguration={
        "TargetValue": 10, "CustomizedMetricSpecification": metric, "ScaleOutCooldown": 0, "ScaleInCooldown": 0})
    wait_for(lambda: target.counts() == (2, 2), DEADLINE, "two tasks")

    def reached(wanted, value):
        report(cloudwatch, target.service, value)
        return target.counts() == (wanted, wanted)
    target.register(MaxCapacity=5)  # 9.5 is reported when five are seen, maybe a minute late
    wait_for(lambda: reached(5, 25.0 if target.counts()[0] == 2 else 9.5), DEADLINE, "five tasks: ceil(2 x 25 / 10)")
    wait_for(lambda: reached(1, 1.0), DEADLINE, "one task again")
    causes = [a["Cause"] for a in reversed(target.activities())]
    assert "-AlarmHigh-" in causes[0] and "-AlarmLow-" in causes[-1]
    assert all(c.endswith(" in state ALARM triggered policy backlog") for c in causes)

    def at_min():
        report(cloudwatch, target.service, 1.0)
        return [r for a in target.activities(IncludeNotScaledActivities=True) for r in a.get("NotScaledReasons", [])
                if r["Code"] == "AlreadyAtMinCapacity"]
    assert wait_for(at_min, DEADLINE, "a refusal")[0] == {"Code": "AlreadyAtMinCapacity", "MinCapacity": 1, "CurrentCapacity": 1}


def test_a_suspended_target_stays_and_resumes_with_the_next_minute(target, cloudwatch, wait_for):
    out = target.put("out", **steps([{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}], Cooldown=0))
    put_alarm(cloudwatch, target.service, out, "GreaterThanThreshold", 100)
    wait_for(lambda: target.counts() == (2, 2), DEADLINE, "two tasks")
    target.register(SuspendedState={"DynamicScalingOutSuspended": True})

    def in_alarm():
        report(cloudwatch, target.service, 150.0)
        return any("NotScaledReasons" in a for a in target.activities(IncludeNotScaledActivities=True))
    wait_for(in_alarm, DEADLINE, "an alarm that scales nothing")
    assert target.counts()[0] == 2
    target.register(SuspendedState={"DynamicScalingOutSuspended": False})
    wait_for(lambda: report(cloudwatch, target.service, 150.0) and target.counts()[0] > 2, DEADLINE, "a third task")


def test_scheduled_actions_are_shown_run_and_go(engine, target, scaling, wait_for):
    soon = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=8)
    scaling.put_scheduled_action(**target.names, ScheduledActionName="peak", Schedule=soon.strftime("at(%Y-%m-%dT%H:%M:%S)"),
                                 ScalableTargetAction={"MinCapacity": 4, "MaxCapacity": 8})
    scaling.put_scheduled_action(**target.names, ScheduledActionName="night", Schedule="cron(0 22 ? * MON-FRI *)", Timezone="Europe/Paris",
                                 ScalableTargetAction={"MaxCapacity": 2})
    scaling.put_scheduled_action(**target.names, ScheduledActionName="daily", Schedule="rate(1 day)", Timezone="UTC",
                                 ScalableTargetAction={"MaxCapacity": 8})
    shown = {a["ScheduledActionName"]: a for a in scaling.describe_scheduled_actions(ServiceNamespace="ecs", ResourceId=target.resource)["ScheduledActions"]}
    assert shown["night"]["Timezone"] == "Europe/Paris" and shown["night"]["ScalableTargetAction"] == {"MaxCapacity": 2}
    assert (shown["daily"]["Schedule"], shown["daily"]["Timezone"]) == ("rate(1 day)", "UTC")  # as Terraform's provider puts it
    assert f":resource/ecs/{target.resource}:scheduledActionName/peak" in shown["peak"]["ScheduledActionARN"]
    wait_for(lambda: target.counts() == (4, 4), DEADLINE, "four tasks")
    assert (target.shown()[0]["MinCapacity"], target.shown()[0]["MaxCapacity"]) == (4, 8)
    told = target.activities()
    assert told[0]["Cause"] == "minimum capacity was set to 4"
    assert (told[1]["Description"], told[1]["Cause"]) == ("Setting min capacity to 4 and max capacity to 8", "scheduled action name peak was triggered")
    scaling.delete_scheduled_action(**target.names, ScheduledActionName="night")
    left = engine.aws("application-autoscaling", "describe-scheduled-actions", "--service-namespace", "ecs", "--resource-id", target.resource)
    assert "night" not in [a["ScheduledActionName"] for a in left["ScheduledActions"]]


def test_scheduled_actions_that_cannot_run_are_refused(target, scaling):
    put = dict(**target.names, ScheduledActionName="bad", ScalableTargetAction={"MinCapacity": 1})
    for schedule in ("every morning", "cron(61 8 * * ? *)", "rate(0 minutes)", "at(2026-13-01T00:00:00)"):
        assert refused(scaling.put_scheduled_action, **put, Schedule=schedule)[0] == "ValidationException", schedule
    assert refused(scaling.put_scheduled_action, **put, Schedule="cron(0 8 * * ? *)", Timezone="Mars/Olympus")[0] == "ValidationException"
    assert refused(scaling.delete_scheduled_action, **target.names, ScheduledActionName="none")[0] == "ObjectNotFoundException"


def test_deregistering_takes_policies_alarms_and_schedules_along(target, scaling, cloudwatch):
    alarms = [a["AlarmName"] for a in target.put("cpu", **tracking())["Alarms"]]
    scaling.put_scheduled_action(**target.names, ScheduledActionName="morning", Schedule="cron(0 8 * * ? *)", ScalableTargetAction={"MinCapacity": 2})
    scaling.deregister_scalable_target(**target.names)
    assert target.shown() == [] and target.policies() == []
    assert scaling.describe_scheduled_actions(ServiceNamespace="ecs", ResourceId=target.resource)["ScheduledActions"] == []
    assert cloudwatch.describe_alarms(AlarmNames=alarms)["MetricAlarms"] == []
    assert refused(scaling.deregister_scalable_target, **target.names)[0] == "ObjectNotFoundException"
