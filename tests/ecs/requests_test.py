"""What ECS refuses, and what it answers to a request that is asked again: through boto3, over a fake runtime and a fake balancer."""
import pytest

from harness.refusal import refused
from harness.waiting import wait_for

ENGINE = dict(runtime="fake", time_scale=100, extra=("--balancer", "fake"))
CONTAINER = {"name": "web", "image": "web:1", "cpu": 64, "memory": 64}
TAGS = [{"key": "team", "value": "x"}]


@pytest.fixture(scope="module")
def ecs(engine):
    return engine.client("ecs")


@pytest.fixture(scope="module")
def cluster(engine, ecs):
    """A cluster with one booted t2.micro node."""
    ecs.create_cluster(clusterName="c")
    engine.client("ec2").run_instances(ImageId="ami-0ec5000000000000a", InstanceType="t2.micro", MinCount=1, MaxCount=1,
                                       UserData="#!/bin/sh\necho ECS_CLUSTER=c >> /etc/ecs/ecs.config\n")
    wait_for(lambda: len(ecs.list_container_instances(cluster="c")["containerInstanceArns"]) == 1, 20, "a node")
    return "c"


@pytest.fixture(scope="module")
def definition(ecs):
    return ecs.register_task_definition(family="web", containerDefinitions=[CONTAINER],
                                        tags=[{"key": "of", "value": "definition"}])["taskDefinition"]["taskDefinitionArn"]


@pytest.mark.parametrize("kind", ["t2.micor", "x1.32xlarge"])  # no type of AWS's; one that this engine has not
def test_a_node_of_another_type_is_refused_with_those_that_there_are(engine, kind):
    ec2 = engine.client("ec2")
    for text in (refused("InvalidParameterValue", ec2.run_instances, ImageId="ami-0ec5000000000000a", InstanceType=kind, MinCount=1, MaxCount=1),
                 refused("InvalidParameterValue", ec2.create_launch_template, LaunchTemplateName="odd", LaunchTemplateData={"InstanceType": kind}),
                 refused("InvalidInstanceType", ec2.describe_instance_types, InstanceTypes=[kind])):
        assert kind in text and "This engine offers: " in text and "t2.micro" in text and len(text) < 1000


@pytest.mark.parametrize("size", [-1, 0, 101])
@pytest.mark.parametrize("call", ["list_clusters", "list_services", "list_tasks", "list_container_instances",
                                  "list_task_definition_families", "list_task_definitions", "describe_capacity_providers"])
def test_a_page_has_a_size_of_awss_range(ecs, cluster, definition, call, size):
    where = {"cluster": cluster} if call in ("list_services", "list_tasks", "list_container_instances") else {}
    assert "maxResults" in refused("InvalidParameterException", getattr(ecs, call), maxResults=size, **where)


@pytest.mark.parametrize("sort", ["ASC", "DESC"])
def test_a_loop_that_deregisters_each_page_gets_them_all(ecs, sort):
    for _ in range(12):
        ecs.register_task_definition(family="swept-" + sort, containerDefinitions=[CONTAINER])
    pages = ecs.get_paginator("list_task_definitions").paginate(familyPrefix="swept-" + sort, sort=sort, PaginationConfig={"PageSize": 5})
    swept = []
    for page in pages:
        swept += [ecs.deregister_task_definition(taskDefinition=arn)["taskDefinition"]["revision"] for arn in page["taskDefinitionArns"]]
    assert sorted(swept) == list(range(1, 13))


def test_run_task_asked_again_answers_the_tasks_it_started(ecs, cluster, definition):
    asked = dict(cluster=cluster, taskDefinition=definition, count=2, clientToken="again")
    first = ecs.run_task(**asked)
    assert len(first["tasks"]) == 2
    again = ecs.run_task(**asked)
    assert {t["taskArn"] for t in again["tasks"]} == {t["taskArn"] for t in first["tasks"]} and again["failures"] == []
    assert first["tasks"][0]["taskArn"] in refused("ConflictException", ecs.run_task, **{**asked, "count": 1})
    other = ecs.run_task(**{**asked, "clientToken": "other", "count": 1})["tasks"]
    assert other[0]["taskArn"] not in {t["taskArn"] for t in first["tasks"]}


def test_create_service_asked_again_answers_the_service(ecs, cluster, definition):
    asked = dict(cluster=cluster, serviceName="again", taskDefinition=definition, desiredCount=0, clientToken="token")
    first = ecs.create_service(**asked)["service"]
    assert ecs.create_service(**asked)["service"]["serviceArn"] == first["serviceArn"]
    ecs.update_service(cluster=cluster, service="again", enableECSManagedTags=True)
    assert ecs.create_service(**asked)["service"]["enableECSManagedTags"]  # as it is now
    assert "idempotent" in refused("InvalidParameterException", ecs.create_service, **{**asked, "clientToken": "other"})
    assert "idempotent" in refused("InvalidParameterException", ecs.create_service, **{**asked, "desiredCount": 1})


def test_the_switch_of_execute_command_is_kept_and_the_command_refused_by_name(ecs, cluster, definition):
    made = ecs.create_service(cluster=cluster, serviceName="shell", taskDefinition=definition, desiredCount=0, enableExecuteCommand=True)
    assert made["service"]["enableExecuteCommand"]
    assert not ecs.update_service(cluster=cluster, service="shell", enableExecuteCommand=False)["service"]["enableExecuteCommand"]
    with pytest.raises(ecs.exceptions.ClientError, match="ExecuteCommand"):
        ecs.execute_command(cluster=cluster, task="0" * 32, command="sh", interactive=True)


def test_deployment_alarms_that_are_off_are_kept(ecs, cluster, definition):
    off = {"alarmNames": ["x"], "enable": False, "rollback": True}
    ecs.create_service(cluster=cluster, serviceName="alarms", taskDefinition=definition, desiredCount=0)
    ecs.update_service(cluster=cluster, service="alarms", deploymentConfiguration={"alarms": off})
    shown = ecs.describe_services(cluster=cluster, services=["alarms"])["services"][0]["deploymentConfiguration"]
    assert shown["alarms"] == off and shown["maximumPercent"] == 200
    refused("UnsupportedFeatureException", ecs.update_service, cluster=cluster, service="alarms",
            deploymentConfiguration={"alarms": {**off, "enable": True}})


def test_an_inactive_service_is_not_active_but_known(ecs, cluster, definition):
    ecs.create_service(cluster=cluster, serviceName="gone", taskDefinition=definition, desiredCount=0)
    ecs.delete_service(cluster=cluster, service="gone")
    wait_for(lambda: ecs.describe_services(cluster=cluster, services=["gone"])["services"][0]["status"] == "INACTIVE", 20, "its end")
    assert refused("ServiceNotActiveException", ecs.update_service, cluster=cluster, service="gone", desiredCount=1) == "Service was not ACTIVE."
    refused("ServiceNotFoundException", ecs.update_service, cluster=cluster, service="never", desiredCount=1)
    refused("ServiceNotFoundException", ecs.delete_service, cluster=cluster, service="gone")


def test_a_daemon_has_neither_a_count_nor_a_placement_strategy(ecs, cluster, definition):
    asked = dict(cluster=cluster, serviceName="daemon", taskDefinition=definition, schedulingStrategy="DAEMON")
    assert "desired count" in refused("InvalidParameterException", ecs.create_service, desiredCount=2, **asked)
    spread = [{"type": "spread", "field": "instanceId"}]
    assert "placement strategies" in refused("InvalidParameterException", ecs.create_service, placementStrategy=spread, **asked)
    ecs.create_service(**asked)
    refused("InvalidParameterException", ecs.update_service, cluster=cluster, service="daemon", placementStrategy=spread)
    ecs.delete_service(cluster=cluster, service="daemon", force=True)


def tags_of(ecs, cluster, arn):
    shown = ecs.describe_tasks(cluster=cluster, tasks=[arn], include=["TAGS"])["tasks"][0]["tags"]
    return {tag["key"]: tag["value"] for tag in shown}


@pytest.mark.parametrize("propagate, tags", [("SERVICE", {"of": "service"}), ("TASK_DEFINITION", {"of": "definition"}), ("NONE", {})])
def test_a_services_tasks_have_the_tags_it_asks_for(ecs, cluster, definition, propagate, tags):
    name = "tagged-" + propagate
    ecs.create_service(cluster=cluster, serviceName=name, taskDefinition=definition, desiredCount=1, propagateTags=propagate,
                       enableECSManagedTags=True, tags=[{"key": "of", "value": "service"}])
    arn = wait_for(lambda: ecs.list_tasks(cluster=cluster, serviceName=name)["taskArns"], 20, "its task")[0]
    assert tags_of(ecs, cluster, arn) == {**tags, "aws:ecs:serviceName": name, "aws:ecs:clusterName": cluster}
    ecs.delete_service(cluster=cluster, service=name, force=True)


def test_a_task_run_by_hand_has_its_own_tags_before_its_definitions(ecs, cluster, definition):
    asked = dict(cluster=cluster, taskDefinition=definition, propagateTags="TASK_DEFINITION")
    arn = ecs.run_task(**asked, tags=TAGS, enableECSManagedTags=True)["tasks"][0]["taskArn"]
    assert tags_of(ecs, cluster, arn) == {"team": "x", "of": "definition", "aws:ecs:clusterName": cluster}
    arn = ecs.run_task(**asked, tags=[{"key": "of", "value": "me"}])["tasks"][0]["taskArn"]
    assert tags_of(ecs, cluster, arn) == {"of": "me"}
    refused("InvalidParameterException", ecs.run_task, cluster=cluster, taskDefinition=definition, propagateTags="SERVICE")


@pytest.mark.parametrize("tags, part", [
    (TAGS + TAGS, "team"),
    ([{"key": "aws:mine", "value": "x"}], "aws:"),
    ([{"key": "AWS:mine", "value": "x"}], "aws:"),
])
def test_tag_keys_are_unique_and_not_awss(ecs, cluster, definition, tags, part):
    arn = ecs.describe_clusters(clusters=[cluster])["clusters"][0]["clusterArn"]
    assert part in refused("InvalidParameterException", ecs.tag_resource, resourceArn=arn, tags=tags)
    assert part in refused("InvalidParameterException", ecs.create_cluster, clusterName="tagged", tags=tags)
    assert part in refused("InvalidParameterException", ecs.register_task_definition, family="x", containerDefinitions=[CONTAINER], tags=tags)
    assert part in refused("InvalidParameterException", ecs.run_task, cluster=cluster, taskDefinition=definition, tags=tags)
    assert part in refused("InvalidParameterException", ecs.create_service, cluster=cluster, serviceName="x", taskDefinition=definition,
                           desiredCount=0, tags=tags)


def test_a_resource_has_at_most_50_tags_and_awss_do_not_count(ecs, cluster, definition):
    arn = ecs.run_task(cluster=cluster, taskDefinition=definition, enableECSManagedTags=True)["tasks"][0]["taskArn"]
    ecs.tag_resource(resourceArn=arn, tags=[{"key": str(n), "value": ""} for n in range(50)])
    ecs.tag_resource(resourceArn=arn, tags=[{"key": "0", "value": "changed"}])
    assert "50" in refused("InvalidParameterException", ecs.tag_resource, resourceArn=arn, tags=TAGS)
    assert "aws:" in refused("InvalidParameterException", ecs.untag_resource, resourceArn=arn, tagKeys=["aws:ecs:clusterName"])


@pytest.mark.parametrize("part, other", [("us-east-1", "eu-west-1"), ("123456789012", "210987654321")])
def test_an_arn_of_elsewhere_is_not_the_local_resource(ecs, cluster, part, other):
    arn = ecs.describe_clusters(clusters=[cluster])["clusters"][0]["clusterArn"]
    assert part in arn
    refused("InvalidParameterException", ecs.tag_resource, resourceArn=arn.replace(part, other), tags=TAGS)
    assert ecs.list_tags_for_resource(resourceArn=arn)["tags"] == []


@pytest.mark.parametrize("change, part", [
    ({"healthCheck": {"interval": 4}}, "interval"),
    ({"healthCheck": {"interval": 301}}, "interval"),
    ({"healthCheck": {"timeout": 1}}, "timeout"),
    ({"healthCheck": {"timeout": 61}}, "timeout"),
    ({"healthCheck": {"retries": 0}}, "retries"),
    ({"healthCheck": {"retries": 11}}, "retries"),
    ({"healthCheck": {"startPeriod": -1}}, "startPeriod"),
    ({"healthCheck": {"startPeriod": 301}}, "startPeriod"),
    ({"stopTimeout": -1}, "stopTimeout"),
    ({"environment": [{"name": "", "value": "x"}]}, "environment"),
    ({"environment": [{"value": "x"}]}, "environment"),
])
def test_a_container_definition_keeps_awss_ranges(ecs, change, part):
    if "healthCheck" in change:
        change = {"healthCheck": {"command": ["CMD", "true"], **change["healthCheck"]}}
    assert part in refused("ClientException", ecs.register_task_definition, family="ranges", containerDefinitions=[{**CONTAINER, **change}])


def test_a_definition_for_fargate_stops_within_two_minutes(ecs):
    asked = dict(family="fargate", requiresCompatibilities=["FARGATE"], networkMode="awsvpc", cpu="256", memory="512")
    assert "stopTimeout" in refused("ClientException", ecs.register_task_definition, **asked, containerDefinitions=[{**CONTAINER, "stopTimeout": 121}])
    ecs.register_task_definition(**asked, containerDefinitions=[{**CONTAINER, "stopTimeout": 120}])


def test_a_constraint_that_does_not_parse_is_refused_when_it_is_registered(ecs):
    refused("ClientException", ecs.register_task_definition, family="constrained", containerDefinitions=[CONTAINER],
            placementConstraints=[{"type": "memberOf", "expression": "attribute:x =="}])


def test_a_percent_below_zero_is_named(ecs, cluster, definition):
    asked = dict(cluster=cluster, serviceName="percent", taskDefinition=definition, desiredCount=0)
    for name in ("minimumHealthyPercent", "maximumPercent"):
        text = refused("InvalidParameterException", ecs.create_service, **asked, deploymentConfiguration={name: -1})
        assert text == f"{name} must not be negative."
