"""A node group through the AWS APIs: it boots, joins its cluster, replaces what it loses, and goes."""
import base64

import botocore.exceptions
import pytest

ENGINE = dict(runtime="fake", time_scale=100, extra=["--balancer", "fake"])
DEADLINE = 30


@pytest.fixture(scope="module")
def clients(engine):
    return {name: engine.client(name) for name in ("ec2", "autoscaling", "ecs", "ecr")}


def refused(call, **arguments):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call(**arguments)
    return caught.value.response["Error"]["Code"]


def group(clients, name="nodes"):
    found = clients["autoscaling"].describe_auto_scaling_groups(AutoScalingGroupNames=[name])["AutoScalingGroups"]
    return found[0] if found else None


def in_service(clients, name="nodes"):
    return sorted(i["InstanceId"] for i in group(clients, name)["Instances"] if i["LifecycleState"] == "InService")


def joined(clients, cluster):
    ecs = clients["ecs"]
    arns = ecs.list_container_instances(cluster=cluster)["containerInstanceArns"]
    if not arns:
        return []
    return sorted(i["ec2InstanceId"] for i in ecs.describe_container_instances(cluster=cluster, containerInstances=arns)["containerInstances"]
                  if i["status"] == "ACTIVE")


def test_a_group_boots_joins_replaces_and_goes(clients, wait_for):
    ec2, autoscaling, ecs = clients["ec2"], clients["autoscaling"], clients["ecs"]
    ecs.create_cluster(clusterName="web")
    image = ec2.describe_images(Owners=["amazon"], Filters=[{"Name": "name", "Values": ["amzn2-ami-ecs-hvm-*"]}])["Images"][0]
    user_data = base64.b64encode(b"#!/bin/bash\necho ECS_CLUSTER=web >> /etc/ecs/ecs.config\n").decode()
    template = ec2.create_launch_template(LaunchTemplateName="nodes", LaunchTemplateData={
        "ImageId": image["ImageId"], "InstanceType": "t2.micro", "UserData": user_data,
        "TagSpecifications": [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "node"}]}]})["LaunchTemplate"]
    subnets = [s["SubnetId"] for s in ec2.describe_subnets()["Subnets"]]
    autoscaling.create_auto_scaling_group(
        AutoScalingGroupName="nodes", MinSize=1, MaxSize=4, DesiredCapacity=3, VPCZoneIdentifier=",".join(subnets),
        LaunchTemplate={"LaunchTemplateId": template["LaunchTemplateId"], "Version": "$Latest"},
        Tags=[{"Key": "team", "Value": "web", "PropagateAtLaunch": True}])

    wait_for(lambda: len(in_service(clients)) == 3, DEADLINE, "three instances in service")
    wait_for(lambda: joined(clients, "web") == in_service(clients), DEADLINE, "all joined the cluster")
    reservations = ec2.describe_instances(Filters=[{"Name": "tag:team", "Values": ["web"]}, {"Name": "instance-state-name", "Values": ["running"]}])
    shown = [i for r in reservations["Reservations"] for i in r["Instances"]]
    assert {i["Placement"]["AvailabilityZone"] for i in shown} == {"us-east-1a", "us-east-1b", "us-east-1c"}
    assert len({i["PrivateIpAddress"] for i in shown}) == 3
    assert {"Key": "Name", "Value": "node"} in shown[0]["Tags"]
    assert {"Key": "aws:autoscaling:groupName", "Value": "nodes"} in shown[0]["Tags"]

    first = in_service(clients)[0]
    activity = autoscaling.terminate_instance_in_auto_scaling_group(InstanceId=first, ShouldDecrementDesiredCapacity=False)["Activity"]
    assert activity["Description"] == f"Terminating EC2 instance: {first}"
    wait_for(lambda: first not in in_service(clients) and len(in_service(clients)) == 3, DEADLINE, "the instance replaced")

    second = in_service(clients)[0]
    ec2.terminate_instances(InstanceIds=[second])
    wait_for(lambda: second not in in_service(clients) and len(in_service(clients)) == 3, DEADLINE, "the lost instance replaced")
    wait_for(lambda: joined(clients, "web") == in_service(clients), DEADLINE, "the cluster has the new ones")
    causes = " ".join(a["Cause"] for a in autoscaling.describe_scaling_activities(AutoScalingGroupName="nodes")["Activities"])
    assert "a user request created an AutoScalingGroup changing the desired capacity from 0 to 3." in causes
    assert "in response to a user request." in causes

    assert refused(autoscaling.set_desired_capacity, AutoScalingGroupName="nodes", DesiredCapacity=9) == "ValidationError"
    autoscaling.set_desired_capacity(AutoScalingGroupName="nodes", DesiredCapacity=1)
    wait_for(lambda: len(in_service(clients)) == 1, DEADLINE, "scaled in")

    assert refused(autoscaling.delete_auto_scaling_group, AutoScalingGroupName="nodes") == "ResourceInUse"
    autoscaling.delete_auto_scaling_group(AutoScalingGroupName="nodes", ForceDelete=True)
    wait_for(lambda: group(clients) is None, DEADLINE, "the group gone")
    wait_for(lambda: not joined(clients, "web"), DEADLINE, "the cluster empty")
    ec2.delete_launch_template(LaunchTemplateName="nodes")


def test_an_instance_of_its_own_runs_and_ends(clients, wait_for):
    ec2 = clients["ec2"]
    made = ec2.run_instances(ImageId="ami-0a1ec5202610aa202", InstanceType="t3.small", MinCount=2, MaxCount=2)
    ids = [i["InstanceId"] for i in made["Instances"]]

    def states():
        found = ec2.describe_instances(InstanceIds=ids)["Reservations"]
        return {i["State"]["Name"] for r in found for i in r["Instances"]}
    wait_for(lambda: states() == {"running"}, DEADLINE, "running")
    ec2.create_tags(Resources=ids, Tags=[{"Key": "k", "Value": "v"}])
    assert {t["ResourceId"] for t in ec2.describe_tags(Filters=[{"Name": "key", "Values": ["k"]}])["Tags"]} == set(ids)
    changes = ec2.terminate_instances(InstanceIds=ids)["TerminatingInstances"]
    assert {c["PreviousState"]["Name"] for c in changes} == {"running"}
    wait_for(lambda: states() == {"terminated"}, DEADLINE, "terminated")


def test_what_describes_the_account(clients):
    ec2 = clients["ec2"]
    vpc = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"][0]
    assert vpc["CidrBlock"] == "172.31.0.0/16"
    assert ec2.describe_vpc_attribute(VpcId=vpc["VpcId"], Attribute="enableDnsSupport")["EnableDnsSupport"] == {"Value": True}
    assert len(ec2.describe_availability_zones()["AvailabilityZones"]) == 3
    assert ec2.describe_instance_types(InstanceTypes=["t2.micro"])["InstanceTypes"][0]["MemoryInfo"] == {"SizeInMiB": 1024}
    assert ec2.describe_account_attributes(AttributeNames=["default-vpc"])["AccountAttributes"][0]["AttributeValues"] == [{"AttributeValue": vpc["VpcId"]}]
    assert refused(ec2.describe_vpcs, VpcIds=["vpc-1"]) == "InvalidVpcID.NotFound"
    assert refused(ec2.create_vpc, CidrBlock="10.0.0.0/8") == "InvalidVpc.Range"


def test_security_groups_keep_their_rules(clients):
    ec2 = clients["ec2"]
    made = ec2.create_security_group(GroupName="web", Description="web")["GroupId"]
    rule = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "IpRanges": [{"CidrIp": "0.0.0.0/0", "Description": "all"}]}
    ec2.authorize_security_group_ingress(GroupId=made, IpPermissions=[rule])
    shown = ec2.describe_security_groups(GroupIds=[made])["SecurityGroups"][0]
    assert shown["IpPermissions"][0]["IpRanges"] == [{"CidrIp": "0.0.0.0/0", "Description": "all"}]
    rules = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [made]}])["SecurityGroupRules"]
    ingress = next(r for r in rules if not r["IsEgress"])
    ec2.revoke_security_group_ingress(GroupId=made, SecurityGroupRuleIds=[ingress["SecurityGroupRuleId"]])
    assert ec2.describe_security_groups(GroupIds=[made])["SecurityGroups"][0]["IpPermissions"] == []
    ec2.delete_security_group(GroupId=made)
    assert refused(ec2.describe_security_groups, GroupIds=[made]) == "InvalidGroup.NotFound"


def test_repositories(clients):
    ecr = clients["ecr"]
    made = ecr.create_repository(repositoryName="team/http-api", tags=[{"Key": "a", "Value": "b"}])["repository"]
    assert made["repositoryUri"] == "123456789012.dkr.ecr.us-east-1.amazonaws.com/team/http-api"
    assert ecr.list_tags_for_resource(resourceArn=made["repositoryArn"])["tags"] == [{"Key": "a", "Value": "b"}]
    ecr.put_image_tag_mutability(repositoryName="team/http-api", imageTagMutability="IMMUTABLE")
    assert ecr.describe_repositories(repositoryNames=["team/http-api"])["repositories"][0]["imageTagMutability"] == "IMMUTABLE"
    assert refused(ecr.create_repository, repositoryName="team/http-api") == "RepositoryAlreadyExistsException"
    token = ecr.get_authorization_token()["authorizationData"][0]["authorizationToken"]
    assert base64.b64decode(token).startswith(b"AWS:")
    ecr.delete_repository(repositoryName="team/http-api")
    assert refused(ecr.describe_repositories, repositoryNames=["team/http-api"]) == "RepositoryNotFoundException"


def test_what_clients_ask_of_every_group(clients, wait_for):
    ec2, autoscaling = clients["ec2"], clients["autoscaling"]
    ec2.create_launch_template(LaunchTemplateName="pair", LaunchTemplateData={"ImageId": "ami-0a1ec5202610aa202", "InstanceType": "t2.micro"})
    second = ec2.create_launch_template_version(LaunchTemplateName="pair", SourceVersion="1", LaunchTemplateData={"InstanceType": "t3.small"})
    assert second["LaunchTemplateVersion"]["LaunchTemplateData"] == {"ImageId": "ami-0a1ec5202610aa202", "InstanceType": "t3.small"}
    ec2.modify_launch_template(LaunchTemplateName="pair", DefaultVersion="2")
    versions = ec2.describe_launch_template_versions(LaunchTemplateName="pair")["LaunchTemplateVersions"]
    assert [(v["VersionNumber"], v["DefaultVersion"]) for v in versions] == [(2, True), (1, False)]
    autoscaling.create_auto_scaling_group(AutoScalingGroupName="pair", MinSize=0, MaxSize=2, DesiredCapacity=1, AvailabilityZones=["us-east-1b"],
                                          LaunchTemplate={"LaunchTemplateName": "pair"}, DefaultInstanceWarmup=60,
                                          NewInstancesProtectedFromScaleIn=True)
    wait_for(lambda: len(in_service(clients, "pair")) == 1, DEADLINE, "in service")
    shown = group(clients, "pair")
    assert shown["DefaultInstanceWarmup"] == 60 and shown["Instances"][0]["InstanceType"] == "t3.small"
    assert shown["Instances"][0]["AvailabilityZone"] == "us-east-1b" and shown["Instances"][0]["ProtectedFromScaleIn"]
    name = {"AutoScalingGroupName": "pair"}
    assert autoscaling.describe_instance_refreshes(**name)["InstanceRefreshes"] == []
    assert autoscaling.describe_warm_pool(**name)["Instances"] == []
    assert autoscaling.describe_policies(**name)["ScalingPolicies"] == []
    assert autoscaling.describe_lifecycle_hooks(**name)["LifecycleHooks"] == []
    assert autoscaling.describe_load_balancer_target_groups(**name)["LoadBalancerTargetGroups"] == []
    tag = {"ResourceId": "pair", "ResourceType": "auto-scaling-group", "Key": "k", "Value": "v", "PropagateAtLaunch": False}
    autoscaling.create_or_update_tags(Tags=[tag])
    assert autoscaling.describe_tags(Filters=[{"Name": "auto-scaling-group", "Values": ["pair"]}])["Tags"] == [tag]
    autoscaling.delete_tags(Tags=[tag])

    first = in_service(clients, "pair")[0]
    autoscaling.set_instance_protection(AutoScalingGroupName="pair", InstanceIds=[first], ProtectedFromScaleIn=False)
    autoscaling.set_instance_health(InstanceId=first, HealthStatus="Unhealthy")
    wait_for(lambda: len(in_service(clients, "pair")) == 1 and in_service(clients, "pair") != [first], DEADLINE, "the sick one replaced")
    assert autoscaling.describe_auto_scaling_instances(InstanceIds=in_service(clients, "pair"))["AutoScalingInstances"][0]["HealthStatus"] == "HEALTHY"

    # As Terraform destroys one: to nothing, then away without force.
    autoscaling.update_auto_scaling_group(AutoScalingGroupName="pair", MinSize=0, MaxSize=0, DesiredCapacity=0)
    autoscaling.set_instance_protection(AutoScalingGroupName="pair", InstanceIds=in_service(clients, "pair"), ProtectedFromScaleIn=False)
    wait_for(lambda: group(clients, "pair")["Instances"] == [], DEADLINE, "emptied")
    autoscaling.delete_auto_scaling_group(AutoScalingGroupName="pair")
    wait_for(lambda: group(clients, "pair") is None, DEADLINE, "the group gone")
