"""ECS capacity providers through boto3 and the aws CLI: tasks wait, nodes come by themselves, and go again when they are empty."""
import base64

import pytest
from botocore.exceptions import ClientError

ENGINE = dict(runtime="fake", time_scale=60, extra=("--balancer", "fake"))  # an alarm's minute is a second
DEADLINE = 90
CONTAINER = {"name": "web", "image": "web:1", "cpu": 256, "memory": 128}


@pytest.fixture(scope="module")
def ecs(engine):
    return engine.client("ecs")


@pytest.fixture(scope="module")
def groups(engine):
    return engine.client("autoscaling")


@pytest.fixture(scope="module")
def provider(engine, ecs, groups):
    """Cluster c whose one capacity provider is an empty group of t2.micro."""
    ecs.create_cluster(clusterName="c")
    user_data = base64.b64encode(b"#!/bin/sh\necho ECS_CLUSTER=c >> /etc/ecs/ecs.config\n").decode()
    ec2 = engine.client("ec2")
    ec2.create_launch_template(LaunchTemplateName="nodes", LaunchTemplateData={
        "ImageId": "ami-0ec5000000000000a", "InstanceType": "t2.micro", "UserData": user_data})
    groups.create_auto_scaling_group(AutoScalingGroupName="nodes", LaunchTemplate={"LaunchTemplateName": "nodes"}, MinSize=0, MaxSize=5,
                                     VPCZoneIdentifier=ec2.describe_subnets()["Subnets"][0]["SubnetId"], NewInstancesProtectedFromScaleIn=True)
    arn = groups.describe_auto_scaling_groups(AutoScalingGroupNames=["nodes"])["AutoScalingGroups"][0]["AutoScalingGroupARN"]
    made = ecs.create_capacity_provider(name="cp", autoScalingGroupProvider={
        "autoScalingGroupArn": arn, "managedScaling": {"status": "ENABLED", "targetCapacity": 100, "instanceWarmupPeriod": 60},
        "managedTerminationProtection": "ENABLED"})["capacityProvider"]
    assert made["status"] == "ACTIVE" and made["autoScalingGroupProvider"]["managedDraining"] == "ENABLED"
    cluster = ecs.put_cluster_capacity_providers(cluster="c", capacityProviders=["cp"], defaultCapacityProviderStrategy=[
        {"capacityProvider": "cp", "weight": 1}])["cluster"]
    assert cluster["attachmentsStatus"] == "UPDATE_COMPLETE"
    ecs.register_task_definition(family="web", containerDefinitions=[CONTAINER])
    return "cp"


def size(groups):
    group = groups.describe_auto_scaling_groups(AutoScalingGroupNames=["nodes"])["AutoScalingGroups"][0]
    return group["DesiredCapacity"]


def service(ecs):
    return ecs.describe_services(cluster="c", services=["web"])["services"][0]


def refused(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return caught.value.response["Error"]


def test_a_provider_is_tagged_as_other_resources_are(ecs, provider):
    arn = ecs.describe_capacity_providers(capacityProviders=[provider])["capacityProviders"][0]["capacityProviderArn"]
    ecs.tag_resource(resourceArn=arn, tags=[{"key": "team", "value": "web"}])
    assert ecs.list_tags_for_resource(resourceArn=arn)["tags"] == [{"key": "team", "value": "web"}]
    ecs.untag_resource(resourceArn=arn, tagKeys=["team"])
    assert ecs.list_tags_for_resource(resourceArn=arn)["tags"] == []


def test_ecs_puts_its_policy_hook_and_tag_on_the_group(groups, provider):
    policy = groups.describe_policies(AutoScalingGroupName="nodes")["ScalingPolicies"][0]
    assert policy["PolicyName"].startswith("ECSManagedAutoScalingPolicy-") and policy["EstimatedInstanceWarmup"] == 60
    metric = policy["TargetTrackingConfiguration"]["CustomizedMetricSpecification"]
    assert metric["Namespace"] == "AWS/ECS/ManagedScaling" and metric["MetricName"] == "CapacityProviderReservation"
    hooks = groups.describe_lifecycle_hooks(AutoScalingGroupName="nodes")["LifecycleHooks"]
    assert [h["LifecycleHookName"] for h in hooks] == ["ecs-managed-draining-termination-hook"]
    group = groups.describe_auto_scaling_groups(AutoScalingGroupNames=["nodes"])["AutoScalingGroups"][0]
    assert [t["Key"] for t in group["Tags"]] == ["AmazonECSManaged"]


def test_fargate_is_listed_and_takes_no_definition_that_needs_a_node(ecs, provider):
    names = [p["name"] for p in ecs.describe_capacity_providers()["capacityProviders"]]
    assert names == ["FARGATE", "FARGATE_SPOT", "cp"]
    ecs.create_cluster(clusterName="serverless", capacityProviders=["FARGATE"])
    error = refused(ecs.create_service, cluster="serverless", serviceName="s", taskDefinition="web", desiredCount=1,
                    capacityProviderStrategy=[{"capacityProvider": "FARGATE", "weight": 1}])
    assert error["Code"] == "InvalidParameterException" and "FARGATE" in error["Message"]


def test_tasks_wait_in_provisioning_until_nodes_come_and_the_nodes_go_when_they_are_empty(engine, ecs, groups, provider, wait_for):
    created = ecs.create_service(cluster="c", serviceName="web", taskDefinition="web", desiredCount=6)["service"]
    assert "launchType" not in created and created["capacityProviderStrategy"][0]["capacityProvider"] == "cp"
    seen = {}

    def six_seen():
        for task in ecs.describe_tasks(cluster="c", tasks=ecs.list_tasks(cluster="c", serviceName="web")["taskArns"])["tasks"]:
            seen.setdefault(task["taskArn"], (task["lastStatus"], task["capacityProviderName"]))
        return len(seen) == 6
    wait_for(six_seen, DEADLINE, "six tasks")
    assert ("PROVISIONING", "cp") in seen.values() and {provider for _, provider in seen.values()} == {"cp"}
    wait_for(lambda: service(ecs)["runningCount"] == 6, DEADLINE, "six running tasks")
    assert size(groups) == 2  # from nothing come two, and two are enough
    causes = [a["Cause"] for a in groups.describe_scaling_activities(AutoScalingGroupName="nodes")["Activities"]]
    assert any("changing the desired capacity from 0 to 2." in c and "ECSManagedAutoScalingPolicy-" in c for c in causes), causes
    nodes = ecs.describe_container_instances(cluster="c", containerInstances=ecs.list_container_instances(cluster="c")["containerInstanceArns"])
    assert {n["capacityProviderName"] for n in nodes["containerInstances"]} == {"cp"}
    assert refused(ecs.put_cluster_capacity_providers, cluster="c", capacityProviders=[],
                   defaultCapacityProviderStrategy=[])["Code"] == "ResourceInUseException"

    ecs.update_service(cluster="c", service="web", desiredCount=0)
    wait_for(lambda: size(groups) == 0, DEADLINE, "no node left")
    told = engine.aws("ecs", "describe-capacity-providers", "--capacity-providers", "cp")["capacityProviders"][0]
    assert told["autoScalingGroupProvider"]["managedScaling"]["targetCapacity"] == 100
    ecs.delete_service(cluster="c", service="web")
    wait_for(lambda: service(ecs)["status"] == "INACTIVE", DEADLINE, "the service's end")
    ecs.put_cluster_capacity_providers(cluster="c", capacityProviders=[], defaultCapacityProviderStrategy=[])
    assert groups.describe_policies(AutoScalingGroupName="nodes")["ScalingPolicies"] == []
    assert ecs.delete_capacity_provider(capacityProvider="cp")["capacityProvider"]["status"] == "INACTIVE"
