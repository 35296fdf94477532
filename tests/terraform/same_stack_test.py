"""`scaleout up` and the http-api stack make the same system: what AWS's describe calls show of both is compared, ids and names aside.

DIFFERENCES is the whole list of what is not the same, each with its reason. A difference that is not in it fails, and so does one that is gone.
"""
import fnmatch
import re

from terraform import Terraform

ENGINE = dict(time_scale=20)
CLUSTER, SERVICE, IMAGE = "container-cluster", "http-api", "http-api:1"
# Where both have a choice, Terraform is told up's.
VARIABLES = dict(image=IMAGE, instance_type="t2.micro", nodes_max=5, tasks_desired=1, tasks_max=20, task_cpu=256, task_memory=128,
                 environment={"APP_VERSION": "1"}, scale_out_cooldown=300, scale_in_cooldown=300, detailed_monitoring=False,
                 health_check={"path": "/health"}, monitoring=False)

DIFFERENCES = {
    "cluster.capacityProviders*": "up's nodes are not drained by ECS before they go, for which the module's group has a capacity provider",
    "launch template.CreditSpecification.CpuCredits": "up leaves AWS's default, which for T2 is standard: its nodes' CPU is not real",
    "*.tags*": "up tags nothing",
    "*.Tags*": "up tags nothing",
    "launch template.TagSpecifications*": "up tags nothing",
    "service.propagateTags": "up tags nothing",
    "service.enableECSManagedTags": "up tags nothing",
    "launch template.MetadataOptions*": "up's tasks have no roles whose credentials IMDSv2 would guard",
    "launch template.Monitoring.Enabled": "up leaves AWS's default, which is the same",
    "launch template.UserData": "the module also has nodes drain before a Spot instance goes",
    "launch template.SecurityGroupIds.0": "up leaves everything in the VPC's default group; the modules open only what is needed",
    "load balancer.SecurityGroups.0": "up leaves everything in the VPC's default group; the modules open only what is needed",
    "load balancer attributes.routing.http.drop_invalid_header_fields.enabled.Value": "the module is stricter than AWS's default",
    "listeners.0.DefaultActions.0.Order": "the provider numbers actions",
    "node group.HealthCheckGracePeriod": "the provider's default is 300 s, AWS's is none",
    "node group.LaunchTemplate.Version": "up names $Latest, the module the version it made: a new one is a difference in the plan",
    "service.availabilityZoneRebalancing": "the provider's default is DISABLED, AWS's is ENABLED",
    "service.deploymentConfiguration.deploymentCircuitBreaker.*": "up rolls on for as long as the user looks at it",
    "service.healthCheckGracePeriodSeconds": "the module gives tasks 30 s, for containers that need a moment",
    "service.placementStrategy.*": "up packs tasks, to show nodes scaling; the module spreads them over zones and nodes, to lose few of them together",
    "task definition.containerDefinitions.http-api.logConfiguration.options.awslogs-group": "a name",
    "task definition.containerDefinitions.http-api.secrets": "the module's container says that it has none",
    "task definition.containerDefinitions.http-api.stopTimeout": "up stops tasks after 10 s, the module after AWS's default of 30",
    "task definition.requiresCompatibilities.0": "the module has AWS check the definition for EC2",
}

# Ids and names, times, and what changes while the stack runs.
FREE = re.compile(r"(At|Time|Date|Timestamp|Id|Arn|ARN|Name|Names|Label)$|^(id|VPCZoneIdentifier|Dimensions|createdBy|roleArn|events|taskSets|runningCount|pendingCount|Instances|DNSName|LoadBalancerArns|"
                  r"registeredContainerInstancesCount|runningTasksCount|pendingTasksCount|rolloutState|rolloutStateReason|failedTasks|StateValue|"
                  r"StateReason|StateReasonData|Alarms|AlarmActions|Description|AlarmDescription|CanonicalHostedZoneId)$")


def flat(value, path):
    """(path, leaf) of everything that is not free."""
    if isinstance(value, dict):
        for key, one in value.items():
            if not FREE.search(key):
                yield from flat(one, f"{path}.{key}")
    elif isinstance(value, list):
        named = all(isinstance(one, dict) and {"Key", "key", "name"} & one.keys() for one in value) and value
        if all(isinstance(one, str) for one in value):
            value = sorted(value)
        for index, one in enumerate(value):
            key = next((one[k] for k in ("Key", "key", "name") if k in one), index) if named else index
            yield from flat(one, f"{path}.{key}")
        if not value:
            yield path, "[]"
    else:
        yield path, value


def seen(engine):
    """What is described of the stack."""
    ecs, elb, ec2 = engine.client("ecs"), engine.client("elbv2"), engine.client("ec2")
    scaling, services = engine.client("autoscaling"), engine.client("application-autoscaling")
    service = ecs.describe_services(cluster=CLUSTER, services=[SERVICE], include=["TAGS"])["services"][0]
    balancer = elb.describe_load_balancers()["LoadBalancers"][0]
    target = elb.describe_target_groups()["TargetGroups"][0]
    group = scaling.describe_auto_scaling_groups()["AutoScalingGroups"][0]
    template = ec2.describe_launch_templates()["LaunchTemplates"][0]["LaunchTemplateId"]
    found = {
        "cluster": ecs.describe_clusters(clusters=[CLUSTER], include=["SETTINGS", "CONFIGURATIONS", "TAGS"])["clusters"][0],
        "service": service,
        "task definition": ecs.describe_task_definition(taskDefinition=service["taskDefinition"])["taskDefinition"],
        "load balancer": balancer,
        "load balancer attributes": elb.describe_load_balancer_attributes(LoadBalancerArn=balancer["LoadBalancerArn"])["Attributes"],
        "listeners": elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"],
        "target group": target,
        "target group attributes": elb.describe_target_group_attributes(TargetGroupArn=target["TargetGroupArn"])["Attributes"],
        "node group": group,
        "launch template": ec2.describe_launch_template_versions(LaunchTemplateId=template, Versions=["$Latest"])["LaunchTemplateVersions"][0]["LaunchTemplateData"],
        "node scaling": scaling.describe_policies()["ScalingPolicies"],
        "scalable targets": services.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"],
        "task scaling": services.describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"],
        "alarms": sorted(engine.client("cloudwatch").describe_alarms()["MetricAlarms"], key=lambda a: (a["Namespace"], a["ComparisonOperator"])),
    }
    return {path: leaf for name, one in found.items() for path, leaf in flat(one, name)}


def test_both_make_the_same_but_for_what_is_listed(new_engine, tmp_path):
    up, applied = new_engine(**ENGINE).start(), new_engine(**ENGINE).start()
    up.scaleout("up", "--image", IMAGE, "--no-wait")
    Terraform(applied, tmp_path, variables=VARIABLES).apply()
    one, other = seen(up), seen(applied)
    differ = {path: (one.get(path), other.get(path)) for path in one.keys() | other.keys() if one.get(path) != other.get(path)}
    unlisted = {path: values for path, values in differ.items() if not any(fnmatch.fnmatchcase(path, listed) for listed in DIFFERENCES)}
    assert not unlisted, "\n".join(f"{path}: up {a!r}, terraform {b!r}" for path, (a, b) in sorted(unlisted.items()))
    gone = [listed for listed in DIFFERENCES if not any(fnmatch.fnmatchcase(path, listed) for path in differ)]
    assert not gone, f"no difference any more: {gone}"
