"""Single instances through boto3: their attributes one at a time, their credits, and what their types offer."""
import pytest
from botocore.exceptions import ClientError

ENGINE = dict(runtime="fake", extra=("--balancer", "fake"))
ATTRIBUTES = {
    "instanceType": ("InstanceType", {"Value": "t3.small"}), "kernel": ("KernelId", {}), "ramdisk": ("RamdiskId", {}),
    "userData": ("UserData", {"Value": "IyEvYmluL3NoCg=="}), "disableApiTermination": ("DisableApiTermination", {"Value": False}),
    "disableApiStop": ("DisableApiStop", {"Value": False}),
    "instanceInitiatedShutdownBehavior": ("InstanceInitiatedShutdownBehavior", {"Value": "terminate"}),
    "rootDeviceName": ("RootDeviceName", {"Value": "/dev/xvda"}), "sourceDestCheck": ("SourceDestCheck", {"Value": True}),
    "ebsOptimized": ("EbsOptimized", {"Value": False}), "enaSupport": ("EnaSupport", {"Value": True}),
    "enclaveOptions": ("EnclaveOptions", {"Enabled": False})}


@pytest.fixture(scope="module")
def ec2(engine):
    return engine.client("ec2")


@pytest.fixture(scope="module")
def instance(ec2):
    return ec2.run_instances(ImageId="ami-0ec5000000000000a", InstanceType="t3.small", MinCount=1, MaxCount=1, UserData="#!/bin/sh\n",
                             InstanceInitiatedShutdownBehavior="terminate")["Instances"][0]["InstanceId"]


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_each_attribute_is_told_alone(ec2, instance, name):
    told = ec2.describe_instance_attribute(InstanceId=instance, Attribute=name)
    told.pop("ResponseMetadata")
    member, value = ATTRIBUTES[name]
    assert told == {"InstanceId": instance, member: value}


def test_groups_and_credits(ec2, instance):
    assert [g["GroupName"] for g in ec2.describe_instance_attribute(InstanceId=instance, Attribute="groupSet")["Groups"]] == ["default"]
    credits = ec2.describe_instance_credit_specifications(InstanceIds=[instance])["InstanceCreditSpecifications"]
    assert credits == [{"InstanceId": instance, "CpuCredits": "unlimited"}]


def test_protection_is_off_and_stays_off(ec2, instance):
    ec2.modify_instance_attribute(InstanceId=instance, DisableApiTermination={"Value": False})
    with pytest.raises(ClientError) as refused:
        ec2.modify_instance_attribute(InstanceId=instance, DisableApiTermination={"Value": True})
    assert refused.value.response["Error"]["Code"] == "UnsupportedOperation"


def test_a_type_says_what_it_offers(ec2):
    shown = ec2.describe_instance_types(InstanceTypes=["t3.small"])["InstanceTypes"][0]
    assert (shown["NetworkInfo"]["MaximumNetworkInterfaces"], shown["NetworkInfo"]["Ipv4AddressesPerInterface"]) == (3, 4)
    assert shown["EbsInfo"]["NvmeSupport"] == "required"
    assert shown["PlacementGroupInfo"]["SupportedStrategies"] == ["partition", "spread"]


@pytest.mark.parametrize("call", [lambda ec2: ec2.describe_vpcs(DryRun=True), lambda ec2: ec2.create_vpc(CidrBlock="10.0.0.0/16", DryRun=True)])
def test_a_dry_run_that_would_have_succeeded_is_refused_with_its_own_status(ec2, call):
    with pytest.raises(ClientError) as refused:
        call(ec2)
    assert refused.value.response["Error"]["Code"] == "DryRunOperation"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 412


def test_an_instance_shows_its_network_interface(ec2, instance):
    listed = ec2.describe_network_interfaces(Filters=[{"Name": "attachment.instance-id", "Values": [instance]}])["NetworkInterfaces"]
    filters = [{"Name": "network-interface.network-interface-id", "Values": [listed[0]["NetworkInterfaceId"]]}]
    shown = ec2.describe_instances(Filters=filters)["Reservations"][0]["Instances"][0]["NetworkInterfaces"]
    assert [(i["NetworkInterfaceId"], i["PrivateIpAddress"]) for i in shown] == [(i["NetworkInterfaceId"], i["PrivateIpAddress"]) for i in listed]


@pytest.mark.parametrize("block", ["127.0.0.0/ 8", "127.0.0.0/+8", " 127.0.0.0/8", "garbage"])
def test_a_rule_for_a_block_that_is_none_is_refused(ec2, block):
    group = ec2.describe_security_groups(GroupNames=["default"])["SecurityGroups"][0]["GroupId"]
    with pytest.raises(ClientError) as refused:
        ec2.authorize_security_group_ingress(GroupId=group, IpProtocol="tcp", FromPort=80, ToPort=80, CidrIp=block)
    assert refused.value.response["Error"]["Code"] == "InvalidParameterValue"
