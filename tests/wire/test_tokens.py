"""A pagination token that the engine did not give is the service's error, and no empty page: in every service that pages."""
import pytest
from botocore.exceptions import ClientError

ENGINE = dict(runtime="fake", extra=("--balancer", "fake"))
REFUSALS = [
    ("ecs", "list_clusters", dict(nextToken="zz"), "InvalidParameterException"),
    ("ecs", "list_task_definitions", dict(nextToken="zz"), "InvalidParameterException"),
    ("ecs", "describe_capacity_providers", dict(nextToken="zz"), "InvalidParameterException"),
    ("autoscaling", "describe_auto_scaling_groups", dict(NextToken="zz"), "InvalidNextToken"),
    ("autoscaling", "describe_auto_scaling_groups", dict(MaxRecords=0), "ValidationError"),
    ("autoscaling", "describe_tags", dict(NextToken="zz"), "InvalidNextToken"),
    ("application-autoscaling", "describe_scaling_policies", dict(ServiceNamespace="ecs", NextToken="zz"), "InvalidNextTokenException"),
    ("application-autoscaling", "describe_scalable_targets", dict(ServiceNamespace="ecs", MaxResults=51), "ValidationException"),
    ("cloudwatch", "describe_alarms", dict(NextToken="zz"), "InvalidNextToken"),
    ("cloudwatch", "describe_alarm_history", dict(NextToken="zz"), "InvalidNextToken"),
    ("cloudwatch", "list_metrics", dict(NextToken="zz"), "InvalidParameterValue"),
    ("cloudwatch", "list_dashboards", dict(NextToken="zz"), "InvalidParameterValue"),
    ("elbv2", "describe_load_balancers", dict(Marker="zz"), "ValidationError"),
    ("elbv2", "describe_target_groups", dict(Marker="zz"), "ValidationError"),
    ("ecr", "describe_repositories", dict(nextToken="zz"), "InvalidParameterException"),
    ("logs", "describe_log_groups", dict(nextToken="zz"), "InvalidParameterException"),
    ("ec2", "describe_instances", dict(NextToken="zz"), "InvalidNextToken"),
    ("ec2", "describe_vpcs", dict(NextToken="zz"), "InvalidNextToken"),
    ("iam", "list_roles", dict(Marker="zz"), "InvalidInput"),
    ("ssm", "describe_parameters", dict(NextToken="zz"), "InvalidNextToken"),
    ("sns", "list_topics", dict(NextToken="zz"), "InvalidParameter"),
    ("acm", "list_certificates", dict(NextToken="zz"), "InvalidArgsException"),
    ("servicediscovery", "list_namespaces", dict(NextToken="zz"), "InvalidInput"),
    ("resourcegroupstaggingapi", "get_resources", dict(PaginationToken="zz"), "InvalidParameterException"),
]


@pytest.mark.parametrize("service, action, arguments, code", REFUSALS)
def test_a_token_or_a_size_that_is_none_is_the_services_error(engine, service, action, arguments, code):
    with pytest.raises(ClientError) as raised:
        getattr(engine.client(service), action)(**arguments)
    assert raised.value.response["Error"]["Code"] == code


def test_task_definitions_go_on_from_a_token_in_either_order(engine):
    ecs = engine.client("ecs")
    arns = [ecs.register_task_definition(family="pages", containerDefinitions=[dict(name="a", image="a", memory=8)])["taskDefinition"]["taskDefinitionArn"]
            for _ in range(3)]
    first = ecs.list_task_definitions(familyPrefix="pages", sort="DESC", maxResults=1)
    assert first["taskDefinitionArns"] == arns[2:]
    ecs.deregister_task_definition(taskDefinition=arns[2])  # no longer listed: the token still says where
    rest = ecs.list_task_definitions(familyPrefix="pages", sort="DESC", nextToken=first["nextToken"])
    assert rest["taskDefinitionArns"] == [arns[1], arns[0]]
