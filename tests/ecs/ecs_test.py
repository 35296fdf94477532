"""ECS through boto3: every action served, in AWS's shapes and with AWS's errors. Nothing runs here: fake runtime, fake balancer."""
import pytest
from botocore.exceptions import ClientError

from harness.refusal import refused
from harness.waiting import wait_for

ENGINE = dict(runtime="fake", time_scale=100, extra=("--balancer", "fake"))
CONTAINER = {"name": "web", "image": "web:1", "cpu": 256, "memory": 128, "portMappings": [{"containerPort": 8080}]}


@pytest.fixture(scope="module")
def ecs(engine):
    return engine.client("ecs")


@pytest.fixture(scope="module")
def cluster(engine, ecs):
    """A cluster with two booted t2.micro nodes."""
    ecs.create_cluster(clusterName="c")
    ec2, groups = engine.client("ec2"), engine.client("autoscaling")
    ec2.create_launch_template(LaunchTemplateName="nodes", LaunchTemplateData={
        "ImageId": "ami-0ec5000000000000a", "InstanceType": "t2.micro",
        "UserData": "IyEvYmluL3NoCmVjaG8gRUNTX0NMVVNURVI9YyA+PiAvZXRjL2Vjcy9lY3MuY29uZmln"})  # ECS_CLUSTER=c
    subnets = [s["SubnetId"] for s in ec2.describe_subnets()["Subnets"]]
    groups.create_auto_scaling_group(AutoScalingGroupName="g", LaunchTemplate={"LaunchTemplateName": "nodes"}, MinSize=2, MaxSize=4,
                                     DesiredCapacity=2, VPCZoneIdentifier=",".join(subnets))
    wait_for(lambda: len(ecs.list_container_instances(cluster="c")["containerInstanceArns"]) == 2, 20, "two nodes")
    return "c"


@pytest.fixture(scope="module")
def definition(ecs):
    return ecs.register_task_definition(family="web", containerDefinitions=[CONTAINER])["taskDefinition"]["taskDefinitionArn"]


def test_creating_a_cluster_again_answers_the_same_one(ecs):
    first = ecs.create_cluster(clusterName="twice", tags=[{"key": "a", "value": "b"}])["cluster"]
    assert ecs.create_cluster(clusterName="twice")["cluster"] == first
    assert first["status"] == "ACTIVE" and first["clusterArn"].endswith(":cluster/twice")


def test_an_unknown_cluster_is_missing_in_a_description_and_an_error_elsewhere(ecs):
    assert ecs.describe_clusters(clusters=["none"])["failures"][0]["reason"] == "MISSING"
    refused("ClusterNotFoundException", ecs.list_services, cluster="none")
    refused("ClusterNotFoundException", ecs.delete_cluster, cluster="none")


def test_a_cluster_in_use_is_not_deleted(ecs, cluster):
    refused("ClusterContainsContainerInstancesException", ecs.delete_cluster, cluster=cluster)


@pytest.mark.parametrize("change, part", [
    ({"name": None}, "name"),
    ({"image": None}, "image"),
    ({"memory": None}, "memory"),
    ({"memory": 128, "memoryReservation": 256}, "memoryReservation"),
    ({"memory": 2}, "4 MiB"),
    ({"essential": False}, "essential"),
    ({"dependsOn": [{"containerName": "nobody", "condition": "START"}]}, "nobody"),
    ({"logConfiguration": {"logDriver": "awslogs"}}, "awslogs-group"),
    ({"portMappings": [{"containerPort": 99999}]}, "port"),
])
def test_a_broken_container_definition_is_refused_by_name(ecs, change, part):
    container = {k: v for k, v in {**CONTAINER, **change}.items() if v is not None}
    assert part in refused("ClientException", ecs.register_task_definition, family="broken", containerDefinitions=[container])


def test_revisions_count_up_and_are_never_given_twice(ecs):
    arns = [ecs.register_task_definition(family="rev", containerDefinitions=[CONTAINER])["taskDefinition"]["taskDefinitionArn"] for _ in range(3)]
    assert [a.rsplit(":", 1)[1] for a in arns] == ["1", "2", "3"]
    ecs.deregister_task_definition(taskDefinition=arns[2])
    assert ecs.describe_task_definition(taskDefinition="rev")["taskDefinition"]["revision"] == 2
    deleted = ecs.delete_task_definitions(taskDefinitions=arns[1:])
    assert [d["status"] for d in deleted["taskDefinitions"]] == ["DELETE_IN_PROGRESS"]
    assert deleted["failures"][0]["arn"] == arns[1]
    again = ecs.register_task_definition(family="rev", containerDefinitions=[CONTAINER])["taskDefinition"]
    assert again["revision"] == 4
    assert ecs.list_task_definitions(familyPrefix="rev", sort="DESC")["taskDefinitionArns"][0] == again["taskDefinitionArn"]
    assert "rev" in ecs.list_task_definition_families(familyPrefix="re")["families"]


def test_lists_page_by_token_until_the_end(ecs):
    for _ in range(7):
        ecs.register_task_definition(family="paged", containerDefinitions=[CONTAINER])
    pages = list(ecs.get_paginator("list_task_definitions").paginate(familyPrefix="paged", PaginationConfig={"PageSize": 3}))
    assert [len(p["taskDefinitionArns"]) for p in pages] == [3, 3, 1]


def test_what_was_given_is_echoed_with_awss_defaults(ecs, definition):
    container = ecs.describe_task_definition(taskDefinition=definition)["taskDefinition"]["containerDefinitions"][0]
    assert container["portMappings"] == [{"containerPort": 8080, "hostPort": 0, "protocol": "tcp"}]
    assert (container["essential"], container["environment"], container["mountPoints"]) == (True, [], [])


@pytest.mark.parametrize("change, code", [
    ({"cluster": "none"}, "ClusterNotFoundException"),
    ({"taskDefinition": "none"}, "ClientException"),
    ({"desiredCount": -1}, "InvalidParameterException"),
    ({"serviceName": "no spaces"}, "InvalidParameterException"),
    ({"launchType": "FARGATE"}, "InvalidParameterException"),
    ({"launchType": "EXTERNAL"}, "UnsupportedFeatureException"),
    ({"deploymentConfiguration": {"maximumPercent": 100, "minimumHealthyPercent": 100}}, "InvalidParameterException"),
    ({"placementStrategy": [{"type": "binpack", "field": "colour"}]}, "InvalidParameterException"),
    ({"placementConstraints": [{"type": "memberOf", "expression": "attribute:x =="}]}, "InvalidParameterException"),
    ({"loadBalancers": [{"targetGroupArn": "arn:aws:elasticloadbalancing:us-east-1:1:targetgroup/x/1", "containerName": "web",
                         "containerPort": 8080}]}, "InvalidParameterException"),
    ({"launchType": "NOWHERE"}, "InvalidParameterException"),
])
def test_a_broken_service_is_refused(ecs, cluster, definition, change, code):
    refused(code, ecs.create_service, **{"cluster": cluster, "serviceName": "broken", "taskDefinition": definition, "desiredCount": 1, **change})


def test_a_services_life(ecs, cluster, definition):
    made = ecs.create_service(cluster=cluster, serviceName="life", taskDefinition=definition, desiredCount=2)["service"]
    assert (made["deployments"][0]["desiredCount"], made["runningCount"], made["deployments"][0]["rolloutState"]) == (0, 0, "IN_PROGRESS")
    refused("InvalidParameterException", ecs.create_service, cluster=cluster, serviceName="life", taskDefinition=definition, desiredCount=2)

    def describe():
        return ecs.describe_services(cluster=cluster, services=["life"], include=["TAGS"])["services"][0]
    wait_for(lambda: describe()["runningCount"] == 2, 20, "two tasks")
    wait_for(lambda: describe()["deployments"][0]["rolloutState"] == "COMPLETED", 20, "the deployment")
    ecs.tag_resource(resourceArn=made["serviceArn"], tags=[{"key": "team", "value": "x"}])
    assert describe()["tags"] == [{"key": "team", "value": "x"}]
    ecs.untag_resource(resourceArn=made["serviceArn"], tagKeys=["team"])
    assert ecs.list_tags_for_resource(resourceArn=made["serviceArn"])["tags"] == []

    refused("InvalidParameterException", ecs.delete_service, cluster=cluster, service="life")
    ecs.update_service(cluster=cluster, service="life", desiredCount=0)
    wait_for(lambda: describe()["runningCount"] == 0, 20, "no task")
    ecs.delete_service(cluster=cluster, service="life")
    wait_for(lambda: describe()["status"] == "INACTIVE", 20, "its end")
    refused("ServiceNotActiveException", ecs.update_service, cluster=cluster, service="life", desiredCount=1)
    assert made["serviceArn"] not in ecs.list_services(cluster=cluster)["serviceArns"]


def test_a_daemon_has_one_task_on_each_node(ecs, cluster, definition):
    ecs.create_service(cluster=cluster, serviceName="daemon", taskDefinition=definition, schedulingStrategy="DAEMON")
    wait_for(lambda: ecs.describe_services(cluster=cluster, services=["daemon"])["services"][0]["runningCount"] == 2, 20, "two daemons")
    tasks = ecs.describe_tasks(cluster=cluster, tasks=ecs.list_tasks(cluster=cluster, serviceName="daemon")["taskArns"])["tasks"]
    assert len({t["containerInstanceArn"] for t in tasks}) == 2
    ecs.delete_service(cluster=cluster, service="daemon", force=True)


def test_run_task_places_or_says_why_not(ecs, cluster, definition):
    started = ecs.run_task(cluster=cluster, taskDefinition=definition, count=2, startedBy="me", tags=[{"key": "k", "value": "v"}])
    arns = [t["taskArn"] for t in started["tasks"]]
    assert started["failures"] == [] and len(arns) == 2
    wait_for(lambda: {t["lastStatus"] for t in ecs.describe_tasks(cluster=cluster, tasks=arns)["tasks"]} == {"RUNNING"}, 20, "both to run")
    assert sorted(ecs.list_tasks(cluster=cluster, startedBy="me")["taskArns"]) == sorted(arns)
    big = ecs.register_task_definition(family="big", containerDefinitions=[{**CONTAINER, "cpu": 4096}])["taskDefinition"]["taskDefinitionArn"]
    assert ecs.run_task(cluster=cluster, taskDefinition=big)["failures"][0]["reason"] == "RESOURCE:CPU"
    assert ecs.stop_task(cluster=cluster, task=arns[0])["task"]["desiredStatus"] == "STOPPED"
    ecs.stop_task(cluster=cluster, task=arns[1], reason="enough")
    wait_for(lambda: {t["lastStatus"] for t in ecs.describe_tasks(cluster=cluster, tasks=arns)["tasks"]} == {"STOPPED"}, 20, "both to stop")
    reasons = {t["stoppedReason"] for t in ecs.describe_tasks(cluster=cluster, tasks=arns)["tasks"]}
    assert reasons == {"Task stopped by user", "enough"}
    refused("InvalidParameterException", ecs.stop_task, cluster=cluster, task="0" * 32)


def test_nodes_show_what_is_left_of_them(ecs, cluster):
    arns = ecs.list_container_instances(cluster=cluster, filter="attribute:ecs.instance-type == t2.micro")["containerInstanceArns"]
    assert len(arns) == 2
    node = ecs.describe_container_instances(cluster=cluster, containerInstances=arns)["containerInstances"][0]
    registered = {r["name"]: r.get("integerValue") for r in node["registeredResources"]}
    assert (registered["CPU"], registered["MEMORY"]) == (1024, 983)
    assert ecs.list_container_instances(cluster=cluster, filter="attribute:ecs.instance-type == m5.large")["containerInstanceArns"] == []
    refused("InvalidParameterException", ecs.list_container_instances, cluster=cluster, filter="attribute:(")
    refused("InvalidParameterException", ecs.update_container_instances_state, cluster=cluster, containerInstances=arns, status="GONE")


def test_protection_is_for_tasks_of_services(ecs, cluster, definition):
    ecs.create_service(cluster=cluster, serviceName="kept", taskDefinition=definition, desiredCount=1)
    arn = wait_for(lambda: ecs.list_tasks(cluster=cluster, serviceName="kept")["taskArns"], 20, "its task")[0]
    shown = ecs.update_task_protection(cluster=cluster, tasks=[arn], protectionEnabled=True, expiresInMinutes=5)["protectedTasks"][0]
    assert shown["protectionEnabled"] and shown["taskArn"] == arn
    assert ecs.get_task_protection(cluster=cluster, tasks=[arn])["protectedTasks"][0]["protectionEnabled"]
    ecs.delete_service(cluster=cluster, service="kept", force=True)


def test_an_action_that_is_not_served_says_so(ecs):
    with pytest.raises(ClientError) as raised:
        ecs.list_account_settings()
    assert "ListAccountSettings" in str(raised.value)
