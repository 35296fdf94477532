"""Scaling of node groups through boto3 and the aws CLI: policies and their alarms, hooks, processes, schedules, and a metric that moves a group."""
import base64
import datetime

import botocore.exceptions
import pytest

ENGINE = dict(runtime="fake", time_scale=60, extra=["--balancer", "fake"])  # an alarm's minute is a second
DEADLINE = 60


@pytest.fixture(scope="module")
def groups(engine):
    return engine.client("autoscaling")


@pytest.fixture(scope="module")
def template(engine):
    engine.client("ecs").create_cluster(clusterName="web")
    user_data = base64.b64encode(b"#!/bin/bash\necho ECS_CLUSTER=web >> /etc/ecs/ecs.config\n").decode()
    engine.client("ec2").create_launch_template(LaunchTemplateName="nodes", LaunchTemplateData={
        "ImageId": "ami-0ec5000000000000a", "InstanceType": "t2.micro", "UserData": user_data})
    return {"LaunchTemplateName": "nodes"}


@pytest.fixture
def group(engine, groups, template, request, wait_for):
    """A group of 1 to 4 with its own name; gone afterwards."""
    name = request.node.name.replace("[", "-").strip("]")[:60]
    zone = engine.client("ec2").describe_subnets()["Subnets"][0]["SubnetId"]
    groups.create_auto_scaling_group(AutoScalingGroupName=name, LaunchTemplate=template, MinSize=1, MaxSize=4, VPCZoneIdentifier=zone,
                                     DefaultInstanceWarmup=0)
    yield name
    groups.delete_auto_scaling_group(AutoScalingGroupName=name, ForceDelete=True)


def shown(groups, name):
    return groups.describe_auto_scaling_groups(AutoScalingGroupNames=[name])["AutoScalingGroups"][0]


def states(groups, name):
    return sorted(i["LifecycleState"] for i in shown(groups, name)["Instances"])


def refused(call, **arguments):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call(**arguments)
    return caught.value.response["Error"]["Message"]


def tracking(metric="ASGAverageCPUUtilization", target=30.0):
    return {"PredefinedMetricSpecification": {"PredefinedMetricType": metric}, "TargetValue": target}


def test_a_target_tracking_policy_answers_its_alarms_and_is_shown_as_put(groups, group):
    put = groups.put_scaling_policy(AutoScalingGroupName=group, PolicyName="cpu", PolicyType="TargetTrackingScaling",
                                    TargetTrackingConfiguration=tracking(), EstimatedInstanceWarmup=120)
    assert [a["AlarmName"].rsplit("-", 5)[0] for a in put["Alarms"]] == [f"TargetTracking-{group}-AlarmHigh", f"TargetTracking-{group}-AlarmLow"]
    policy = groups.describe_policies(AutoScalingGroupName=group)["ScalingPolicies"][0]
    assert policy["PolicyARN"] == put["PolicyARN"] and policy["Alarms"] == put["Alarms"]
    assert policy["EstimatedInstanceWarmup"] == 120 and policy["Enabled"] is True
    assert policy["TargetTrackingConfiguration"] == {**tracking(), "DisableScaleIn": False}
    again = groups.put_scaling_policy(AutoScalingGroupName=group, PolicyName="cpu", PolicyType="TargetTrackingScaling",
                                      TargetTrackingConfiguration=tracking(target=50.0))
    assert again == {**put, "ResponseMetadata": again["ResponseMetadata"]}
    groups.delete_policy(AutoScalingGroupName=group, PolicyName="cpu")
    assert groups.describe_policies(AutoScalingGroupName=group)["ScalingPolicies"] == []


def test_what_is_not_measured_or_not_served_is_refused_by_name(groups, group):
    put = dict(AutoScalingGroupName=group, PolicyName="p", PolicyType="TargetTrackingScaling")
    assert "network" in refused(groups.put_scaling_policy, **put, TargetTrackingConfiguration=tracking("ASGAverageNetworkIn"))
    for target in ("inf", "-inf", "nan"):
        assert "targetValue" in refused(groups.put_scaling_policy, **put, TargetTrackingConfiguration=tracking(target=float(target)))
    assert "resource label" in refused(groups.put_scaling_policy, **put, TargetTrackingConfiguration=tracking("ALBRequestCountPerTarget"))
    assert "predictive" in refused(groups.put_scaling_policy, AutoScalingGroupName=group, PolicyName="p", PolicyType="PredictiveScaling")


def test_executing_a_simple_policy_changes_the_size_and_says_so(groups, group, wait_for):
    wait_for(lambda: states(groups, group) == ["InService"], DEADLINE, "the first instance")
    groups.put_scaling_policy(AutoScalingGroupName=group, PolicyName="up", AdjustmentType="ChangeInCapacity", ScalingAdjustment=1, Cooldown=3600)
    groups.execute_policy(AutoScalingGroupName=group, PolicyName="up")
    wait_for(lambda: states(groups, group) == ["InService"] * 2, DEADLINE, "the second instance")
    newest = groups.describe_scaling_activities(AutoScalingGroupName=group)["Activities"][0]
    assert "a user request executed policy up changing the desired capacity from 1 to 2." in newest["Cause"]
    wait_for(lambda: "cooldown" in refused(groups.execute_policy, AutoScalingGroupName=group, PolicyName="up", HonorCooldown=True), DEADLINE)
    assert shown(groups, group)["DesiredCapacity"] == 2


def test_a_termination_hook_holds_an_instance_until_it_is_completed(groups, group, wait_for):
    groups.put_lifecycle_hook(AutoScalingGroupName=group, LifecycleHookName="bye", HeartbeatTimeout=7200,
                              LifecycleTransition="autoscaling:EC2_INSTANCE_TERMINATING", DefaultResult="CONTINUE")
    hook = groups.describe_lifecycle_hooks(AutoScalingGroupName=group)["LifecycleHooks"][0]
    assert hook["GlobalTimeout"] == 172800 and hook["DefaultResult"] == "CONTINUE"
    wait_for(lambda: states(groups, group) == ["InService"], DEADLINE, "the first instance")
    victim = shown(groups, group)["Instances"][0]["InstanceId"]
    groups.terminate_instance_in_auto_scaling_group(InstanceId=victim, ShouldDecrementDesiredCapacity=False)
    wait_for(lambda: "InService" in states(groups, group), DEADLINE, "its replacement")
    assert "Terminating:Wait" in states(groups, group)
    groups.complete_lifecycle_action(AutoScalingGroupName=group, LifecycleHookName="bye", InstanceId=victim, LifecycleActionResult="CONTINUE")
    wait_for(lambda: states(groups, group) == ["InService"], DEADLINE, "the victim's end")
    assert "No active Lifecycle Action" in refused(groups.complete_lifecycle_action, AutoScalingGroupName=group, LifecycleHookName="bye",
                                                   InstanceId=victim, LifecycleActionResult="CONTINUE")
    groups.delete_lifecycle_hook(AutoScalingGroupName=group, LifecycleHookName="bye")


def test_suspended_processes_and_enabled_metrics_are_shown_and_hold(groups, group, wait_for):
    wait_for(lambda: states(groups, group) == ["InService"], DEADLINE, "the first instance")
    groups.suspend_processes(AutoScalingGroupName=group, ScalingProcesses=["Launch"])
    assert [p["ProcessName"] for p in shown(groups, group)["SuspendedProcesses"]] == ["Launch"]
    groups.set_desired_capacity(AutoScalingGroupName=group, DesiredCapacity=2)
    assert states(groups, group) == ["InService"]
    groups.resume_processes(AutoScalingGroupName=group)
    wait_for(lambda: states(groups, group) == ["InService"] * 2, DEADLINE, "the launch that was held")
    groups.enable_metrics_collection(AutoScalingGroupName=group, Granularity="1Minute", Metrics=["GroupDesiredCapacity"])
    assert shown(groups, group)["EnabledMetrics"] == [{"Metric": "GroupDesiredCapacity", "Granularity": "1Minute"}]
    groups.disable_metrics_collection(AutoScalingGroupName=group)
    assert shown(groups, group)["EnabledMetrics"] == []
    assert "Invalid process" in refused(groups.suspend_processes, AutoScalingGroupName=group, ScalingProcesses=["Nothing"])


def test_a_metric_above_its_target_scales_out_and_below_it_back_in(engine, groups, group, wait_for):
    """The whole way: PutMetricData, alarms, policy, activities, and the aws CLI tells the same."""
    cloudwatch = engine.client("cloudwatch")
    groups.put_scaling_policy(AutoScalingGroupName=group, PolicyName="backlog", PolicyType="TargetTrackingScaling", TargetTrackingConfiguration={
        "CustomizedMetricSpecification": {"MetricName": "Backlog", "Namespace": "Test", "Statistic": "Average",
                                          "Dimensions": [{"Name": "Group", "Value": group}]}, "TargetValue": 10.0})

    def report(value):
        cloudwatch.put_metric_data(Namespace="Test", MetricData=[
            {"MetricName": "Backlog", "Dimensions": [{"Name": "Group", "Value": group}], "Value": value}])

    def sized(wanted, value):
        report(value)
        return shown(groups, group)["DesiredCapacity"] == wanted and states(groups, group) == ["InService"] * wanted

    groups.update_auto_scaling_group(AutoScalingGroupName=group, MaxSize=3)  # 9.5 is reported when three are seen, maybe a minute late
    wait_for(lambda: sized(3, 25.0 if shown(groups, group)["DesiredCapacity"] == 1 else 9.5), DEADLINE, "three instances")
    causes = [a["Cause"] for a in groups.describe_scaling_activities(AutoScalingGroupName=group)["Activities"]]
    assert any("in state ALARM triggered policy backlog changing the desired capacity from 1 to 3." in c for c in causes), causes
    wait_for(lambda: sized(1, 1.0), DEADLINE, "one instance again")
    told = engine.aws("autoscaling", "describe-scaling-activities", "--auto-scaling-group-name", group)["Activities"]
    assert any("-AlarmLow-" in a["Cause"] and "shrinking the capacity" in a["Cause"] for a in told)
    assert all(a["Cause"] for a in told)


def schedules(groups, name, **arguments):
    shown = groups.describe_scheduled_actions(AutoScalingGroupName=name, **arguments)["ScheduledUpdateGroupActions"]
    return {a["ScheduledActionName"]: a for a in shown}


def test_scheduled_actions_are_put_shown_changed_and_deleted(engine, groups, group):
    groups.put_scheduled_update_group_action(AutoScalingGroupName=group, ScheduledActionName="morning", Recurrence="30 7 * * 1-5",
                                             TimeZone="Europe/Berlin", MinSize=2, DesiredCapacity=3)
    shown = schedules(groups, group)["morning"]
    assert f":autoScalingGroupName/{group}:scheduledActionName/morning" in shown["ScheduledActionARN"]
    assert (shown["Recurrence"], shown["TimeZone"], shown["MinSize"], shown["DesiredCapacity"]) == ("30 7 * * 1-5", "Europe/Berlin", 2, 3)
    assert "MaxSize" not in shown and shown["StartTime"] > datetime.datetime.now(datetime.timezone.utc), "its next occurrence"
    groups.put_scheduled_update_group_action(AutoScalingGroupName=group, ScheduledActionName="morning", MaxSize=4)
    assert {**schedules(groups, group)["morning"], "MaxSize": None} == {**shown, "MaxSize": None}

    tomorrow = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0) + datetime.timedelta(days=1)
    failed = groups.batch_put_scheduled_update_group_action(AutoScalingGroupName=group, ScheduledUpdateGroupActions=[
        {"ScheduledActionName": "once", "StartTime": tomorrow, "DesiredCapacity": 1},
        {"ScheduledActionName": "past", "StartTime": tomorrow - datetime.timedelta(days=2), "DesiredCapacity": 1}])
    assert failed["FailedScheduledUpdateGroupActions"] == [
        {"ScheduledActionName": "past", "ErrorCode": "ValidationError", "ErrorMessage": "Given start time is in the past"}]
    told = engine.aws("autoscaling", "describe-scheduled-actions", "--auto-scaling-group-name", group, "--scheduled-action-names", "once")
    assert [(a["ScheduledActionName"], a["DesiredCapacity"]) for a in told["ScheduledUpdateGroupActions"]] == [("once", 1)]
    assert schedules(groups, group)["once"]["StartTime"] == tomorrow
    gone = groups.batch_delete_scheduled_action(AutoScalingGroupName=group, ScheduledActionNames=["once", "never"])["FailedScheduledActions"]
    assert [f["ScheduledActionName"] for f in gone] == ["never"]
    groups.delete_scheduled_action(AutoScalingGroupName=group, ScheduledActionName="morning")
    assert schedules(groups, group) == {}


def test_scheduled_actions_that_cannot_run_are_refused(groups, group):
    put = dict(AutoScalingGroupName=group, ScheduledActionName="bad")
    call = groups.put_scheduled_update_group_action
    assert refused(call, **put, Recurrence="0 8 * * *") == "At least one of MinSize, MaxSize and DesiredCapacity must be specified."
    assert refused(call, **put, DesiredCapacity=1) == "Either StartTime or Recurrence must be specified."
    assert refused(call, **put, DesiredCapacity=1, Recurrence="every morning") != ""
    assert "Mars/Olympus" in refused(call, **put, DesiredCapacity=1, Recurrence="0 8 * * *", TimeZone="Mars/Olympus")
    assert "not found" in refused(groups.delete_scheduled_action, **put)
    assert "not found" in refused(call, AutoScalingGroupName="none", ScheduledActionName="bad", Recurrence="0 8 * * *", MinSize=1)


def test_a_scheduled_action_resizes_the_group_at_its_time_says_so_and_is_gone(groups, group, wait_for):
    wait_for(lambda: states(groups, group) == ["InService"], DEADLINE, "the first instance")
    soon = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=2)
    groups.put_scheduled_update_group_action(AutoScalingGroupName=group, ScheduledActionName="now", StartTime=soon, MaxSize=6, DesiredCapacity=3)
    wait_for(lambda: states(groups, group) == ["InService"] * 3, DEADLINE, "three instances")
    assert shown(groups, group)["MaxSize"] == 6 and schedules(groups, group) == {}
    causes = [a["Cause"] for a in groups.describe_scaling_activities(AutoScalingGroupName=group)["Activities"]]
    said = "a scheduled action update of AutoScalingGroup constraints to min: 1, max: 6, desired: 3 changing the desired capacity from 1 to 3."
    assert sum(said in c for c in causes) == 2, causes
